/* SPDX-License-Identifier: BSD-3-Clause */
/* A slice, and a pause some times as long. */
#include "engine/compaction.h"
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

int64_t compaction_total_ms(const struct server *server)
{
    return server->compaction.total_ms + compaction_current_ms(server);
}
