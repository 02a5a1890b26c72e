/* SPDX-License-Identifier: BSD-3-Clause */
/* Values as other servers write them, older and newer ones: made from what the model knows. */
#ifndef SIM_FOREIGN_H
#define SIM_FOREIGN_H

#include "chance.h"
#include "model_value.h"

/* Versions from this one on are Valkey's. */
enum { FOREIGN_VALKEY = 80 };

/* The number of a module that there isn't. */
#define FOREIGN_MODULE UINT64_C(0x4d4f44554c454101)

struct foreign_writing {
    struct buf *out;
    const struct model_value *value;
    int64_t wall_offset_ms; /* from the clock of deadlines to the wall's */
    struct chance *chance;
};

/* A way to write values of a kind. */
struct foreign_layout {
    enum model_kind kind;
    unsigned type, version; /* the least version of a file that has the type */
    void (*write)(const struct foreign_writing *writing);
    bool (*fits)(const struct model_value *value); /* NULL: always */
};

/* One of those that a file of this version may have; NULL: none of them fits. */
const struct foreign_layout *foreign_layout(const struct model_value *value, unsigned version,
                                            struct chance *chance);
/* The least version that has one; Valkey's have one for each. */
unsigned foreign_version_needed(const struct model_value *value);

/* What nobody makes any more, or not yet: a value that can't be built here. Returns its type. */
unsigned foreign_write_strange(struct buf *out, bool in_file, struct chance *chance);
/* Items of a module's value, and their end. */
void foreign_write_module_items(struct buf *out, struct chance *chance);

/* What all of it is made of. */
void foreign_length(struct buf *out, uint64_t length);
void foreign_string(struct buf *out, struct bytes text, struct chance *chance);
/* The other way round: takes a string off the front. False: it is none. */
bool foreign_take_string(struct bytes *rest, struct buf *text);

/* ---- streams, by the version of their type ---- */

void foreign_write_stream_1(const struct foreign_writing *writing);
void foreign_write_stream_2(const struct foreign_writing *writing);
void foreign_write_stream_3(const struct foreign_writing *writing);
void foreign_write_stream_4(const struct foreign_writing *writing);
void foreign_write_stream_5(const struct foreign_writing *writing);

#endif
