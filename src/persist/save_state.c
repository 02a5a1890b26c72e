/* SPDX-License-Identifier: BSD-3-Clause */
/* How saving and loading went, and its rows. Of what this server has none (AOF, modules), tools find the
 * fields they look for, with the values that say so. */
#include "persist/save_state.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "engine/metric_tables.h"
#include "metrics/prometheus.h"

static void print_save_status(const struct server *server, struct buf *out)
{
    buf_append_text(out, server->status.is_snapshot_failed ? "err" : "ok");
}

static int64_t current_save_s(const struct server *server)
{
    return server->save->is_running ? (server->clock.mono_ms - server->save->begin_mono_ms) / 1000 : -1;
}

/* Only while data is loaded; of a file whose size isn't known, the memory that its writer used stands for
 * that. */
static void print_loading(const struct server *server, struct buf *out)
{
    const struct save_state *state = server->save;
    uint64_t total = state->load_total_bytes ? state->load_total_bytes : state->load_memory_used;
    uint64_t left = total > state->load_done_bytes ? total - state->load_done_bytes : 1;
    int64_t elapsed_s = (server->clock.mono_ms - state->load_begin_mono_ms) / 1000;
    if (!server->status.is_loading)
        return;
    buf_printf(
        out,
        "loading_start_time:%lld\r\nloading_total_bytes:%llu\r\nloading_rdb_used_mem:%llu\r\n"
        "loading_loaded_bytes:%llu\r\nloading_loaded_perc:%.2f\r\nloading_eta_seconds:%llu\r\n",
        (long long)(state->load_begin_wall_ms / 1000), (unsigned long long)state->load_total_bytes,
        (unsigned long long)state->load_memory_used, (unsigned long long)state->load_done_bytes,
        total ? 100.0 * (double)state->load_done_bytes / (double)total : 0.0,
        (unsigned long long)(elapsed_s == 0 ? 1 : (uint64_t)elapsed_s * left / (state->load_done_bytes + 1)));
}

static void series_of_loading(const void *context, struct buf *out)
{
    static const char name[] = "sessiond_loading_progress_ratio";
    const struct server *server = context;
    const struct save_state *state = server->save;
    double done = server->status.is_loading && state->load_total_bytes
                      ? (double)state->load_done_bytes / (double)state->load_total_bytes
                      : 1;
    prometheus_family(out, name, "gauge", "How much of the file is loaded; 1 when nothing is to be loaded.");
    prometheus_sample(out, name, "", NULL, 0, done);
}

