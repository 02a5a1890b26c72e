/* SPDX-License-Identifier: BSD-3-Clause */
/* The runs of a sparse HyperLogLog, as types/hyperloglog.h shows them. */
#ifndef TYPES_HYPERLOGLOG_RUNS_H
#define TYPES_HYPERLOGLOG_RUNS_H

#include "types/hyperloglog.h"

enum {
    RUN_VALUE_MAX = 32,   /* of a run of a value */
    RUN_LEN_MAX = 4,      /* the same */
    SHORT_ZEROS_MAX = 64, /* in one byte */
    RUN_SIZE_MAX = 2
};

struct run {
    size_t at, size;     /* its bytes */
    unsigned first, len; /* its registers */
    uint8_t value;
};

static inline const uint8_t *bytes_of_hll(struct bytes hll)
{
    return (const uint8_t *)hll.data;
}

/* The run at `at`, of which the caller knows that its bytes are there. */
static inline struct run run_at(const uint8_t *hll, size_t at, unsigned first)
{
    uint8_t head = hll[at];
    if (head & 0x80)
        return (struct run){at, 1, first, (head & 3U) + 1, (uint8_t)((head >> 2 & 31) + 1)};
    if (head & 0x40)
        return (struct run){at, 2, first, ((head & 0x3fU) << 8 | hll[at + 1]) + 1, 0};
    return (struct run){at, 1, first, head + 1U, 0};
}

/* Writes a run of so many registers, none included; returns its bytes. */
size_t run_write(uint8_t *out, uint8_t value, unsigned len);

/* Whether all its bytes are there. */
static inline bool run_is_whole(struct bytes hll, size_t at)
{
    return (bytes_of_hll(hll)[at] & 0xc0) != 0x40 || at + 1 < hll.len;
}

/* Where the run of the register lies; false when the runs come to no such one, or are damaged before. */
bool runs_find(struct bytes hll, unsigned index, struct hll_place *place);
/* Whether they come to all registers, from one on up to which they are right. */
bool runs_end_well(struct bytes hll, struct hll_place place);

#endif
