/* SPDX-License-Identifier: BSD-3-Clause */
/* Small collections: elements one behind the other, in the order in which they were put.
 *
 *     | tag 1 | count 2 | length 1 or 2, bytes | length, bytes | ...
 *
 * A length below 128 is one byte; others are two, the higher one first with its highest bit set. What the
 * tag and the elements mean is the type's affair: a hash has fields and values in turn. A block is bytes like
 * any others until it is edited in a buffer. It never comes from outside. */
#ifndef TYPES_PACKED_H
#define TYPES_PACKED_H

#include "base/buf.h"
#include <stdint.h>

enum {
    PACKED_HEAD = 3,
    PACKED_ELEMENT_MAX = 0x7fff, /* bytes of an element */
    PACKED_COUNT_MAX = 0xffff,
};

struct packed_element {
    struct bytes bytes; /* lent by the block */
    size_t start, end;  /* where it lies, with its length */
};

/* ---- reading; no bytes at all are an empty block ---- */

unsigned packed_tag(struct bytes packed);
size_t packed_count(struct bytes packed);

/* The element at offset `at`: PACKED_HEAD for the first, an element's `end` for the next one. False behind
 * the last. Inline: what is searched is a row of such steps. */
static inline bool packed_at(struct bytes packed, size_t at, struct packed_element *element)
{
    if (at >= packed.len)
        return false;
    size_t len = (unsigned char)packed.data[at], head = 1;
    if (__builtin_expect((len & 0x80) != 0, 0) && at + 1 < packed.len) {
        len = (len & 0x7f) << 8 | (unsigned char)packed.data[at + 1];
        head = 2;
    }
    element->bytes = (struct bytes){packed.data + at + head, len};
    element->start = at;
    element->end = at + head + len;
    return true;
}
/* The element with that number, which must be there. */
struct packed_element packed_number(struct bytes packed, size_t number);
/* The first one that equals `wanted` among every `stride`th. */
bool packed_find(struct bytes packed, struct bytes wanted, size_t stride, struct packed_element *element);

/* Whether it is a block whose elements add up. */
bool packed_is_whole(struct bytes packed);

/* ---- editing ---- */

/* Makes the buffer an empty block. */
void packed_begin(struct buf *packed, unsigned tag);

/* Bytes that an element takes with its length. */
size_t packed_element_size(size_t len);

/* Puts an element where another begins, or, with packed->len, at the end. The bytes may not lie in the
 * buffer. */
void packed_insert(struct buf *packed, size_t at, struct bytes bytes);
void packed_append(struct buf *packed, struct bytes bytes);
void packed_replace(struct buf *packed, const struct packed_element *element, struct bytes bytes);
/* Removes `count` elements that lie from `start` to `end`. */
void packed_remove(struct buf *packed, size_t start, size_t end, size_t count);

/* For a type that puts other things than elements behind the head, and counts them. */
void packed_count_changed(struct buf *packed, int64_t added);

#endif
