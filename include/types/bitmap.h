/* SPDX-License-Identifier: BSD-3-Clause */
/* The bits of a string, numbered from the most significant one of the first byte:
 *
 *     byte    0                  1
 *     bit     0 1 2 3 4 5 6 7    8 9 10 ...
 *
 * A string ends in zeros without end, for who reads. These functions work on plain bytes; making room is the
 * caller's. */
#ifndef TYPES_BITMAP_H
#define TYPES_BITMAP_H

#include "base/bytes.h"
#include <stdint.h>

bool bitmap_get(struct bytes bytes, uint64_t offset);

/* How many bits are set among `first` to `last`, both included; `last` lies in the bytes. */
uint64_t bitmap_count(struct bytes bytes, uint64_t first, uint64_t last);

/* Position of the first bit among `first` to `last`, both included, that is as `bit`; -1 when there is none.
 * `last` lies in the bytes. */
int64_t bitmap_find(struct bytes bytes, bool bit, uint64_t first, uint64_t last);

enum bitmap_operation { BITMAP_AND, BITMAP_OR, BITMAP_XOR, BITMAP_NOT };

/* Writes the combination of the sources (one, for NOT), each continued with zeros, to `out`: bytes `from` up
 * to and without `to`, which at the most is the length of the longest. `out` is none of the sources. */
void bitmap_combine(enum bitmap_operation operation, const struct bytes *sources, size_t count, char *out,
                    size_t from, size_t to);

/* ---- integers of any width, most significant bit first ---- */

struct bitfield {
    uint64_t offset; /* of its first bit */
    unsigned width;  /* in bits: 1 to 64, unsigned ones to 63 */
    bool is_signed;
};

int64_t bitfield_get(struct bytes bytes, struct bitfield field);

/* Writes the lowest `width` bits of `value`; the field lies in the bytes. */
void bitfield_set(char *bytes, struct bitfield field, int64_t value);

enum bitfield_overflow { BITFIELD_WRAP, BITFIELD_SATURATE, BITFIELD_FAIL };

/* What the field holds for `value` plus `increment`, when the sum doesn't fit by the rule `overflow`. False
 * when the rule is to fail then. A negative value meant for an unsigned field is taken as one that is too
 * large. */
bool bitfield_fit(struct bitfield field, int64_t value, int64_t increment, enum bitfield_overflow overflow,
                  int64_t *result);

#endif
