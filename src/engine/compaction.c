/* SPDX-License-Identifier: BSD-3-Clause */
/* A slice, and a pause some times as long. */
#include "engine/compaction.h"
#include "engine/metric_tables.h"
#include "engine/server.h"

#define SLICE_US 250
#define PAUSE_MS 2
#define LOOK_MS  100

void compaction_run(struct server *server)
{
    struct compaction *compaction = &server->compaction;
    int64_t now_ms = server->clock.mono_ms;
    if (now_ms < compaction->next_ms)
        return;
    bool was_running = compaction->is_running;
    compaction->is_running = !store_compact_slice(server->store, SLICE_US);
    compaction->next_ms = now_ms + (compaction->is_running ? PAUSE_MS : LOOK_MS);
    if (!was_running)
        compaction->begin_ms = now_ms;
    if (!compaction->is_running)
        compaction->total_ms += now_ms - compaction->begin_ms;
}

int64_t compaction_next_ms(const struct server *server)
{
    return server->compaction.is_running ? server->compaction.next_ms : INT64_MAX;
}

int64_t compaction_current_ms(const struct server *server)
{
    const struct compaction *compaction = &server->compaction;
    return compaction->is_running ? server->clock.mono_ms - compaction->begin_ms : 0;
}

static int64_t total_ms(const struct server *server)
{
    return server->compaction.total_ms + compaction_current_ms(server);
}

/* ---- figures ---- */

#define COMPACTION_METRICS(ROW)                                                                            \
    ROW(INTEGER, "Memory", active_defrag_running, GAUGE, server->compaction.is_running,                    \
        "1 while entries are moved together.", .exporter_name = "active_defrag_running")                   \
    ROW(INTEGER, "Stats", active_defrag_hits, COUNTER, store_stats(server->store)->moved,                  \
        "Entries moved together.", .exporter_name = "defrag_hits")                                         \
    ROW(CONSTANT, "Stats", active_defrag_misses, COUNTER, "0", "Of no meaning here.",                      \
        .exporter_name = "defrag_misses")                                                                  \
    ROW(INTEGER, "Stats", active_defrag_key_hits, COUNTER, store_stats(server->store)->moved, "The same.", \
        .exporter_name = "defrag_key_hits")                                                                \
    ROW(CONSTANT, "Stats", active_defrag_key_misses, COUNTER, "0", "Of no meaning here.",                  \
        .exporter_name = "defrag_key_misses")                                                              \
    ROW(INTEGER, "Stats", total_active_defrag_time, COUNTER, total_ms(server),                             \
        "Milliseconds in which entries were moved.")                                                       \
    ROW(INTEGER, "Stats", current_active_defrag_time, GAUGE, compaction_current_ms(server),                \
        "The same, since it began this time.")

METRIC_TABLE(compaction_add_metrics, COMPACTION_METRICS)
