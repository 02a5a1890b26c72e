/* SPDX-License-Identifier: BSD-3-Clause */
/* Removing a long range from a large sorted set, in steps. */
#ifndef COMMANDS_ZSET_TRIM_H
#define COMMANDS_ZSET_TRIM_H

#include "engine/call.h"
#include "types/zset.h"
#include "zset_reply.h"

/* Shorter ranges are removed at once. */
enum { ZSET_TRIM_MIN = 256 };

struct zset_trim_task {
    int argument; /* where the key is, at which there is the large set */
    struct zset_range range;
    const char *event;
    /* Does it at once when the set has become another meanwhile. */
    void (*again)(struct call *call, const struct zset_trim_task *task);
    /* Replies and records how many elements are gone; of one that tells of them, before the elements. */
    void (*removed)(struct call *call, const struct zset_trim_task *task);
    bool tells; /* of what it removes, from its first or its last element on */
    bool is_backwards;
    enum zset_reply_form form;
    int64_t until_ms; /* when there is none any more: how long another is waited for */
};

static inline uint64_t zset_trim_count(const struct zset_trim_task *task)
{
    return task->range.end - task->range.first;
}

/* Removes the range. The last thing that a command does. */
void zset_trim(struct call *call, const struct zset_trim_task *task);

#endif
