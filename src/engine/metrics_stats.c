/* SPDX-License-Identifier: BSD-3-Clause */
/* What has happened so far: the counters of metrics/counters.h, rates, and the sums that subsystems keep. */
#include "engine/metric_tables.h"
#include "engine/metrics.h"

static double kilobytes(double bytes)
{
    return bytes / 1024;
}

static double tick_duration_us(const struct server *server)
{
    double ticks = sampler_rate(server, RATE_TICKS);
    return ticks > 0 ? sampler_rate(server, RATE_TICK_US) / ticks : 0;
}

static const struct store_stats *stats_of(const struct server *server)
{
    return store_stats(server->store);
}

static void add_ticks(void *sum, struct registered_command *command)
{
    *(uint64_t *)sum += command->ticks;
}

static double commands_us(const struct server *server)
{
    uint64_t ticks = 0;
    registry_each(server->registry, add_ticks, &ticks);
    return (double)ticks / clock_ticks_per_us();
}

#define COUNTER_METRIC(name, section, ...) \
    ROW(INTEGER, section, name, COUNTER, server->counters.name, __VA_ARGS__)

#define ROW METRIC_READER
COUNTERS(COUNTER_METRIC)
#undef ROW

static void add_counters(const struct server *server)
{
#define ROW METRIC_ROW
    static const struct metric rows[] = {COUNTERS(COUNTER_METRIC)};
#undef ROW
    metrics_add(server->metrics, rows, sizeof rows / sizeof rows[0], server);
}

