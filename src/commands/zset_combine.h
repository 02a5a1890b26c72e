/* SPDX-License-Identifier: BSD-3-Clause */
/* Combining sorted sets, and sets, to show, store or count what comes of it; in steps. */
#ifndef COMMANDS_ZSET_COMBINE_H
#define COMMANDS_ZSET_COMBINE_H

#include "engine/call.h"

enum zset_operation { ZSET_UNION, ZSET_INTERSECTION, ZSET_DIFFERENCE };
enum zset_aggregate { ZSET_SUM, ZSET_MIN, ZSET_MAX };
enum zset_purpose { ZSET_SHOW, ZSET_STORE, ZSET_COUNT };

struct zset_task {
    enum zset_operation operation;
    enum zset_purpose purpose;
    enum zset_aggregate aggregate;
    int first_key, key_count;
    double *weights; /* of each key */
    bool with_scores;
    uint64_t limit;    /* of what is counted */
    const char *event; /* of what is stored, at argv[1] */
};

/* Runs it; the keys are known to hold sorted sets, sets, or nothing. Takes over the weights. */
void zset_combine(struct call *call, const struct zset_task *task);

#endif
