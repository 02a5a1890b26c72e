/* SPDX-License-Identifier: BSD-3-Clause */
/* maxmemory: at the end of every tick the memory in use is under it, or commands that need more are
 * refused. */
#ifndef ENGINE_MEMORY_LIMIT_H
#define ENGINE_MEMORY_LIMIT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct call;
struct server;

struct memory_limit {
    size_t used_before; /* at the end of the last tick */
    size_t growth;      /* what ticks add, at most, of late */
    bool is_evicting;   /* it was not done when its time was up */
    atomic_size_t held; /* bytes in use that aren't limited: they wait to be written to a file */
    int64_t exceeded_since_us, exceeded_us; /* monotonic, 0: it isn't exceeded; for how long it was before */
};

/* Evicts until what ticks usually add fits under the limit, for as long as this tick has taken so far and
 * what maxmemory-eviction-tenacity adds to that; true when nothing is left to do now. */
bool memory_limit_keep(struct server *server);

/* Bytes that maxmemory limits: those in use without what a snapshot holds of entries that have changed or
 * gone since it began, and without pushes that clients haven't read. Nothing that is evicted would make these
 * less. */
size_t memory_limit_used(const struct server *server);
size_t memory_limit_uncounted(const struct server *server);

/* Warns in the log, once each time, when 80, 90 or 95 percent of maxmemory are in use; sets
 * status.memory_level. To be called ten times a second. */
void memory_limit_warn(struct server *server);

/* Whether admission need look any closer: more is in use than all commands may take. */
bool memory_limit_is_reached(const struct server *server);

/* Whether a call that takes memory is refused: the limit is exceeded and nothing may be evicted, or what is
 * left is reserved to keys that are there, and this call's are not. */
bool memory_limit_refuses(const struct call *call);

/* What the user may do about it: the policy, and the class of keys that takes most. */
void memory_limit_explain(const struct server *server, bool names_prefix, struct buf *out);

/* Milliseconds during which more than maxmemory was in use: this time (0: it isn't), and in all. */
int64_t memory_limit_exceeded_ms(const struct server *server);
int64_t memory_limit_exceeded_total_ms(const struct server *server);

/* Adds its rows to server->metrics. */
void memory_limit_add_metrics(struct server *server);

#endif
