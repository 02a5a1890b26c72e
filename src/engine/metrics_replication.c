/* SPDX-License-Identifier: BSD-3-Clause */
/* Replication of a server that has none: the fields that tools look for, with the values that say so. */
#include "base/buf.h"
#include "engine/metric_tables.h"

static void print_replication_id(const struct server *server, struct buf *out)
{
    buf_append_text(out, server->replication_id);
}

#define REPLICATION_METRICS(ROW)                                                                         \
    ROW(CONSTANT, "Replication", role, FACT, "master", "Primary or replica.",                            \
        .exporter_name = "instance_info")                                                                \
    ROW(CONSTANT, "Replication", connected_slaves, GAUGE, "0", "Replicas connected.",                    \
        .exporter_name = "connected_slaves")                                                             \
    ROW(CONSTANT, "Replication", master_failover_state, FACT, "no-failover", "State of FAILOVER.")       \
    ROW(TEXT, "Replication", master_replid, FACT, print_replication_id, "Names the history of changes.") \
    ROW(CONSTANT, "Replication", master_replid2, FACT, "0000000000000000000000000000000000000000",       \
        "Names the history that this one continued.")                                                    \
    ROW(CONSTANT, "Replication", master_repl_offset, GAUGE, "0", "Where in it we are.",                  \
        .exporter_name = "master_repl_offset")                                                           \
    ROW(CONSTANT, "Replication", second_repl_offset, GAUGE, "-1", "Where it began to differ.",           \
        .exporter_name = "second_repl_offset")                                                           \
    ROW(CONSTANT, "Replication", repl_backlog_active, GAUGE, "0", "Changes are kept for replicas.",      \
        .exporter_name = "repl_backlog_is_active")                                                       \
    ROW(INTEGER, "Replication", repl_backlog_size, GAUGE, server->config->repl_backlog_size,             \
        "The directive repl-backlog-size.", .exporter_name = "replication_backlog_bytes")                \
    ROW(CONSTANT, "Replication", repl_backlog_first_byte_offset, GAUGE, "0", "From where on.",           \
        .exporter_name = "repl_backlog_first_byte_offset")                                               \
    ROW(CONSTANT, "Replication", repl_backlog_histlen, GAUGE, "0", "How many bytes of them.",            \
        .exporter_name = "repl_backlog_history_bytes")

METRIC_TABLE(add_replication_metrics, REPLICATION_METRICS)
