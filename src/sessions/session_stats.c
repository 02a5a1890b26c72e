/* SPDX-License-Identifier: BSD-3-Clause */
/* The ring of a class begins with the first minute in which there was something to tell, and grows until it
 * holds a day: many classes are of passing prefixes, and a day at once of each would be more than a small
 * maxmemory has room for. A minute's events are the difference between the counters and what they were when
 * it began. */
#include "sessions/session_stats.h"
#include "base/alloc.h"
#include "base/panic.h"

#define MINUTE_MS 60000
/* Minutes that a ring begins with. */
#define MINUTES_ROOM_MIN 4

const struct session_figure session_figures[] = {
    {"keys", "Keys that are there.", false, offsetof(struct session_class, live.keys)},
    {"bytes", "Bytes that they take, with their values.", false, offsetof(struct session_class, live.bytes)},
#define X(name, help) {#name, help, true, offsetof(struct session_class, events.name)},
    SESSION_EVENTS(X)
#undef X
};
const size_t session_figure_count = sizeof session_figures / sizeof session_figures[0];

void session_stats_init(struct session_stats *stats, int64_t now_ms)
{
    memset(stats, 0, sizeof *stats);
    refresh_sample_init(&stats->refreshes);
    stats->class_count = 1;
    stats->minute = stats->first_minute = now_ms / MINUTE_MS;
}

static void forget(struct session_class *class)
{
    mem_free(class->minutes);
    memset(class, 0, sizeof *class);
}

void session_stats_clear(struct session_stats *stats)
{
    for (unsigned i = 0; i < stats->class_count; i++)
        forget(&stats->classes[i]);
    refresh_sample_clear(&stats->refreshes);
}

/* ---- classes ---- */

struct bytes session_class_prefix(const struct session_class *class)
{
    return bytes_make(class->prefix, class->prefix_len);
}

void session_class_begin(struct session_stats *stats, unsigned number, struct bytes prefix)
{
    struct session_class *class = &stats->classes[number];
    if (number >= stats->class_count)
        stats->class_count = number + 1;
    if (bytes_equal(prefix, session_class_prefix(class)))
        return;
    ASSERT(class->live.keys == 0);
    ASSERT(prefix.len <= SESSION_PREFIX_MAX);
    forget(class);
    memcpy(class->prefix, prefix.data, prefix.len);
    class->prefix_len = (uint8_t)prefix.len;
}

bool session_class_is_used(const struct session_class *class)
{
    static const struct session_events none;
    return class->live.keys > 0 || memcmp(&class->events, &none, sizeof none) != 0;
}

const struct session_class *session_stats_find(const struct session_stats *stats, struct bytes prefix)
{
    for (unsigned i = 0; i < stats->class_count; i++) {
        if (bytes_equal(prefix, session_class_prefix(&stats->classes[i])))
            return &stats->classes[i];
    }
    return NULL;
}

/* ---- sums ---- */

static void add_events(struct session_events *sum, const struct session_events *events)
{
#define X(name, help) sum->name += events->name;
    SESSION_EVENTS(X)
#undef X
}

static void add_live(struct session_live *sum, const struct session_live *live)
{
    sum->keys += live->keys;
    sum->bytes += live->bytes;
    for (unsigned i = 0; i < SESSION_SIZE_BUCKETS; i++)
        sum->sizes[i] += live->sizes[i];
}

static void add_ttls(struct session_ttls *sum, const struct session_ttls *ttls)
{
    sum->sum_ms += ttls->sum_ms;
    for (unsigned i = 0; i < SESSION_TTL_BUCKETS; i++)
        sum->buckets[i] += ttls->buckets[i];
}

void session_stats_sum(const struct session_stats *stats, struct session_class *sum)
{
    *sum = (struct session_class){.minutes = NULL};
    for (unsigned i = 0; i < stats->class_count; i++) {
        add_events(&sum->events, &stats->classes[i].events);
        add_live(&sum->live, &stats->classes[i].live);
        add_ttls(&sum->ttls, &stats->classes[i].ttls);
    }
}

void session_live_take(struct session_live *live, const struct session_live *gone)
{
    live->keys -= gone->keys;
    live->bytes -= gone->bytes;
    for (unsigned i = 0; i < SESSION_SIZE_BUCKETS; i++)
        live->sizes[i] -= gone->sizes[i];
}

void session_stats_reset(struct session_stats *stats)
{
    static const struct session_events none;
    for (unsigned i = 0; i < stats->class_count; i++) {
        struct session_class *class = &stats->classes[i];
        /* The differences that the current minute counts by stay what they are. */
#define X(name, help) class->minute_begin.name -= class->events.name;
        SESSION_EVENTS(X)
#undef X
        class->events = none;
        class->ttls = (struct session_ttls){.sum_ms = 0};
    }
    refresh_sample_reset(&stats->refreshes);
}

