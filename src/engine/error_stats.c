/* SPDX-License-Identifier: BSD-3-Clause */
/* Few codes occur, so they are searched in order. */
#include "engine/error_stats.h"
#include "base/buf.h"
#include "engine/metric_tables.h"
#include "engine/metrics.h"
#include "engine/server.h"
#include "metrics/prometheus.h"
#include <stdlib.h>

void error_stats_count(struct server *server, const char *text)
{
    struct error_stats *stats = server->error_stats;
    size_t len = strcspn(text, " ");
    server->counters.total_error_replies++;
    if (len >= sizeof stats->items[0].code)
        return;
    for (size_t i = 0; i < stats->count; i++) {
        struct error_stat *stat = &stats->items[i];
        if (strncmp(stat->code, text, len) == 0 && stat->code[len] == 0) {
            stat->count++;
            return;
        }
    }
    if (stats->count == ERROR_CODES_MAX)
        return;
    struct error_stat *stat = &stats->items[stats->count++];
    memcpy(stat->code, text, len);
    stat->code[len] = 0;
    stat->count = 1;
}

void error_stats_reset(struct server *server)
{
    server->error_stats->count = 0;
}

/* ---- figures ---- */

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
        metrics_print_name(out, sorted[i]->code);
        buf_printf(out, ":count=%llu\r\n", (unsigned long long)sorted[i]->count);
    }
}

static void series_of_errors(const void *context, struct buf *out)
{
    static const char *const names[] = {"sessiond_errors_total", "redis_errors_total"};
    const struct server *server = context;
    const struct error_stats *stats = server->error_stats;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        prometheus_family(out, names[i], "counter", "Error replies by their first word.");
        for (size_t item = 0; item < stats->count; item++) {
            struct prometheus_label label = {"err", bytes_of(stats->items[item].code)};
            prometheus_sample(out, names[i], "", &label, 1, (double)stats->items[item].count);
        }
    }
}

#define ERROR_METRICS(ROW)                                                                        \
    ROW(TEXT, "Errorstats", errorstat, LINES, print_errors, "Error replies by their first word.", \
        .series = series_of_errors)

METRIC_TABLE(error_stats_add_metrics, ERROR_METRICS)
