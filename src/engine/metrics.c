/* SPDX-License-Identifier: BSD-3-Clause */
/* The engine's figures: some owners add theirs, tables of metrics_*.c hold the rest. */
#include "engine/metrics.h"
#include "engine/certificate.h"
#include "engine/compaction.h"
#include "engine/error_stats.h"
#include "engine/memory_limit.h"
#include "engine/metric_tables.h"
#include "engine/tracking.h"

void engine_metrics_init(struct server *server)
{
    server->metrics = metrics_new();
    add_server_metrics(server);
    certificate_add_metrics(server);
    add_memory_metrics(server);
    add_replication_metrics(server);
    add_stats_metrics(server);
    memory_limit_add_metrics(server);
    compaction_add_metrics(server);
    tracking_add_metrics(server);
    add_listed_metrics(server);
    add_session_metrics(server);
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
    stats->expired = stats->expired_parts = stats->expired_on_access = stats->lazy_freed = stats->moved = 0;
    server->compaction.total_ms = -compaction_current_ms(server);
    stats->expiry_lag_us_max = 0;
    server->slices.longest_us = 0;
    server->extremes = (struct tick_extremes){0};
    server->expire_us = 0;
    registry_reset_stats(server->registry);
    error_stats_reset(server);
    session_stats_reset(server->sessions);
    sampler_reset(server);
}
