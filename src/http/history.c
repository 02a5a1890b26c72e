/* SPDX-License-Identifier: BSD-3-Clause */
/* Two rings. A sample's number is how many were taken before it; it lies at that number modulo the ring's
 * length. Percentiles of one second are those of the difference between two sums of all commands'
 * histograms. */
#include "history.h"
#include "base/alloc.h"
#include "metrics/histogram.h"
#include "sessions/session_stats.h"

enum {
    SAMPLE_COUNT = 300,
    SAMPLE_PERIOD_MS = 1000,
    MINUTE_MS = 60000,
    /* So many minutes are summed up in one go: with all prefix classes in use that takes a few hundred
     * microseconds. */
    MINUTES_AT_ONCE = 32,
};

struct sample {
#define X(name) double name;
    HISTORY_FIELDS(X)
#undef X
};

struct history {
    const struct server *server;
    struct sample samples[SAMPLE_COUNT];
    uint64_t sample_count; /* ever taken */
    int64_t sampled_us;    /* monotonic */
    struct counters last;
    struct histogram *sum, *spare, *difference; /* of all commands up to the last sample; scratch; scratch */

    struct session_minute minutes[SESSION_MINUTES];
    uint64_t minute_count; /* summed up so far, since the server's figures began */
};

struct history *history_new(const struct server *server)
{
    struct history *history = mem_zalloc(sizeof *history);
    history->server = server;
    history->sampled_us = server->clock.mono_us;
    history->last = server->counters;
    history->sum = histogram_new();
    history->spare = histogram_new();
    history->difference = histogram_new();
    return history;
}

void history_free(struct history *history)
{
    if (!history)
        return;
    histogram_free(history->sum);
    histogram_free(history->spare);
    histogram_free(history->difference);
    mem_free(history);
}

/* ---- samples ---- */

static void add_latency(void *context, struct registered_command *command)
{
    struct histogram *sum = context;
    const struct histogram *latency = command->latency;
    if (!latency || latency->count == 0)
        return;
    sum->count += latency->count;
    sum->max = latency->max > sum->max ? latency->max : sum->max;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        sum->buckets[i] += latency->buckets[i];
}

/* What was recorded since the sample before. After CONFIG RESETSTAT that is everything. */
static const struct histogram *recent_latencies(struct history *history)
{
    struct histogram *sum = history->spare, *last = history->sum, *difference = history->difference;
    memset(sum, 0, sizeof *sum);
    registry_each(history->server->registry, add_latency, sum);
    if (sum->count < last->count)
        memset(last, 0, sizeof *last);
    difference->count = sum->count - last->count;
    difference->max = sum->max;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++)
        difference->buckets[i] = sum->buckets[i] - last->buckets[i];
    history->sum = sum;
    history->spare = last;
    return difference;
}

static double microseconds(const struct histogram *latencies, double percent)
{
    return (double)histogram_percentile(latencies, percent) / clock_ticks_per_us();
}

/* Growth a second; counters that were reset grew from nothing. */
static double rate(uint64_t now, uint64_t before, double seconds)
{
    return (double)(now >= before ? now - before : now) / seconds;
}

static double live_keys(const struct session_stats *stats)
{
    double keys = 0;
    for (unsigned i = 0; i < stats->class_count; i++)
        keys += (double)stats->classes[i].live.keys;
    return keys;
}

static void take_sample(struct history *history)
{
    const struct server *server = history->server;
    const struct counters *now = &server->counters, *last = &history->last;
    const struct histogram *latencies = recent_latencies(history);
    double seconds = (double)(server->clock.mono_us - history->sampled_us) / 1e6;
    history->samples[history->sample_count % SAMPLE_COUNT] = (struct sample){
        .time_ms = (double)server->clock.wall_ms,
        .operations = rate(now->total_commands_processed, last->total_commands_processed, seconds),
        .hits = rate(now->keyspace_hits, last->keyspace_hits, seconds),
        .misses = rate(now->keyspace_misses, last->keyspace_misses, seconds),
        .input = rate(now->total_net_input_bytes, last->total_net_input_bytes, seconds),
        .output = rate(now->total_net_output_bytes, last->total_net_output_bytes, seconds),
        .published = rate(now->pubsub_messages, last->pubsub_messages, seconds),
        .delivered = rate(now->pubsub_deliveries, last->pubsub_deliveries, seconds),
        .sessions = live_keys(server->sessions),
        .memory = (double)mem_used(),
        .clients = (double)server->client_count,
        .p50 = microseconds(latencies, 50),
        .p99 = microseconds(latencies, 99),
        .p999 = microseconds(latencies, 99.9),
    };
    history->sample_count++;
    history->sampled_us = server->clock.mono_us;
    history->last = *now;
}

