/* SPDX-License-Identifier: BSD-3-Clause */
/* Rates out of counters: ten times a second the growth since the last time is noted, and the mean of the
 * last 16 notes is what INFO shows. The same task keeps the peak of memory, ends the minutes of the figures
 * of prefix classes and, once a second, counts what clients hold. */
#include "base/alloc.h"
#include "engine/cron.h"
#include "engine/error_stats.h"
#include "engine/metrics.h"
#include "engine/server.h"
#include "metric_tables.h"

#define SAMPLE_PERIOD_MS 100
#define SAMPLE_COUNT     16

struct sampler {
    struct cron_task task;
    int64_t sampled_us; /* monotonic */
    uint64_t last[RATE_COUNT];
    double samples[RATE_COUNT][SAMPLE_COUNT];
    unsigned next;
    size_t memory_peak, memory_startup;
};

static void read_counters(const struct server *server, uint64_t out[static RATE_COUNT])
{
    const struct counters *counters = &server->counters;
    out[RATE_COMMANDS] = counters->total_commands_processed;
    out[RATE_INPUT_BYTES] = counters->total_net_input_bytes;
    out[RATE_OUTPUT_BYTES] = counters->total_net_output_bytes;
    out[RATE_TICKS] = counters->ticks;
    out[RATE_TICK_US] = counters->tick_us;
}

static void sample_rates(const struct server *server, struct sampler *sampler)
{
    uint64_t now[RATE_COUNT];
    int64_t passed_us = server->clock.mono_us - sampler->sampled_us;
    if (passed_us <= 0)
        return;
    read_counters(server, now);
    for (int i = 0; i < RATE_COUNT; i++) {
        sampler->samples[i][sampler->next] = (double)(now[i] - sampler->last[i]) * 1e6 / (double)passed_us;
        sampler->last[i] = now[i];
    }
    sampler->next = (sampler->next + 1) % SAMPLE_COUNT;
    sampler->sampled_us = server->clock.mono_us;
}

static void forget_rates(const struct server *server, struct sampler *sampler)
{
    memset(sampler->samples, 0, sizeof sampler->samples);
    read_counters(server, sampler->last);
    sampler->sampled_us = server->clock.mono_us;
}

void sampler_run(struct server *server)
{
    struct sampler *sampler = server->sampler;
    size_t used = mem_used();
    sample_rates(server, sampler);
    session_stats_tick(server->sessions, server->clock.mono_ms);
    if (used > sampler->memory_peak)
        sampler->memory_peak = used;
}

double sampler_rate(const struct server *server, enum sampled_rate rate)
{
    double sum = 0;
    for (int i = 0; i < SAMPLE_COUNT; i++)
        sum += server->sampler->samples[rate][i];
    return sum / SAMPLE_COUNT;
}

size_t sampler_memory_peak(const struct server *server)
{
    size_t used = mem_used();
    return used > server->sampler->memory_peak ? used : server->sampler->memory_peak;
}

size_t sampler_memory_startup(const struct server *server)
{
    return server->sampler->memory_startup;
}

void engine_metrics_init(struct server *server)
{
    struct sampler *sampler = mem_zalloc(sizeof *sampler);
    server->sampler = sampler;
    server->metrics = metrics_new();
    add_server_metrics(server);
    add_memory_metrics(server);
    add_durability_metrics(server);
    add_stats_metrics(server);
    add_listed_metrics(server);
    add_session_metrics(server);
    sampler->task = (struct cron_task){.name = "sampler", .period_ms = SAMPLE_PERIOD_MS, .run = sampler_run};
    cron_add(server, &sampler->task);
    forget_rates(server, sampler);
    sampler->memory_startup = mem_used();
}

void engine_metrics_free(struct server *server)
{
    if (server->sampler)
        list_remove(&server->sampler->task.link);
    mem_free(server->sampler);
    metrics_free(server->metrics);
}

void engine_metrics_reset(struct server *server)
{
    struct store_stats *stats = store_stats(server->store);
    memset(&server->counters, 0, sizeof server->counters);
    stats->expired = stats->expired_on_access = stats->lazy_freed = stats->moved = 0;
    server->compaction.total_ms = -compaction_current_ms(server);
    stats->expiry_lag_us_max = 0;
    server->slices.longest_us = 0;
    server->extremes = (struct tick_extremes){0};
    server->expire_us = 0;
    registry_reset_stats(server->registry);
    error_stats_reset(server);
    session_stats_reset(server->sessions);
    forget_rates(server, server->sampler);
}