/* ---- minutes ---- */

static struct session_minute minute_so_far(const struct session_class *class)
{
    const struct session_events *now = &class->events, *begin = &class->minute_begin;
    return (struct session_minute){.created = (uint32_t)(now->created - begin->created),
                                   .expired = (uint32_t)(now->expired - begin->expired),
                                   .deleted = (uint32_t)(now->deleted - begin->deleted),
                                   .evicted = (uint32_t)(now->evicted - begin->evicted),
                                   .live = (uint32_t) class->live.keys};
}

static bool has_news(const struct session_class *class)
{
    return class->live.keys > 0 || memcmp(&class->events, &class->minute_begin, sizeof class->events) != 0;
}

/* Where a minute lies in the ring. */
static unsigned place_of(const struct session_class *class, int64_t minute)
{
    return (unsigned)((minute - class->minutes_begin) % SESSION_MINUTES);
}

static void make_room(struct session_class *class, unsigned place)
{
    unsigned room = class->minutes_room ? class->minutes_room : MINUTES_ROOM_MIN;
    while (room <= place)
        room *= 2;
    if (room > SESSION_MINUTES)
        room = SESSION_MINUTES;
    class->minutes = mem_realloc(class->minutes, room * sizeof *class->minutes);
    memset(class->minutes + class->minutes_room, 0, (room - class->minutes_room) * sizeof *class->minutes);
    class->minutes_room = room;
}

static void end_minute(struct session_class *class, int64_t minute)
{
    if (!class->minutes)
        class->minutes_begin = minute;
    unsigned place = place_of(class, minute);
    if (!class->minutes || place >= class->minutes_room) {
        if (!has_news(class))
            return;
        make_room(class, place);
    }
    class->minutes[place] = minute_so_far(class);
    class->minute_begin = class->events;
}

void session_stats_tick(struct session_stats *stats, int64_t now_ms)
{
    int64_t minute = now_ms / MINUTE_MS;
    if (minute - stats->minute > SESSION_MINUTES)
        stats->minute = minute - SESSION_MINUTES;
    for (; stats->minute < minute; stats->minute++) {
        for (unsigned i = 0; i < stats->class_count; i++)
            end_minute(&stats->classes[i], stats->minute);
        if (stats->minute % 60 == 59)
            refresh_sample_halve(&stats->refreshes);
    }
}

static struct session_minute minute_at(const struct session_class *class, int64_t minute)
{
    if (!class->minutes || minute < class->minutes_begin || place_of(class, minute) >= class->minutes_room)
        return (struct session_minute){.live = 0};
    return class->minutes[place_of(class, minute)];
}

static void add_minute(struct session_minute *sum, struct session_minute minute)
{
    sum->created += minute.created;
    sum->expired += minute.expired;
    sum->deleted += minute.deleted;
    sum->evicted += minute.evicted;
    sum->live += minute.live;
}

unsigned session_stats_minute_count(const struct session_stats *stats)
{
    int64_t count = stats->minute - stats->first_minute;
    return count < SESSION_MINUTES ? (unsigned)count : SESSION_MINUTES;
}

struct session_minute session_stats_minute(const struct session_stats *stats,
                                           const struct session_class *class, unsigned ago)
{
    struct session_minute sum = {.live = 0};
    if (ago >= session_stats_minute_count(stats))
        return sum;
    int64_t minute = stats->minute - 1 - (int64_t)ago;
    if (class)
        return minute_at(class, minute);
    for (unsigned i = 0; i < stats->class_count; i++)
        add_minute(&sum, minute_at(&stats->classes[i], minute));
    return sum;
}

struct session_minute session_stats_this_minute(const struct session_stats *stats,
                                                const struct session_class *class)
{
    struct session_minute sum = {.live = 0};
    if (class)
        return minute_so_far(class);
    for (unsigned i = 0; i < stats->class_count; i++)
        add_minute(&sum, minute_so_far(&stats->classes[i]));
    return sum;
}

/* ---- buckets ---- */

uint64_t session_ttl_count(const struct session_ttls *ttls)
{
    uint64_t count = 0;
    for (unsigned i = 0; i < SESSION_TTL_BUCKETS; i++)
        count += ttls->buckets[i];
    return count;
}

int64_t session_size_bucket_end(unsigned bucket)
{
    return bucket + 1 < SESSION_SIZE_BUCKETS ? INT64_C(64) << bucket : INT64_MAX;
}

int64_t session_ttl_bucket_end_s(unsigned bucket)
{
    return bucket + 1 < SESSION_TTL_BUCKETS ? INT64_C(1) << bucket : INT64_MAX;
}
