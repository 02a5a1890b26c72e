/* SPDX-License-Identifier: BSD-3-Clause */
/* Metrics as Prometheus reads them: the text format, version 0.0.4. Every row of a table is one metric, named
 * after the row: `sessiond_` and the row's name, in base units (a row in microseconds is shown in seconds), a
 * counter with `_total` at its end instead of at its beginning. Facts are labels of `sessiond_info`. Rows
 * that prometheus-redis-exporter knows are shown by its name too, as `redis_...`. What is many (commands,
 * databases) has a function of its own, made of these pieces. */
#ifndef METRICS_PROMETHEUS_H
#define METRICS_PROMETHEUS_H

#include "base/bytes.h"
#include "metrics/metric.h"

struct histogram;

/* Appends all metrics of all tables. */
void prometheus_print(const struct metrics *metrics, struct buf *out);

/* The same in parts, for who may not take long: appends part `index`, from 0 on, and returns false when there
 * is none. A part is one row, or about that. */
bool prometheus_print_part(const struct metrics *metrics, size_t index, struct buf *out);

/* Appends the name that a row is shown by; of a fact the label. */
void prometheus_print_name(const struct metric *metric, struct buf *out);

/* ---- pieces ---- */

/* Begins a metric: its samples must follow, together. `type` is "counter", "gauge", "histogram" or
 * "summary". */
void prometheus_family(struct buf *out, const char *name, const char *type, const char *help);

struct prometheus_label {
    const char *name;
    struct bytes value; /* any bytes: what is no UTF-8 is shown as \xHH */
};

/* Appends one sample. `suffix` ("_sum", "") follows the name. */
void prometheus_sample(struct buf *out, const char *name, const char *suffix,
                       const struct prometheus_label *labels, int label_count, double value);

/* Appends a family of one sample without labels. */
void prometheus_single(struct buf *out, const char *name, const char *type, const char *help, double value);

/* Appends the samples of one histogram whose recorded unit is `unit_s` seconds: counts up to a fixed row of
 * bounds from a microsecond to a second, sum and count. */
void prometheus_histogram(struct buf *out, const char *name, struct prometheus_label label,
                          const struct histogram *histogram, double unit_s);

#endif
