/* SPDX-License-Identifier: BSD-3-Clause */
/* A long range of a sorted set, shown or stored in steps. */
#ifndef COMMANDS_ZSET_RANGE_WORK_H
#define COMMANDS_ZSET_RANGE_WORK_H

#include "engine/call.h"
#include "types/zset.h"
#include "zset_reply.h"

/* Ranges of up to as many elements are done with at once. */
enum { ZSET_RANGE_SHORT = 256 };

struct zset_range_task {
    int argument; /* where the key is, at which there is the set */
    struct zset_range range;
    bool is_backwards;
    /* Does it at once when the set has become another. */
    void (*store_again)(struct call *call);
    const char *event;
};

/* Stores the range at argv[1]. */
void zset_range_store(struct call *call, const struct zset_range_task *task);
/* Replies with the range of the set at argv[1]. The last thing that a command does, both. */
void zset_range_show(struct call *call, struct zset_range range, bool is_backwards,
                     enum zset_reply_form form);

#endif
