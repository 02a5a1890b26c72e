/* SPDX-License-Identifier: BSD-3-Clause */
/* Prefix classes. A key belongs to the class of the longest configured prefix that it begins with, or else to
 * that of the prefix found in it, the part up to the last `:` before its id: `socketio:session:` of
 * `socketio:session:4fc0...`. There are at most 255 classes; class 0, with the empty prefix, takes all
 * others. Entries name their class instead of repeating the prefix; statistics are kept by class. */
#ifndef STORE_PREFIX_H
#define STORE_PREFIX_H

#include "base/bytes.h"
#include <stdint.h>

#define PREFIX_CLASS_MAX 255
#define PREFIX_LEN_MAX   64
/* Prefixes that may be configured. */
#define PREFIX_CONFIGURED_MAX 32

struct prefix_class {
    uint8_t len;
    bool is_configured; /* never given to another prefix */
    char text[PREFIX_LEN_MAX];
    uint64_t entry_count; /* entries that name it, over all databases; one without any may get another */
};

struct prefix_table {
    struct prefix_class classes[PREFIX_CLASS_MAX + 1];
    unsigned count;     /* classes ever used, class 0 included */
    unsigned last;      /* the class found last: most keys come from few classes */
    uint8_t index[512]; /* open-addressed: class numbers by the hash of their prefix; 0: free */
    uint8_t configured[PREFIX_CONFIGURED_MAX]; /* classes, those with longer prefixes first */
    unsigned configured_count;
};

/* The part of `key` that names its class: up to and with the `:` before the first segment that looks like an
 * id (one with a digit, or a long one), or before the last segment. Empty when there is none, or when it is
 * too long. */
struct bytes prefix_of(struct bytes key);

void prefix_table_init(struct prefix_table *prefixes);

/* Replaces the configured prefixes, for keys that are stored from now on; those that are there keep their
 * class. Each is 1 to PREFIX_LEN_MAX bytes long, and there are at most PREFIX_CONFIGURED_MAX. False, with all
 * as it was, when the keys that are there need too many classes. */
bool prefix_configure(struct prefix_table *prefixes, const struct bytes *texts, size_t count);

/* The class of a key about to be stored; makes it when there is room. */
unsigned prefix_classify(struct prefix_table *prefixes, struct bytes key);

static inline struct bytes prefix_text(const struct prefix_table *prefixes, unsigned class)
{
    return (struct bytes){prefixes->classes[class].text, prefixes->classes[class].len};
}

#endif
