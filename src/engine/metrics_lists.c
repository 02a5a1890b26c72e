/* SPDX-License-Identifier: BSD-3-Clause */
/* Sections with a line for each of many: commands, errors, latencies, databases. What the metrics endpoint
 * shows of them is in metrics_series.c. */
#include "base/buf.h"
#include "engine/error_stats.h"
#include "engine/metric_tables.h"
#include "metrics/histogram.h"
#include <stdlib.h>

/* What colons and the like in names become, so that lines can still be taken apart. */
static void print_name(struct buf *out, const char *name)
{
    for (; *name; name++)
        buf_append_char(out, strchr("#:\n\r", *name) ? '_' : *name);
}

static void print_command(void *context, struct registered_command *command)
{
    struct buf *out = context;
    double us = (double)command->ticks / clock_ticks_per_us();
    if (command->calls == 0 && command->failed == 0 && command->rejected == 0)
        return;
    buf_append_text(out, "cmdstat_");
    print_name(out, command->full_name);
    buf_printf(out, ":calls=%llu,usec=%llu,usec_per_call=%.2f,rejected_calls=%llu,failed_calls=%llu\r\n",
               (unsigned long long)command->calls, (unsigned long long)us,
               command->calls ? us / (double)command->calls : 0, (unsigned long long)command->rejected,
               (unsigned long long)command->failed);
}

static void print_commands(const struct server *server, struct buf *out)
{
    registry_each(server->registry, print_command, out);
}

static int compare_codes(const void *a, const void *b)
{
    const struct error_stat *const *left = a, *const *right = b;
    return strcmp((*left)->code, (*right)->code);
}

static void print_errors(const struct server *server, struct buf *out)
{
    const struct error_stat *sorted[ERROR_CODES_MAX];
    const struct error_stats *stats = server->error_stats;
    for (size_t i = 0; i < stats->count; i++)
        sorted[i] = &stats->items[i];
    qsort(sorted, stats->count, sizeof sorted[0], compare_codes);
    for (size_t i = 0; i < stats->count; i++) {
        buf_append_text(out, "errorstat_");
        print_name(out, sorted[i]->code);
        buf_printf(out, ":count=%llu\r\n", (unsigned long long)sorted[i]->count);
    }
}

struct latency_printer {
    const struct config_percentiles *percentiles;
    struct buf *out;
};

/* "latency_percentiles_usec_get:p50=1.003,p99=2.007,p99.9=2.007" */
static void print_latency(void *context, struct registered_command *command)
{
    const struct latency_printer *printer = context;
    if (!command->latency)
        return;
    buf_append_text(printer->out, "latency_percentiles_usec_");
    print_name(printer->out, command->full_name);
    for (size_t i = 0; i < printer->percentiles->count; i++) {
        double percentile = printer->percentiles->items[i];
        uint64_t ticks = histogram_percentile(command->latency, percentile);
        buf_printf(printer->out, "%cp%.15g=%.3f", i == 0 ? ':' : ',', percentile,
                   (double)ticks / clock_ticks_per_us());
    }
    buf_append_text(printer->out, "\r\n");
}

static void print_latencies(const struct server *server, struct buf *out)
{
    struct latency_printer printer = {&server->config->latency_tracking_info_percentiles, out};
    if (server->config->latency_tracking)
        registry_each(server->registry, print_latency, &printer);
}

static void print_databases(const struct server *server, struct buf *out)
{
    for (int i = 0; i < store_keyspace_count(server->store); i++) {
        const struct keyspace *keyspace = store_keyspace(server->store, i);
        size_t count = keyspace_count(keyspace);
        if (count > 0)
            buf_printf(out, "db%d:keys=%zu,expires=%zu,avg_ttl=%lld\r\n", i, count,
                       keyspace_deadline_count(keyspace), (long long)keyspace_mean_ttl_ms(keyspace));
    }
}

#define LISTED_METRICS(ROW)                                                                       \
    ROW(TEXT, "Commandstats", cmdstat, LINES, print_commands, "Calls of each command.",           \
        .series = series_of_commands)                                                             \
    ROW(TEXT, "Errorstats", errorstat, LINES, print_errors, "Error replies by their first word.", \
        .series = series_of_errors)                                                               \
    ROW(TEXT, "Latencystats", latency_percentiles_usec, LINES, print_latencies,                   \
        "How long calls of each command took.", .series = series_of_latencies)                    \
    ROW(TEXT, "Keyspace", db, LINES, print_databases, "Databases that are not empty.",            \
        .series = series_of_databases)

METRIC_TABLE(add_rows, LISTED_METRICS)

void add_listed_metrics(struct server *server)
{
    add_rows(server);
}
