/* SPDX-License-Identifier: BSD-3-Clause */
/* The engine's metrics: one row each in tables of their owners (those of nobody else are in metrics_*.c),
 * and the rates and peaks that must be sampled. Subsystems above add tables of their own. */
#ifndef ENGINE_METRICS_H
#define ENGINE_METRICS_H

#include <stddef.h>
#include <stdint.h>

struct server;

/* Makes server->metrics with the engine's tables and server->sampler with its task. Subsystems above add
 * their tables with metrics_add. To be called when the server stands: what is in use then counts as its
 * startup memory. */
void engine_metrics_init(struct server *server);
void engine_metrics_free(struct server *server);

/* CONFIG RESETSTAT: counters, commands' and errors' statistics, rates. Peaks of memory stay. */
void engine_metrics_reset(struct server *server);

/* What is measured now and then. Bytes a second and the like are means of the last 1.6 seconds. */
enum sampled_rate {
    RATE_COMMANDS,
    RATE_INPUT_BYTES,
    RATE_OUTPUT_BYTES,
    RATE_TICKS,
    RATE_TICK_US,
    RATE_COUNT
};
double sampler_rate(const struct server *server, enum sampled_rate rate);
size_t sampler_memory_peak(const struct server *server);
size_t sampler_memory_startup(const struct server *server);

/* Makes server->sampler and its task: what is in use now counts as the memory of the startup. */
void sampler_init(struct server *server);
void sampler_add_metrics(struct server *server);
void sampler_free(struct server *server);
/* Rates begin anew; peaks stay. */
void sampler_reset(struct server *server);
/* Takes a sample now: for tests, and before the first second is over. */
void sampler_run(struct server *server);

/* How memory is spent, as INFO and MEMORY STATS show it. */
struct memory_report {
    size_t used, peak, startup, overhead, dataset, messages;
    size_t rss, allocated, active, resident;
};
struct memory_report memory_report(const struct server *server);

#endif
