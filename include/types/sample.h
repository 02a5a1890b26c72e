/* SPDX-License-Identifier: BSD-3-Clause */
/* Some of the elements of a collection, each at most once, drawn fairly: their ranks. */
#ifndef TYPES_SAMPLE_H
#define TYPES_SAMPLE_H

#include <stdbool.h>
#include <stdint.h>

struct sample {
    uint64_t count, wanted; /* elements there are; those still to be drawn */
    uint64_t next;          /* the first one that may be drawn */
    uint64_t *drawn;        /* where few of many are drawn: a table of those that are, empty where zero */
    uint64_t drawn_mask;
};

/* Begins to draw `wanted` of `count` elements, or all. */
void sample_begin(struct sample *sample, uint64_t count, uint64_t wanted);
/* The rank of the next one; false, with the sample cleared, when all are drawn. Of a collection that may be
 * packed ranks ascend. */
bool sample_next(struct sample *sample, uint64_t *rank);
/* Frees what it took, if sample_next has not returned false. */
void sample_clear(struct sample *sample);

#endif
