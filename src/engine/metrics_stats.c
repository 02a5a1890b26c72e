/* SPDX-License-Identifier: BSD-3-Clause */
/* What has happened so far: the counters of metrics/counters.h, rates, and the sums that subsystems keep. */
#include "engine/metric_tables.h"
#include "engine/metrics.h"

#define COUNTER_METRIC(name, section, ...) \
    ROW(INTEGER, section, name, COUNTER, server->counters.name, __VA_ARGS__)

#define ROW METRIC_READER
COUNTERS(COUNTER_METRIC)
#undef ROW

void add_counter_metrics(struct server *server)
{
#define ROW METRIC_ROW
    static const struct metric rows[] = {COUNTERS(COUNTER_METRIC)};
#undef ROW
    metrics_add(server->metrics, rows, sizeof rows / sizeof rows[0], server);
}

#define STATS_METRICS(ROW)                                                                               \
    ROW(CONSTANT, "Stats", total_net_repl_input_bytes, COUNTER, "0", "Bytes read from the primary.")     \
    ROW(CONSTANT, "Stats", total_net_repl_output_bytes, COUNTER, "0", "Bytes written to replicas.")      \
    ROW(CONSTANT, "Stats", instantaneous_input_repl_kbps, GAUGE, "0.00", "The same, from the primary.")  \
    ROW(CONSTANT, "Stats", instantaneous_output_repl_kbps, GAUGE, "0.00", "The same, to replicas.")      \
    ROW(CONSTANT, "Stats", sync_full, COUNTER, "0", "Full copies sent to replicas.",                     \
        .exporter_name = "replica_resyncs_full")                                                         \
    ROW(CONSTANT, "Stats", sync_partial_ok, COUNTER, "0", "Replicas that could go on where they were.",  \
        .exporter_name = "replica_partial_resync_accepted")                                              \
    ROW(CONSTANT, "Stats", sync_partial_err, COUNTER, "0", "Replicas that could not.",                   \
        .exporter_name = "replica_partial_resync_denied")                                                \
    ROW(CONSTANT, "Stats", latest_fork_usec, GAUGE, "0", "This server never forks.",                     \
        .exporter_name = "latest_fork_seconds")                                                          \
    ROW(CONSTANT, "Stats", total_forks, COUNTER, "0", "This server never forks.")                        \
    ROW(CONSTANT, "Stats", migrate_cached_sockets, GAUGE, "0", "Connections of MIGRATE.",                \
        .exporter_name = "migrate_cached_sockets_total")                                                 \
    ROW(CONSTANT, "Stats", slave_expires_tracked_keys, GAUGE, "0", "Of no meaning here.",                \
        .exporter_name = "slave_expires_tracked_keys")                                                   \
    ROW(CONSTANT, "Stats", dump_payload_sanitizations, COUNTER, "0", "Payloads checked in depth.",       \
        .exporter_name = "dump_payload_sanitizations")                                                   \
    ROW(CONSTANT, "Stats", io_threaded_reads_processed, COUNTER, "0", "One thread serves all clients.",  \
        .exporter_name = "io_threaded_reads_processed")                                                  \
    ROW(CONSTANT, "Stats", io_threaded_writes_processed, COUNTER, "0", "One thread serves all clients.", \
        .exporter_name = "io_threaded_writes_processed")                                                 \
    ROW(CONSTANT, "Stats", reply_buffer_shrinks, COUNTER, "0", "Idle clients own no buffer.")            \
    ROW(CONSTANT, "Stats", reply_buffer_expands, COUNTER, "0", "Idle clients own no buffer.")            \
    ROW(CONSTANT, "Debug", eventloop_duration_aof_sum, COUNTER, "0", "There is no append-only file.")

METRIC_TABLE(add_stats_metrics, STATS_METRICS)
