/* SPDX-License-Identifier: BSD-3-Clause */
/* How the engine's tables of metrics are written: a list with one line for each metric, from which both
 * the function that reads it and its row are made. `server` may be used in the expressions.
 *
 *     #define SOME_METRICS(ROW)                                                              \
 *         ROW(INTEGER, "Clients", connected_clients, GAUGE, server->client_count, "Clients.") \
 *
 * Behind the sentence further members of struct metric may be set: `, .exporter_name = "connected_clients"`.
 * Forms: INTEGER, BYTES (an INTEGER shown a second time in human form), REAL, PERCENT, TEXT (a function that
 * appends to a buffer), CONSTANT (a string),
 * SERIES (a function of the metrics endpoint alone). */
#ifndef ENGINE_METRIC_TABLES_H
#define ENGINE_METRIC_TABLES_H

#include "engine/server.h"
#include "metrics/metric.h"

#define METRIC_READER(form, section, name, kind, value, ...) METRIC_READER_##form(name, value)
#define METRIC_READER_INTEGER(name, value)          \
    static int64_t read_##name(const void *context) \
    {                                               \
        const struct server *server = context;      \
        (void)server;                               \
        return (int64_t)(value);                    \
    }
#define METRIC_READER_BYTES METRIC_READER_INTEGER
#define METRIC_READER_REAL(name, value)            \
    static double read_##name(const void *context) \
    {                                              \
        const struct server *server = context;     \
        (void)server;                              \
        return (double)(value);                    \
    }
#define METRIC_READER_PERCENT METRIC_READER_REAL
#define METRIC_READER_TEXT(name, function)                        \
    static void read_##name(const void *context, struct buf *out) \
    {                                                             \
        function(context, out);                                   \
    }
#define METRIC_READER_CONSTANT(name, value)
#define METRIC_READER_SERIES(name, value)

#define METRIC_ROW(form, section_name, metric_name, metric_kind, value, ...) \
    {.section = (section_name),                                              \
     .name = #metric_name,                                                   \
     .kind = METRIC_##metric_kind,                                           \
     METRIC_ROW_##form(metric_name, value),                                  \
     .help = __VA_ARGS__},
#define METRIC_ROW_INTEGER(name, value)   .integer = read_##name
#define METRIC_ROW_BYTES(name, value)     .integer = read_##name, .has_human_form = true
#define METRIC_ROW_REAL(name, value)      .real = read_##name
#define METRIC_ROW_PERCENT(name, value)   .real = read_##name, .unit = "%"
#define METRIC_ROW_TEXT(name, value)      .text = read_##name
#define METRIC_ROW_CONSTANT(name, value)  .constant = (value)
#define METRIC_ROW_SERIES(name, function) .series = (function)

/* The function `add`, which its owner declares: it adds the metrics of `LIST` to the server's. */
#define METRIC_TABLE(add, LIST)                                                   \
    LIST(METRIC_READER)                                                           \
    void add(struct server *server)                                               \
    {                                                                             \
        static const struct metric rows[] = {LIST(METRIC_ROW)};                   \
        metrics_add(server->metrics, rows, sizeof rows / sizeof rows[0], server); \
    }

struct buf;

/* Tables of what belongs to nobody else; the others stand with their owners. */
void add_server_metrics(struct server *server);
void add_memory_metrics(struct server *server);
void add_replication_metrics(struct server *server);
void add_counter_metrics(struct server *server);
void add_stats_metrics(struct server *server);
void add_command_metrics(struct server *server);
void add_store_metrics(struct server *server);
void add_session_metrics(struct server *server);

/* Appends a name as a line of INFO begins with it: without what would take the line apart. */
void metrics_print_name(struct buf *out, const char *name);

#endif
