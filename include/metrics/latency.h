/* SPDX-License-Identifier: BSD-3-Clause */
/* The latency monitor: for each kind of event that can hold up clients ("command", "expire-cycle" ...) the
 * latest spikes, one a second at most, and the worst ever. Whoever notices an event decides whether it is
 * a spike. */
#ifndef METRICS_LATENCY_H
#define METRICS_LATENCY_H

#include "base/bytes.h"
#include <stdint.h>

#define LATENCY_SAMPLES    160
#define LATENCY_EVENTS_MAX 16

struct latency_sample {
    int64_t time_s; /* wall clock; 0: empty */
    uint32_t ms;
};

struct latency_event {
    const char *name; /* of static storage */
    unsigned next;    /* where the next sample goes: the oldest, once all are used */
    uint32_t worst_ms;
    struct latency_sample samples[LATENCY_SAMPLES];
};

struct latency_monitor {
    int count;
    struct latency_event *events[LATENCY_EVENTS_MAX];
};

struct latency_monitor *latency_monitor_new(void);
void latency_monitor_free(struct latency_monitor *monitor);

/* Of two spikes in one second the longer is kept. `event` must outlive the monitor. */
void latency_add(struct latency_monitor *monitor, const char *event, int64_t time_s, int64_t ms);

/* NULL when no such event happened. */
const struct latency_event *latency_find(const struct latency_monitor *monitor, struct bytes event);

/* Forgets an event, in any case of letters, or all of them (data NULL); returns how many. */
int latency_reset(struct latency_monitor *monitor, struct bytes event);

/* The sample number `i` from the oldest, or NULL past the latest. */
const struct latency_sample *latency_sample_at(const struct latency_event *event, unsigned i);

struct latency_summary {
    unsigned count;
    uint32_t min_ms, max_ms, mean_ms, mean_deviation_ms;
    int64_t period_s; /* since the oldest sample; at least 1 */
};

/* `now_s` is the wall clock. All zero for NULL. */
struct latency_summary latency_summarize(const struct latency_event *event, int64_t now_s);

#endif