#define PERSISTENCE_METRICS(ROW)                                                                             \
    ROW(INTEGER, "Persistence", loading, GAUGE, server->status.is_loading, "Data is being loaded.",          \
        .exporter_name = "loading_dump_file")                                                                \
    ROW(CONSTANT, "Persistence", async_loading, GAUGE, "0", "Loaded while the old data is served.")          \
    ROW(CONSTANT, "Persistence", current_cow_peak, GAUGE, "0", "There is no copy on write.")                 \
    ROW(CONSTANT, "Persistence", current_cow_size, GAUGE, "0", "There is no copy on write.")                 \
    ROW(CONSTANT, "Persistence", current_cow_size_age, GAUGE, "0", "There is no copy on write.")             \
    ROW(CONSTANT, "Persistence", current_fork_perc, GAUGE, "0.00", "This server never forks.")               \
    ROW(INTEGER, "Persistence", current_save_keys_processed, GAUGE, server->save->keys_done,                 \
        "Keys saved so far.")                                                                                \
    ROW(INTEGER, "Persistence", current_save_keys_total, GAUGE, server->save->keys_total,                    \
        "Keys to be saved.")                                                                                 \
    ROW(INTEGER, "Persistence", rdb_changes_since_last_save, GAUGE, server->dirty, "Changes not saved.",     \
        .exporter_name = "rdb_changes_since_last_save")                                                      \
    ROW(INTEGER, "Persistence", rdb_bgsave_in_progress, GAUGE, server->save->is_running,                     \
        "A snapshot is being written.", .exporter_name = "rdb_bgsave_in_progress")                           \
    ROW(INTEGER, "Persistence", rdb_last_save_time, GAUGE, server->save->last_save_wall_ms / 1000,           \
        "When the last snapshot was complete, or the start.",                                                \
        .exporter_name = "rdb_last_save_timestamp_seconds")                                                  \
    ROW(TEXT, "Persistence", rdb_last_bgsave_status, STATUS, print_save_status, "Whether it succeeded.",     \
        .exporter_name = "rdb_last_bgsave_status")                                                           \
    ROW(INTEGER, "Persistence", rdb_last_bgsave_time_sec, GAUGE, server->save->last_duration_s,              \
        "How long it took.", .exporter_name = "rdb_last_bgsave_duration_sec")                                \
    ROW(INTEGER, "Persistence", rdb_current_bgsave_time_sec, GAUGE, current_save_s(server),                  \
        "How long it takes so far.", .exporter_name = "rdb_current_bgsave_duration_sec")                     \
    ROW(INTEGER, "Persistence", rdb_saves, COUNTER, server->save->saves, "Snapshots written.")               \
    ROW(CONSTANT, "Persistence", rdb_last_cow_size, GAUGE, "0", "There is no copy on write.",                \
        .exporter_name = "rdb_last_cow_size_bytes")                                                          \
    ROW(INTEGER, "Persistence", rdb_last_load_keys_expired, GAUGE, server->save->load_keys_expired,          \
        "Keys past their end at loading.")                                                                   \
    ROW(INTEGER, "Persistence", rdb_last_load_keys_loaded, GAUGE, server->save->load_keys_loaded,            \
        "Keys loaded.")                                                                                      \
    ROW(CONSTANT, "Persistence", aof_enabled, GAUGE, "0", "Writes are appended to a file.",                  \
        .exporter_name = "aof_enabled")                                                                      \
    ROW(CONSTANT, "Persistence", aof_rewrite_in_progress, GAUGE, "0", "That file is being rewritten.",       \
        .exporter_name = "aof_rewrite_in_progress")                                                          \
    ROW(CONSTANT, "Persistence", aof_rewrite_scheduled, GAUGE, "0", "It will be.",                           \
        .exporter_name = "aof_rewrite_scheduled")                                                            \
    ROW(CONSTANT, "Persistence", aof_last_rewrite_time_sec, GAUGE, "-1", "How long that took.",              \
        .exporter_name = "aof_last_rewrite_duration_sec")                                                    \
    ROW(CONSTANT, "Persistence", aof_current_rewrite_time_sec, GAUGE, "-1", "How long it takes so far.",     \
        .exporter_name = "aof_current_rewrite_duration_sec")                                                 \
    ROW(CONSTANT, "Persistence", aof_last_bgrewrite_status, STATUS, "ok", "Whether it succeeded.",           \
        .exporter_name = "aof_last_bgrewrite_status")                                                        \
    ROW(CONSTANT, "Persistence", aof_rewrites, COUNTER, "0", "Rewrites done.")                               \
    ROW(CONSTANT, "Persistence", aof_rewrites_consecutive_failures, GAUGE, "0", "Rewrites failed in a row.") \
    ROW(CONSTANT, "Persistence", aof_last_write_status, STATUS, "ok", "Whether the last append succeeded.",  \
        .exporter_name = "aof_last_write_status")                                                            \
    ROW(CONSTANT, "Persistence", aof_last_cow_size, GAUGE, "0", "There is no copy on write.",                \
        .exporter_name = "aof_last_cow_size_bytes")                                                          \
    ROW(CONSTANT, "Persistence", module_fork_in_progress, GAUGE, "0", "There are no modules.",               \
        .exporter_name = "module_fork_in_progress")                                                          \
    ROW(CONSTANT, "Persistence", module_fork_last_cow_size, GAUGE, "0", "There are no modules.",             \
        .exporter_name = "module_fork_last_cow_size")                                                        \
    ROW(TEXT, "Persistence", loading_progress, LINES, print_loading, "How far loading is.",                  \
        .series = series_of_loading)

METRIC_TABLE(save_state_add_metrics, PERSISTENCE_METRICS)

void save_state_init(struct server *server)
{
    server->save = mem_zalloc(sizeof *server->save);
    server->save->last_save_mono_ms = server->start_mono_ms;
    server->save->last_save_wall_ms = server->start_wall_ms;
    server->save->last_duration_s = -1;
}

void save_state_free(struct server *server)
{
    mem_free(server->save);
    server->save = NULL;
}
