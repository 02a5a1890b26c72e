/* SPDX-License-Identifier: BSD-3-Clause */
/* Walking the tables of metrics, and printing a value. */
#include "metrics/metric.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/panic.h"

struct metrics *metrics_new(void)
{
    return mem_zalloc(sizeof(struct metrics));
}

void metrics_free(struct metrics *metrics)
{
    mem_free(metrics);
}

void metrics_add(struct metrics *metrics, const struct metric *rows, size_t count, const void *context)
{
    ASSERT(metrics->count < METRIC_TABLES_MAX);
    metrics->tables[metrics->count].rows = rows;
    metrics->tables[metrics->count].count = count;
    metrics->tables[metrics->count].context = context;
    metrics->count++;
}

void metrics_each(const struct metrics *metrics,
                  void (*visit)(void *visitor, const struct metric *metric, const void *context),
                  void *visitor)
{
    for (int i = 0; i < metrics->count; i++) {
        for (size_t row = 0; row < metrics->tables[i].count; row++)
            visit(visitor, &metrics->tables[i].rows[row], metrics->tables[i].context);
    }
}

const struct metric *metrics_at(const struct metrics *metrics, size_t index, const void **context)
{
    for (int i = 0; i < metrics->count; i++) {
        if (index < metrics->tables[i].count) {
            *context = metrics->tables[i].context;
            return &metrics->tables[i].rows[index];
        }
        index -= metrics->tables[i].count;
    }
    return NULL;
}

void metric_print(const struct metric *metric, const void *context, struct buf *out)
{
    if (metric->integer)
        buf_printf(out, "%lld", (long long)metric->integer(context));
    else if (metric->real)
        buf_printf(out, "%.*f%s", metric->decimals ? metric->decimals : 2, metric->real(context),
                   metric->unit ? metric->unit : "");
    else if (metric->text)
        metric->text(context, out);
    else
        buf_append_text(out, metric->constant);
}
