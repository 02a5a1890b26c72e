/* SPDX-License-Identifier: BSD-3-Clause */
/* Texts in the order they came, each once: what rules name. A few are looked through, many are found by a
 * table, so that the thousandth costs what the tenth does. */
#ifndef ACCESS_TEXTS_H
#define ACCESS_TEXTS_H

#include "base/bytes.h"

struct listed_text {
    struct listed_text *previous, *next;
    unsigned mark; /* the user's; 0 at first */
    size_t len;
    char data[]; /* with a NUL behind it */
};

/* All zero, but for `ignores_case`, is an empty one. It may be moved. */
struct texts {
    struct listed_text *first, *last;
    size_t count;
    struct table *table; /* NULL as long as there are few */
    bool ignores_case;   /* of ASCII: then texts are kept in small letters */
};

static inline struct bytes listed_bytes(const struct listed_text *text)
{
    return bytes_make(text->data, text->len);
}

/* NULL when it isn't there. */
struct listed_text *texts_find(const struct texts *texts, struct bytes bytes);
/* The one that is there, or a new one behind all others. */
struct listed_text *texts_put(struct texts *texts, struct bytes bytes);
/* Nothing of it stays in memory: it may be secret. */
void texts_drop(struct texts *texts, struct listed_text *text);
void texts_clear(struct texts *texts);
/* With their marks. */
void texts_copy(struct texts *to, const struct texts *from);

#endif
