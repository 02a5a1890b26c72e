/* SPDX-License-Identifier: BSD-3-Clause */
/* Rings of samples, one an event. Events are few and searched in order. */
#include "metrics/latency.h"
#include "base/alloc.h"

struct latency_monitor *latency_monitor_new(void)
{
    return mem_zalloc(sizeof(struct latency_monitor));
}

void latency_monitor_free(struct latency_monitor *monitor)
{
    if (!monitor)
        return;
    latency_reset(monitor, (struct bytes){NULL, 0});
    mem_free(monitor);
}

static struct latency_event *find(const struct latency_monitor *monitor, struct bytes name)
{
    for (int i = 0; i < monitor->count; i++) {
        if (bytes_is(name, monitor->events[i]->name))
            return monitor->events[i];
    }
    return NULL;
}

const struct latency_event *latency_find(const struct latency_monitor *monitor, struct bytes event)
{
    return find(monitor, event);
}

void latency_add(struct latency_monitor *monitor, const char *name, int64_t time_s, int64_t ms)
{
    uint32_t spike_ms = ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
    struct latency_event *event = find(monitor, bytes_of(name));
    if (!event) {
        if (monitor->count == LATENCY_EVENTS_MAX)
            return;
        event = monitor->events[monitor->count++] = mem_zalloc(sizeof *event);
        event->name = name;
    }
    if (spike_ms > event->worst_ms)
        event->worst_ms = spike_ms;
    struct latency_sample *latest = &event->samples[(event->next + LATENCY_SAMPLES - 1) % LATENCY_SAMPLES];
    if (latest->time_s == time_s) {
        if (spike_ms > latest->ms)
            latest->ms = spike_ms;
        return;
    }
    event->samples[event->next] = (struct latency_sample){time_s, spike_ms};
    event->next = (event->next + 1) % LATENCY_SAMPLES;
}

int latency_reset(struct latency_monitor *monitor, struct bytes event)
{
    int kept = 0, count = monitor->count;
    for (int i = 0; i < count; i++) {
        if (event.data && !bytes_is_nocase(event, monitor->events[i]->name))
            monitor->events[kept++] = monitor->events[i];
        else
            mem_free(monitor->events[i]);
    }
    monitor->count = kept;
    return count - kept;
}

const struct latency_sample *latency_sample_at(const struct latency_event *event, unsigned i)
{
    bool is_full = event->samples[event->next].time_s != 0;
    unsigned count = is_full ? LATENCY_SAMPLES : event->next;
    return i < count ? &event->samples[((is_full ? event->next : 0) + i) % LATENCY_SAMPLES] : NULL;
}

struct latency_summary latency_summarize(const struct latency_event *event, int64_t now_s)
{
    struct latency_summary summary = {.count = 0};
    const struct latency_sample *sample;
    uint64_t sum_ms = 0, deviation_ms = 0;
    int64_t oldest_s = now_s;
    for (unsigned i = 0; event && (sample = latency_sample_at(event, i)); i++) {
        if (i == 0)
            oldest_s = sample->time_s;
        if (i == 0 || sample->ms < summary.min_ms)
            summary.min_ms = sample->ms;
        if (sample->ms > summary.max_ms)
            summary.max_ms = sample->ms;
        sum_ms += sample->ms;
        summary.count++;
    }
    if (summary.count == 0)
        return summary;
    summary.mean_ms = (uint32_t)(sum_ms / summary.count);
    for (unsigned i = 0; (sample = latency_sample_at(event, i)); i++)
        deviation_ms +=
            sample->ms > summary.mean_ms ? sample->ms - summary.mean_ms : summary.mean_ms - sample->ms;
    summary.mean_deviation_ms = (uint32_t)(deviation_ms / summary.count);
    summary.period_s = now_s - oldest_s;
    if (summary.period_s < 1)
        summary.period_s = 1;
    return summary;
}
