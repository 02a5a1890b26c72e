/* SPDX-License-Identifier: BSD-3-Clause */
/* Rates out of counters: ten times a second the growth since the last time is noted, and the mean of the
 * last 16 notes is what INFO shows. The same task keeps the peak of memory, ends the minutes of the figures
 * of prefix classes and, once a second, counts what clients hold. */
#include "base/alloc.h"
#include "engine/cron.h"
#include "engine/metric_tables.h"
#include "engine/metrics.h"
#include "engine/server.h"

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

void sampler_reset(struct server *server)
{
    struct sampler *sampler = server->sampler;
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

void sampler_init(struct server *server)
{
    struct sampler *sampler = mem_zalloc(sizeof *sampler);
    server->sampler = sampler;
    sampler->task = (struct cron_task){.name = "sampler", .period_ms = SAMPLE_PERIOD_MS, .run = sampler_run};
    cron_add(server, &sampler->task);
    sampler_reset(server);
    sampler->memory_startup = mem_used();
}

void sampler_free(struct server *server)
{
    if (server->sampler)
        list_remove(&server->sampler->task.link);
    mem_free(server->sampler);
}

/* ---- figures ---- */

static double kilobytes(double bytes)
{
    return bytes / 1024;
}

static double tick_duration_us(const struct server *server)
{
    double ticks = sampler_rate(server, RATE_TICKS);
    return ticks > 0 ? sampler_rate(server, RATE_TICK_US) / ticks : 0;
}

#define SAMPLER_METRICS(ROW)                                                                                 \
    ROW(INTEGER, "Stats", instantaneous_ops_per_sec, GAUGE, sampler_rate(server, RATE_COMMANDS) + 0.5,       \
        "Commands a second.")                                                                                \
    ROW(REAL, "Stats", instantaneous_input_kbps, GAUGE, kilobytes(sampler_rate(server, RATE_INPUT_BYTES)),   \
        "Kilobytes read a second.")                                                                          \
    ROW(REAL, "Stats", instantaneous_output_kbps, GAUGE, kilobytes(sampler_rate(server, RATE_OUTPUT_BYTES)), \
        "Kilobytes written a second.")                                                                       \
    ROW(INTEGER, "Stats", instantaneous_eventloop_cycles_per_sec, GAUGE,                                     \
        sampler_rate(server, RATE_TICKS) + 0.5, "Turns of the event loop a second.")                         \
    ROW(INTEGER, "Stats", instantaneous_eventloop_duration_usec, GAUGE, tick_duration_us(server) + 0.5,      \
        "Microseconds a turn takes.")

METRIC_TABLE(sampler_add_metrics, SAMPLER_METRICS)
