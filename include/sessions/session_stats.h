/* SPDX-License-Identifier: BSD-3-Clause */
/* What is known about the keys of each prefix class without ever walking over them: how many there are and
 * how large, what happened to them, which times to live they were given, and how it went minute by minute
 * over the last day.
 *
 * The store counts, with plain additions to the class that an entry names; everybody else reads. Of what
 * happened holds
 *
 *     live.keys = created - deleted - expired - evicted - flushed
 *
 * until CONFIG RESETSTAT begins the counters anew. Keys themselves are kept only in the sample of refreshes,
 * which only SESSION.TOP shows. */
#ifndef SESSIONS_SESSION_STATS_H
#define SESSIONS_SESSION_STATS_H

#include "base/bytes.h"
#include "sessions/refresh_sample.h"
#include <stddef.h>
#include <stdint.h>

/* Class 0 takes the keys without a prefix of their own. */
#define SESSION_CLASS_COUNT 256
#define SESSION_PREFIX_MAX  64

/* Bucket i of the sizes holds keys of up to 64 << i bytes, the last one all that are larger; bucket i of the
 * times to live those of up to 1 << i seconds, the last one longer ones. */
#define SESSION_SIZE_BUCKETS 16
#define SESSION_TTL_BUCKETS  24

/* One day of minutes. */
#define SESSION_MINUTES 1440

/* What happens to keys. A key that is renamed, moved or copied is created under its new name; renamed or
 * moved, it is deleted under its old one. */
#define SESSION_EVENTS(X)                                                                   \
    X(created, "Keys that were created, loaded ones included.")                             \
    X(refreshed, "Times that a key was overwritten, edited or given another time to live.") \
    X(read, "Times that a value was read.")                                                 \
    X(deleted, "Keys that a client removed.")                                               \
    X(expired, "Keys that reached their end.")                                              \
    X(evicted, "Keys removed because of maxmemory.")                                        \
    X(flushed, "Keys that went with their database.")

struct session_events {
#define X(name, help) uint64_t name;
    SESSION_EVENTS(X)
#undef X
};

/* Keys that are there. */
struct session_live {
    uint64_t keys, bytes; /* with their values, as they lie in memory */
    uint32_t sizes[SESSION_SIZE_BUCKETS];
};

/* Keys that expire, by the time to live they were given: when created, and at every refresh. */
struct session_ttls {
    uint64_t sum_ms;
    uint64_t buckets[SESSION_TTL_BUCKETS];
};

/* What happened in one minute, and how many keys there were at its end. */
struct session_minute {
    uint32_t created, expired, deleted, evicted, live;
};

struct session_class {
    struct session_events events;
    struct session_live live;
    struct session_ttls ttls;
    uint8_t prefix_len;
    char prefix[SESSION_PREFIX_MAX];
    struct session_events
        minute_begin; /* the events when the current minute began; differences wrap around */
    struct session_minute
        *minutes;          /* a ring, of which there is only the beginning as long as nothing follows it */
    unsigned minutes_room; /* how many of SESSION_MINUTES there are; in all others nothing happened */
    int64_t minutes_begin; /* the minute that lies at the ring's start */
};

struct session_stats {
    struct session_class classes[SESSION_CLASS_COUNT];
    struct refresh_sample refreshes;
    unsigned class_count;         /* classes ever used */
    int64_t first_minute, minute; /* in which counting began, and the current one; of the monotonic clock */
};

/* ---- reading ---- */

void session_stats_init(struct session_stats *stats, int64_t now_ms);
void session_stats_clear(struct session_stats *stats);

/* True when the class has keys, or had some since the counters began. */
bool session_class_is_used(const struct session_class *class);
struct bytes session_class_prefix(const struct session_class *class);

/* The class of that prefix, without regard to whether it is used; NULL when there is none. */
const struct session_class *session_stats_find(const struct session_stats *stats, struct bytes prefix);

/* The figures of all classes together. It has no prefix and no ring; use session_stats_minute. */
void session_stats_sum(const struct session_stats *stats, struct session_class *sum);

/* How many minutes are over and known. */
unsigned session_stats_minute_count(const struct session_stats *stats);

/* The minute that ended `ago` minutes before the current one began (0: the last whole one); of one class, or
 * of all when `class` is NULL. Zeros where nothing is known. */
struct session_minute session_stats_minute(const struct session_stats *stats,
                                           const struct session_class *class, unsigned ago);

/* The minute that is not over. */
struct session_minute session_stats_this_minute(const struct session_stats *stats,
                                                const struct session_class *class);

/* How many times to live were given. */
uint64_t session_ttl_count(const struct session_ttls *ttls);

/* The largest value that falls into a bucket; that of the last one is INT64_MAX. */
int64_t session_size_bucket_end(unsigned bucket);  /* bytes */
int64_t session_ttl_bucket_end_s(unsigned bucket); /* seconds */

/* The single figures of a class, one row each: INFO, SESSION.STATS and the metrics endpoint show them by
 * these names. */
struct session_figure {
    const char *name, *help;
    bool is_counter; /* only grows, until CONFIG RESETSTAT */
    size_t offset;   /* of a uint64_t in struct session_class */
};
extern const struct session_figure session_figures[];
extern const size_t session_figure_count;

static inline uint64_t session_figure_read(const struct session_figure *figure,
                                           const struct session_class *class)
{
    uint64_t value;
    memcpy(&value, (const char *)class + figure->offset, sizeof value);
    return value;
}

/* ---- counting: what the store calls ---- */

/* Says that the class stands for `prefix` from now on. Of another prefix it stood for before, everything is
 * forgotten. */
void session_class_begin(struct session_stats *stats, unsigned class, struct bytes prefix);

/* Ends the current minute, and those that passed unnoticed, when it is over. */
void session_stats_tick(struct session_stats *stats, int64_t now_ms);

/* CONFIG RESETSTAT. What is there, and the minutes, stay. */
void session_stats_reset(struct session_stats *stats);

/* Adds, or takes away, what lived in a database. */
void session_live_take(struct session_live *live, const struct session_live *gone);

static inline unsigned session_size_bucket(size_t bytes)
{
    unsigned bucket = bytes <= 64 ? 0 : 58U - (unsigned)__builtin_clzll(bytes - 1);
    return bucket < SESSION_SIZE_BUCKETS ? bucket : SESSION_SIZE_BUCKETS - 1;
}

static inline void session_live_add(struct session_live *live, size_t bytes)
{
    live->keys++;
    live->bytes += bytes;
    live->sizes[session_size_bucket(bytes)]++;
}

static inline void session_live_remove(struct session_live *live, size_t bytes)
{
    live->keys--;
    live->bytes -= bytes;
    live->sizes[session_size_bucket(bytes)]--;
}

static inline void session_live_resize(struct session_live *live, size_t old_bytes, size_t new_bytes)
{
    live->bytes += new_bytes - old_bytes;
    live->sizes[session_size_bucket(old_bytes)]--;
    live->sizes[session_size_bucket(new_bytes)]++;
}

static inline void session_ttl_given(struct session_ttls *ttls, int64_t ttl_ms)
{
    uint64_t bounded = ttl_ms > 1 ? (uint64_t)ttl_ms : 1;
    uint64_t seconds = (bounded - 1) / 1000; /* whole ones, of an end just before */
    unsigned bucket = 63U - (unsigned)__builtin_clzll(2 * seconds | 1);
    ttls->sum_ms += bounded;
    ttls->buckets[bucket < SESSION_TTL_BUCKETS ? bucket : SESSION_TTL_BUCKETS - 1]++;
}

#endif
