/* SPDX-License-Identifier: BSD-3-Clause */
/* Merge sort, from the shortest runs to the whole, that can be left at any element and gone on with. What
 * compares equal stays in the order in which it came. */
#ifndef COMMANDS_MERGE_SORT_H
#define COMMANDS_MERGE_SORT_H

#include <stdbool.h>
#include <stddef.h>

struct merge_sort {
    const void **from, **to; /* both the caller's, with room for `count`; from holds what is to be sorted */
    size_t count;
    /* Below zero, zero or above, as a stands to b. */
    int (*compare)(const void *context, const void *a, const void *b);
    const void *context;

    /* Zero at the beginning: */
    size_t width;                    /* of the runs in `from` that are sorted by themselves */
    size_t left, middle, right, end; /* what is left of two of them */
    size_t at;                       /* where the next one goes */
};

/* Goes on for about `budget` comparisons; true when `from` is sorted. The two may have changed places. */
bool merge_sort_some(struct merge_sort *sort, size_t budget);

#endif