/* ---- minutes ---- */

static void sum_up_minutes(struct history *history)
{
    const struct session_stats *stats = history->server->sessions;
    uint64_t over = (uint64_t)(stats->minute - stats->first_minute);
    if (over > SESSION_MINUTES && history->minute_count < over - SESSION_MINUTES)
        history->minute_count = over - SESSION_MINUTES;
    for (int i = 0; i < MINUTES_AT_ONCE && history->minute_count < over; i++) {
        unsigned ago = (unsigned)(over - 1 - history->minute_count);
        history->minutes[history->minute_count % SESSION_MINUTES] = session_stats_minute(stats, NULL, ago);
        history->minute_count++;
    }
}

void history_run(struct history *history)
{
    if (history->server->clock.mono_us - history->sampled_us >= SAMPLE_PERIOD_MS * 1000)
        take_sample(history);
    sum_up_minutes(history);
}

/* ---- printing ---- */

/* The first number from `since` on that is still there. A number from the future is one of an earlier server:
 * all is told. */
static uint64_t first_kept(uint64_t since, uint64_t count, uint64_t kept)
{
    uint64_t oldest = count > kept ? count - kept : 0;
    return since > count || since < oldest ? oldest : since;
}

static void print_columns(struct json *json, const char *name, const char *const *columns, size_t count)
{
    json_open(json, name, '[');
    for (size_t i = 0; i < count; i++)
        json_text(json, NULL, bytes_of(columns[i]));
    json_close(json, ']');
}

void history_print_samples(const struct history *history, uint64_t since, struct json *json)
{
    static const char *const columns[] = {
#define X(name) #name,
        HISTORY_FIELDS(X)
#undef X
    };
    print_columns(json, "columns", columns, sizeof columns / sizeof columns[0]);
    json_open(json, "samples", '[');
    for (uint64_t i = first_kept(since, history->sample_count, SAMPLE_COUNT); i < history->sample_count;
         i++) {
        const struct sample *sample = &history->samples[i % SAMPLE_COUNT];
        json_open(json, NULL, '[');
#define X(name) json_real(json, NULL, sample->name);
        HISTORY_FIELDS(X)
#undef X
        json_close(json, ']');
    }
    json_close(json, ']');
    json_integer(json, "next", (int64_t)history->sample_count);
}

void history_print_minutes(const struct history *history, uint64_t since, struct json *json)
{
    static const char *const columns[] = {"created", "expired", "deleted", "evicted", "live"};
    const struct clock *clock = &history->server->clock;
    print_columns(json, "minute_columns", columns, sizeof columns / sizeof columns[0]);
    json_open(json, "minutes", '[');
    for (uint64_t i = first_kept(since, history->minute_count, SESSION_MINUTES); i < history->minute_count;
         i++) {
        const struct session_minute *minute = &history->minutes[i % SESSION_MINUTES];
        json_open(json, NULL, '[');
        json_integer(json, NULL, minute->created);
        json_integer(json, NULL, minute->expired);
        json_integer(json, NULL, minute->deleted);
        json_integer(json, NULL, minute->evicted);
        json_integer(json, NULL, minute->live);
        json_close(json, ']');
    }
    json_close(json, ']');
    json_integer(json, "next_minute", (int64_t)history->minute_count);
    json_integer(json, "minute_ms", clock->wall_ms - clock->mono_ms % MINUTE_MS);
}
