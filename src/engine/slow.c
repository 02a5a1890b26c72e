/* SPDX-License-Identifier: BSD-3-Clause */
/* The two thresholds are kept as one, in clock ticks, so that a fast command needs no conversion. */
#include "engine/slow.h"
#include "base/buf.h"
#include "engine/metric_tables.h"
#include "engine/secret.h"
#include "metrics/latency.h"
#include "metrics/prometheus.h"
#include "metrics/slowlog.h"

/* As many arguments as the slow log shows. */
#define SHOWN_ARGUMENTS 32

static bool thresholds_changed(void *context, struct error *error)
{
    struct server *server = context;
    const struct config *config = server->config;
    double least_us = -1;
    (void)error;
    if (config->slowlog_log_slower_than >= 0)
        least_us = (double)config->slowlog_log_slower_than;
    if (config->latency_monitor_threshold > 0) {
        double spike_us = (double)config->latency_monitor_threshold * 1000;
        if (least_us < 0 || spike_us < least_us)
            least_us = spike_us;
    }
    double ticks = least_us * clock_ticks_per_us();
    server->slow_ticks = least_us < 0 || ticks >= (double)INT64_MAX ? UINT64_MAX : (uint64_t)ticks;
    return true;
}

void slow_init(struct server *server)
{
    server->slowlog = slowlog_new();
    server->latency = latency_monitor_new();
    config_watch(server->config, "slowlog-log-slower-than", thresholds_changed, server);
    config_watch(server->config, "latency-monitor-threshold", thresholds_changed, server);
    (void)thresholds_changed(server, NULL);
}

void slow_free(struct server *server)
{
    slowlog_free(server->slowlog);
    latency_monitor_free(server->latency);
}

static void log_call(struct call *call, int64_t duration_us)
{
    struct bytes shown[SHOWN_ARGUMENTS];
    for (int i = 0; i < call->argc && i < SHOWN_ARGUMENTS; i++)
        shown[i] = argument_is_secret(call->command, call->argv, i) ? REDACTED : call->argv[i];
    const struct slowlog_entry told = {.time_s = call->server->clock.wall_ms / 1000,
                                       .duration_us = duration_us,
                                       .client_address = bytes_of(client_peer_name(call->client)),
                                       .client_name = bytes_of(call->client->name ? call->client->name : "")};
    slowlog_add(call->server->slowlog, &told, shown, call->argc,
                (size_t)call->server->config->slowlog_max_len);
}

void slow_record(struct call *call, uint64_t ticks)
{
    struct server *server = call->server;
    uint32_t flags = call->command->row->flags;
    int64_t duration_us = (int64_t)((double)ticks / clock_ticks_per_us());
    int64_t slow_us = server->config->slowlog_log_slower_than;
    if (slow_us >= 0 && duration_us >= slow_us && !(flags & COMMAND_SKIP_SLOWLOG))
        log_call(call, duration_us);
    slow_event(server, flags & COMMAND_FAST ? "fast-command" : "command", duration_us);
}

void slow_event(struct server *server, const char *event, int64_t duration_us)
{
    int64_t threshold_ms = server->config->latency_monitor_threshold;
    if (threshold_ms > 0 && duration_us / 1000 >= threshold_ms)
        latency_add(server->latency, event, server->clock.wall_ms / 1000, duration_us / 1000);
}

/* ---- figures ---- */

static double last_slow_s(const struct slowlog *slowlog)
{
    if (list_is_empty(&slowlog->entries))
        return 0;
    return (double)LIST_ENTRY(slowlog->entries.next, struct slowlog_entry, link)->duration_us / 1e6;
}

static void series_of_slow_log(const void *context, struct buf *out)
{
    const struct server *server = context;
    const struct slowlog *slowlog = server->slowlog;
    double last_id = slowlog->next_id > 0 ? (double)(slowlog->next_id - 1) : 0;
    prometheus_single(out, "sessiond_slow_commands_total", "counter", "Commands that entered the slow log.",
                      (double)slowlog->next_id);
    prometheus_single(out, "redis_slowlog_length", "gauge", "Entries of the slow log.",
                      (double)slowlog->count);
    prometheus_single(out, "redis_slowlog_last_id", "gauge", "Number of the latest entry.", last_id);
    prometheus_single(out, "redis_last_slow_execution_duration_seconds", "gauge",
                      "How long the latest entry took.", last_slow_s(slowlog));
}

#define SLOW_METRICS(ROW) ROW(SERIES, "Stats", slow_log, SERIES, series_of_slow_log, "The slow log.")

METRIC_TABLE(slow_add_metrics, SLOW_METRICS)
