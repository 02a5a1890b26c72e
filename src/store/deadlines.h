/* SPDX-License-Identifier: BSD-3-Clause */
/* When the next entry is due. Each bucket of the table carries a lower bound of the deadlines in it, in its
 * own cache line; above the buckets stand levels of minima, so that the bucket that is due first is found
 * from the top:
 *
 *     level 2      [ min of 64 ] ...
 *     level 1      [ min of 64 ][ min of 64 ] ...
 *     level 0      [ min of 16 buckets ][ ... ] ...
 *     the table    | bucket: bound | bucket: bound | ...
 *
 * Bounds are lazy: they are lowered when an earlier deadline arrives and left alone when one moves later or
 * goes away, so refreshing a session's TTL costs a comparison. A bound that turns out stale when its bucket
 * comes due is set right then. Under one byte a key. */
#ifndef STORE_DEADLINES_H
#define STORE_DEADLINES_H

#include "base/table.h"

#define DEADLINE_LEVELS 4

struct deadlines {
    struct table *table;
    uint64_t *levels[DEADLINE_LEVELS];
    size_t counts[DEADLINE_LEVELS];
    size_t capacities[DEADLINE_LEVELS];
};

void deadlines_init(struct deadlines *deadlines, struct table *table);
void deadlines_clear(struct deadlines *deadlines);

/* A deadline in monotonic ms, as a bound. All that lie too far ahead (34 years) have the same, which differs
 * from that of a bucket without deadlines. */
static inline uint64_t deadline_bound(int64_t deadline_ms)
{
    if (deadline_ms < 0)
        return 0;
    return (uint64_t)deadline_ms < TABLE_BOUND_MAX - 1 ? (uint64_t)deadline_ms : TABLE_BOUND_MAX - 1;
}

/* Bucket `number` has got an entry with this deadline. */
void deadlines_lower(struct deadlines *deadlines, size_t number, uint64_t bound);
/* The least deadline in bucket `number` is `bound`, exactly. */
void deadlines_set(struct deadlines *deadlines, size_t number, uint64_t bound);
/* Buckets were split or merged: bucket `number` exists and may have got a lower bound. */
void deadlines_bucket_changed(struct deadlines *deadlines, size_t number);

/* A lower bound of all deadlines; TABLE_BOUND_MAX when there are none. */
uint64_t deadlines_next(const struct deadlines *deadlines);
/* A bucket whose bound is not after `now`; false when there is none. */
bool deadlines_due(struct deadlines *deadlines, uint64_t now, size_t *number);
/* The first bucket from `number` on that may have deadlines; false when there is none up to the table's
 * end. */
bool deadlines_seek(struct deadlines *deadlines, size_t *number);

#endif
