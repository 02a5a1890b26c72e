/* SPDX-License-Identifier: BSD-3-Clause */
/* Metrics, one row each in a table of their owner: where INFO shows it, its name, what it means, and how
 * it is read. INFO and the metrics endpoint walk the same rows. */
#ifndef METRICS_METRIC_H
#define METRICS_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

enum metric_kind {
    METRIC_COUNTER, /* only grows, until it is reset */
    METRIC_GAUGE,
    METRIC_FACT,   /* words, or what never changes: not for a time series */
    METRIC_STATUS, /* the word "ok", or another when it isn't: 1 or 0 in a time series */
    METRIC_LINES,  /* INFO lines, each ended by CRLF: of things that are many, or not always there */
    METRIC_SERIES, /* for the metrics endpoint alone: INFO of Redis has nothing like it */
};

struct metric {
    const char *section, *name;
    enum metric_kind kind;
    const char *help;

    /* One of these tells the value; `context` is what the table was added with. */
    int64_t (*integer)(const void *context);
    double (*real)(const void *context);
    void (*text)(const void *context, struct buf *out); /* appends; of METRIC_LINES all the lines */
    const char *constant;

    /* Of METRIC_LINES and METRIC_SERIES: appends what the metrics endpoint shows of them
     * (metrics/prometheus.h). */
    void (*series)(const void *context, struct buf *out);
    /* What prometheus-redis-exporter calls it, without "redis_": the endpoint shows it by that name as well,
     * so that what was built on the exporter goes on. Of a fact it may be "instance_info": the fact is a
     * label of that. NULL: the exporter hasn't got it. */
    const char *exporter_name;

    int decimals;        /* of `real`; 0 stands for 2 */
    const char *unit;    /* what INFO shows behind it ("%"); NULL mostly */
    bool has_human_form; /* bytes: INFO has a second line, `name`_human */
};

#define METRIC_TABLES_MAX 32

struct metrics {
    struct {
        const struct metric *rows;
        size_t count;
        const void *context;
    } tables[METRIC_TABLES_MAX];
    int count;
};

struct metrics *metrics_new(void);
void metrics_free(struct metrics *metrics);

/* Adds a table, which must outlive `metrics`. Rows of one section are shown in the order their tables are
 * added. */
void metrics_add(struct metrics *metrics, const struct metric *rows, size_t count, const void *context);

void metrics_each(const struct metrics *metrics,
                  void (*visit)(void *visitor, const struct metric *metric, const void *context),
                  void *visitor);

/* Row number `index` of all tables together, and its table's context; NULL past the last one. */
const struct metric *metrics_at(const struct metrics *metrics, size_t index, const void **context);

/* Appends the value alone, as INFO shows it. Not for METRIC_LINES and METRIC_SERIES. */
void metric_print(const struct metric *metric, const void *context, struct buf *out);

#endif
