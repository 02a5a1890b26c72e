/* SPDX-License-Identifier: BSD-3-Clause */
#include "merge_sort.h"

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The two runs that begin where the last two end. */
static void begin_runs(struct merge_sort *sort)
{
    size_t left = sort->count - sort->at;
    sort->left = sort->at;
    sort->middle = sort->right = sort->at + least(sort->width, left);
    sort->end = sort->right + least(sort->width, sort->count - sort->right);
}

static void begin_pass(struct merge_sort *sort, size_t width)
{
    sort->width = width;
    sort->at = 0;
    begin_runs(sort);
}

static void end_pass(struct merge_sort *sort)
{
    const void **sorted = sort->to;
    sort->to = sort->from;
    sort->from = sorted;
    begin_pass(sort, 2 * sort->width);
}

static void take_one(struct merge_sort *sort)
{
    const void **from = sort->from;
    bool has_left = sort->left < sort->middle, has_right = sort->right < sort->end;
    bool takes_left =
        has_left && (!has_right || sort->compare(sort->context, from[sort->left], from[sort->right]) <= 0);
    sort->to[sort->at++] = from[takes_left ? sort->left++ : sort->right++];
}

bool merge_sort_some(struct merge_sort *sort, size_t budget)
{
    if (sort->width == 0)
        begin_pass(sort, 1);
    while (sort->width < sort->count) {
        if (budget-- == 0)
            return false;
        take_one(sort);
        if (sort->at == sort->count)
            end_pass(sort);
        else if (sort->at == sort->end)
            begin_runs(sort);
    }
    return true;
}
