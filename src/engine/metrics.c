/* SPDX-License-Identifier: BSD-3-Clause */
/* The engine's tables in the order of INFO. */
#include "engine/metrics.h"
#include "engine/blocking.h"
#include "engine/certificate.h"
#include "engine/client_care.h"
#include "engine/compaction.h"
#include "engine/error_stats.h"
#include "engine/memory_limit.h"
#include "engine/metric_tables.h"
#include "engine/publish.h"
#include "engine/slow.h"
#include "engine/tick.h"
#include "engine/tracking.h"
#include "engine/wait.h"

/* Within a section the rows of one table follow those of another. */
static void (*const add_tables[])(struct server *server) = {
    add_server_metrics,   certificate_add_metrics, client_care_add_metrics,  wait_add_metrics,
    blocking_add_metrics, add_memory_metrics,      memory_limit_add_metrics, add_replication_metrics,
    add_counter_metrics,  sampler_add_metrics,     add_store_metrics,        publish_add_metrics,
    tracking_add_metrics, compaction_add_metrics,  tick_add_metrics,         add_stats_metrics,
    slow_add_metrics,     add_command_metrics,     error_stats_add_metrics,  add_session_metrics,
};

void engine_metrics_init(struct server *server)
{
    server->metrics = metrics_new();
    for (size_t i = 0; i < sizeof add_tables / sizeof add_tables[0]; i++)
        add_tables[i](server);
    sampler_init(server);
}

void engine_metrics_free(struct server *server)
{
    sampler_free(server);
    metrics_free(server->metrics);
}

void engine_metrics_reset(struct server *server)
{
    struct store_stats *stats = store_stats(server->store);
    memset(&server->counters, 0, sizeof server->counters);
    stats->expired = stats->expired_parts = stats->lazy_freed = stats->moved = 0;
    server->compaction.total_ms = -compaction_current_ms(server);
    server->memory_limit.exceeded_us = -1000 * memory_limit_exceeded_ms(server);
    stats->expiry_lag_us_max = 0;
    server->slices.run_count = server->slices.run_us = 0;
    server->slices.longest_us = 0;
    server->extremes = (struct tick_extremes){0};
    server->expire_us = 0;
    registry_reset_stats(server->registry);
    error_stats_reset(server);
    session_stats_reset(server->sessions);
    sampler_reset(server);
}
