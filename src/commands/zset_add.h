/* SPDX-License-Identifier: BSD-3-Clause */
/* What ZADD does, for whoever has scores from elsewhere. */
#ifndef COMMANDS_ZSET_ADD_H
#define COMMANDS_ZSET_ADD_H

#include "engine/call.h"

struct zset_addition {
    bool nx, xx, gt, lt, counts_changes, increments;
    int first_member, stride; /* where members are among the arguments */
    int pair_count;
    /* The score for the member at argv[index]; false, having replied, when there is none. */
    bool (*score)(struct call *call, int index, double *score);
};

/* Gives the members their scores, as far as the conditions allow, in the sorted set at the call's first key,
 * and replies. */
void zset_add(struct call *call, const struct zset_addition *addition);

#endif