#define STATS_METRICS(ROW)                                                                                   \
    ROW(INTEGER, "Stats", instantaneous_ops_per_sec, GAUGE, sampler_rate(server, RATE_COMMANDS) + 0.5,       \
        "Commands a second.")                                                                                \
    ROW(CONSTANT, "Stats", total_net_repl_input_bytes, COUNTER, "0", "Bytes read from the primary.")         \
    ROW(CONSTANT, "Stats", total_net_repl_output_bytes, COUNTER, "0", "Bytes written to replicas.")          \
    ROW(REAL, "Stats", instantaneous_input_kbps, GAUGE, kilobytes(sampler_rate(server, RATE_INPUT_BYTES)),   \
        "Kilobytes read a second.")                                                                          \
    ROW(REAL, "Stats", instantaneous_output_kbps, GAUGE, kilobytes(sampler_rate(server, RATE_OUTPUT_BYTES)), \
        "Kilobytes written a second.")                                                                       \
    ROW(CONSTANT, "Stats", instantaneous_input_repl_kbps, GAUGE, "0.00", "The same, from the primary.")      \
    ROW(CONSTANT, "Stats", instantaneous_output_repl_kbps, GAUGE, "0.00", "The same, to replicas.")          \
    ROW(CONSTANT, "Stats", sync_full, COUNTER, "0", "Full copies sent to replicas.",                         \
        .exporter_name = "replica_resyncs_full")                                                             \
    ROW(CONSTANT, "Stats", sync_partial_ok, COUNTER, "0", "Replicas that could go on where they were.",      \
        .exporter_name = "replica_partial_resync_accepted")                                                  \
    ROW(CONSTANT, "Stats", sync_partial_err, COUNTER, "0", "Replicas that could not.",                       \
        .exporter_name = "replica_partial_resync_denied")                                                    \
    ROW(INTEGER, "Stats", expired_keys, COUNTER, stats_of(server)->expired, "Keys that reached their end.",  \
        .exporter_name = "expired_keys_total")                                                               \
    ROW(INTEGER, "Stats", expired_subkeys, COUNTER, stats_of(server)->expired_parts,                         \
        "Fields of hashes that reached their end.")                                                          \
    ROW(CONSTANT, "Stats", expired_stale_perc, GAUGE, "0.00", "Keys past their end: none stays.",            \
        .exporter_name = "expired_stale_percentage")                                                         \
    ROW(CONSTANT, "Stats", expired_time_cap_reached_count, COUNTER, "0", "Of no meaning here.",              \
        .exporter_name = "expired_time_cap_reached_total")                                                   \
    ROW(INTEGER, "Stats", expire_cycle_cpu_milliseconds, COUNTER, server->expire_us / 1000,                  \
        "Time spent removing keys past their end.")                                                          \
    ROW(INTEGER, "Stats", expire_lag_max_usec, GAUGE, stats_of(server)->expiry_lag_us_max,                   \
        "The latest that a key was removed after its end.")                                                  \
    ROW(INTEGER, "Stats", pubsub_channels, GAUGE, pubsub_name_count(server->pubsub, SUBSCRIBE_CHANNEL),      \
        "Channels with subscribers.", .exporter_name = "pubsub_channels")                                    \
    ROW(INTEGER, "Stats", pubsub_patterns, GAUGE, pubsub_name_count(server->pubsub, SUBSCRIBE_PATTERN),      \
        "Patterns with subscribers.", .exporter_name = "pubsub_patterns")                                    \
    ROW(INTEGER, "Stats", pubsubshard_channels, GAUGE, pubsub_name_count(server->pubsub, SUBSCRIBE_SHARD),   \
        "Shard channels with subscribers.")                                                                  \
    ROW(CONSTANT, "Stats", latest_fork_usec, GAUGE, "0", "This server never forks.",                         \
        .exporter_name = "latest_fork_seconds")                                                              \
    ROW(CONSTANT, "Stats", total_forks, COUNTER, "0", "This server never forks.")                            \
    ROW(CONSTANT, "Stats", migrate_cached_sockets, GAUGE, "0", "Connections of MIGRATE.",                    \
        .exporter_name = "migrate_cached_sockets_total")                                                     \
    ROW(CONSTANT, "Stats", slave_expires_tracked_keys, GAUGE, "0", "Of no meaning here.",                    \
        .exporter_name = "slave_expires_tracked_keys")                                                       \
    ROW(CONSTANT, "Stats", dump_payload_sanitizations, COUNTER, "0", "Payloads checked in depth.",           \
        .exporter_name = "dump_payload_sanitizations")                                                       \
    ROW(CONSTANT, "Stats", io_threaded_reads_processed, COUNTER, "0", "One thread serves all clients.",      \
        .exporter_name = "io_threaded_reads_processed")                                                      \
    ROW(CONSTANT, "Stats", io_threaded_writes_processed, COUNTER, "0", "One thread serves all clients.",     \
        .exporter_name = "io_threaded_writes_processed")                                                     \
    ROW(CONSTANT, "Stats", reply_buffer_shrinks, COUNTER, "0", "Idle clients own no buffer.")                \
    ROW(CONSTANT, "Stats", reply_buffer_expands, COUNTER, "0", "Idle clients own no buffer.")                \
    ROW(INTEGER, "Stats", eventloop_cycles, COUNTER, server->counters.ticks, "Turns of the event loop.")     \
    ROW(INTEGER, "Stats", eventloop_duration_sum, COUNTER, server->counters.tick_us,                         \
        "Microseconds they took.")                                                                           \
    ROW(INTEGER, "Stats", eventloop_duration_cmd_sum, COUNTER, commands_us(server),                          \
        "Microseconds that commands took of them.")                                                          \
    ROW(INTEGER, "Stats", instantaneous_eventloop_cycles_per_sec, GAUGE,                                     \
        sampler_rate(server, RATE_TICKS) + 0.5, "Turns of the event loop a second.")                         \
    ROW(INTEGER, "Stats", instantaneous_eventloop_duration_usec, GAUGE, tick_duration_us(server) + 0.5,      \
        "Microseconds a turn takes.")                                                                        \
    ROW(SERIES, "Stats", slow_log, SERIES, series_of_slow_log, "The slow log.")                              \
    ROW(INTEGER, "Stats", background_slices, COUNTER, server->slices.run_count,                              \
        "Pieces of background jobs run.")                                                                    \
    ROW(INTEGER, "Stats", background_slices_usec, COUNTER, server->slices.run_us, "Microseconds they took.") \
    ROW(INTEGER, "Stats", background_slice_max_usec, GAUGE, server->slices.longest_us,                       \
        "The longest piece of background work.")                                                             \
    ROW(CONSTANT, "Debug", eventloop_duration_aof_sum, COUNTER, "0", "There is no append-only file.")        \
    ROW(INTEGER, "Debug", eventloop_duration_cron_sum, COUNTER, server->extremes.cron_us,                    \
        "Microseconds that tasks which come round took.")                                                    \
    ROW(INTEGER, "Debug", eventloop_duration_max, GAUGE, server->extremes.tick_us_max,                       \
        "Microseconds of the longest turn of the event loop.")                                               \
    ROW(INTEGER, "Debug", eventloop_cmd_per_cycle_max, GAUGE, server->extremes.commands_max,                 \
        "Most commands in one turn.")

METRIC_TABLE(add_other_stats, STATS_METRICS)

void add_stats_metrics(struct server *server)
{
    add_counters(server);
    add_other_stats(server);
}
