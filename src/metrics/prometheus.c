/* SPDX-License-Identifier: BSD-3-Clause */
/* The text format: for each metric a line that explains it, one that gives its type, and its samples. */
#include "metrics/prometheus.h"
#include "base/buf.h"
#include "base/number.h"
#include "base/utf8.h"
#include "metrics/histogram.h"
#include <math.h>
#include <stdlib.h>

#define OUR_PREFIX      "sessiond_"
#define EXPORTER_PREFIX "redis_"
#define INSTANCE_INFO   "instance_info"

/* ---- names ---- */

/* Ends of row names that tell another unit than Prometheus' base units, and what makes base units of them. */
static const struct unit {
    const char *end, *base;
    double factor;
} units[] = {
    {"_per_sec", "_per_second", 1}, {"_usec", "_seconds", 1e-6},
    {"_us", "_seconds", 1e-6},      {"_milliseconds", "_seconds", 1e-3},
    {"_sec", "_seconds", 1},        {"_kbps", "_bytes_per_second", 1024},
    {"_perc", "_percent", 1},       {"_in_days", "_day", 1}, /* beside the seconds */
};
static const struct unit no_unit = {"", "", 1};

static bool ends_with(struct bytes text, const char *end)
{
    size_t len = strlen(end);
    return text.len >= len && memcmp(text.data + text.len - len, end, len) == 0;
}

static const struct unit *unit_of(struct bytes name)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (ends_with(name, units[i].end))
            return &units[i];
    }
    return &no_unit;
}

void prometheus_print_name(const struct metric *metric, struct buf *out)
{
    static const struct bytes total = {"total_", 6};
    struct bytes name = bytes_of(metric->name);
    const struct unit *unit = unit_of(name);
    bool is_counter = metric->kind == METRIC_COUNTER;
    if (metric->kind == METRIC_FACT) {
        buf_append_bytes(out, name);
        return;
    }
    name.len -= strlen(unit->end);
    if (is_counter && bytes_starts_with(name, total)) {
        name.data += total.len;
        name.len -= total.len;
    }
    /* The end says that it only grows. */
    if (!is_counter && ends_with(name, "_total"))
        name.len -= strlen("_total");
    buf_append_text(out, OUR_PREFIX);
    buf_append_bytes(out, name);
    buf_append_text(out, unit->base);
    if (is_counter && !ends_with(name, "_total"))
        buf_append_text(out, "_total");
}

/* ---- pieces ---- */

static void append_number(struct buf *out, double value)
{
    char text[NUMBER_DOUBLE_SIZE];
    /* Most are whole numbers, which take less time to print. */
    if (fabs(value) < 1e15 && value == floor(value))
        buf_append(out, text, print_i64(text, (int64_t)value));
    else if (isnan(value))
        buf_append_text(out, "NaN");
    else if (isinf(value))
        buf_append_text(out, value > 0 ? "+Inf" : "-Inf");
    else
        buf_append(out, text, print_double(text, value));
}

static void append_help(struct buf *out, const char *help)
{
    for (; *help; help++) {
        if (*help == '\\')
            buf_append_char(out, '\\');
        buf_append_char(out, *help);
    }
}

void prometheus_family(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s ", name);
    append_help(out, help);
    buf_printf(out, "\n# TYPE %s %s\n", name, type);
}

static void append_label_value(struct buf *out, struct bytes value)
{
    while (value.len > 0) {
        size_t len = utf8_length(value);
        char first = value.data[0];
        if (len == 0)
            buf_printf(out, "\\\\x%02x", (unsigned char)first);
        else if (first == '\n')
            buf_append_text(out, "\\n");
        else if (first == '"' || first == '\\')
            buf_printf(out, "\\%c", first);
        else
            buf_append(out, value.data, len);
        len += len == 0;
        value = bytes_make(value.data + len, value.len - len);
    }
}

static void append_label(struct buf *out, bool is_first, const char *name, struct bytes value)
{
    buf_append_char(out, is_first ? '{' : ',');
    buf_append_text(out, name);
    buf_append_text(out, "=\"");
    append_label_value(out, value);
    buf_append_char(out, '"');
}

void prometheus_sample(struct buf *out, const char *name, const char *suffix,
                       const struct prometheus_label *labels, int label_count, double value)
{
    buf_append_text(out, name);
    buf_append_text(out, suffix);
    for (int i = 0; i < label_count; i++)
        append_label(out, i == 0, labels[i].name, labels[i].value);
    buf_append_text(out, label_count > 0 ? "} " : " ");
    append_number(out, value);
    buf_append_char(out, '\n');
}

static const struct {
    const char *text;
    double seconds;
} bounds[] = {
    {"1e-06", 1e-6},   {"2.5e-06", 2.5e-6}, {"5e-06", 5e-6},    {"1e-05", 1e-5},  {"2.5e-05", 2.5e-5},
    {"5e-05", 5e-5},   {"0.0001", 1e-4},    {"0.00025", 25e-5}, {"0.0005", 5e-4}, {"0.001", 1e-3},
    {"0.0025", 25e-4}, {"0.005", 5e-3},     {"0.01", 1e-2},     {"0.1", 0.1},     {"1", 1},
};
enum { BOUND_COUNT = sizeof bounds / sizeof bounds[0] };

static void append_bucket(struct buf *out, const struct buf *head, const char *bound, uint64_t count)
{
    buf_append(out, head->data, head->len);
    buf_append_text(out, bound);
    buf_append_text(out, "\"} ");
    append_number(out, (double)count);
    buf_append_char(out, '\n');
}

void prometheus_histogram(struct buf *out, const char *name, struct prometheus_label label,
                          const struct histogram *histogram, double unit_s)
{
    uint64_t limits[BOUND_COUNT], counts[BOUND_COUNT];
    struct buf head = {0}; /* what all buckets begin with */
    buf_printf(&head, "%s_bucket", name);
    append_label(&head, true, label.name, label.value);
    buf_append_text(&head, ",le=\"");
    for (int i = 0; i < BOUND_COUNT; i++)
        limits[i] = (uint64_t)(bounds[i].seconds / unit_s);
    histogram_counts_to(histogram, limits, BOUND_COUNT, counts);
    for (int i = 0; i < BOUND_COUNT; i++)
        append_bucket(out, &head, bounds[i].text, counts[i]);
    append_bucket(out, &head, "+Inf", histogram->count);
    prometheus_sample(out, name, "_sum", &label, 1, (double)histogram->sum * unit_s);
    prometheus_sample(out, name, "_count", &label, 1, (double)histogram->count);
    buf_clear(&head);
}

/* ---- rows ---- */

static double number_of(const struct metric *metric, const void *context)
{
    struct buf text = {0};
    double number;
    if (metric->integer)
        return (double)metric->integer(context);
    if (metric->real)
        return metric->real(context);
    metric_print(metric, context, &text);
    if (metric->kind == METRIC_STATUS)
        number = bytes_is(buf_bytes(&text), "ok");
    else
        number = strtod(buf_cstring(&text), NULL);
    buf_clear(&text);
    return number;
}

static bool is_of_instance(const struct metric *metric)
{
    return metric->exporter_name && strcmp(metric->exporter_name, INSTANCE_INFO) == 0;
}

static void print_number(struct buf *out, const char *name, const char *type, const char *help, double number)
{
    prometheus_family(out, name, type, help);
    prometheus_sample(out, name, "", NULL, 0, number);
}

static void print_row(const struct metric *metric, const void *context, struct buf *out)
{
    struct buf name = {0};
    const char *type = metric->kind == METRIC_COUNTER ? "counter" : "gauge";
    bool is_fact = metric->kind == METRIC_FACT;
    if (metric->series) {
        metric->series(context, out);
        return;
    }
    if (is_fact && (!metric->exporter_name || is_of_instance(metric)))
        return;
    double number = number_of(metric, context);
    if (!is_fact) {
        prometheus_print_name(metric, &name);
        print_number(out, buf_cstring(&name), type, metric->help,
                     number * unit_of(bytes_of(metric->name))->factor);
    }
    if (metric->exporter_name) {
        name.len = 0;
        buf_printf(&name, EXPORTER_PREFIX "%s", metric->exporter_name);
        print_number(out, buf_cstring(&name), type, metric->help, number);
    }
    buf_clear(&name);
}

struct fact_printer {
    struct buf *out;
    bool is_first, only_of_instance;
};

static void print_fact(void *visitor, const struct metric *metric, const void *context)
{
    struct fact_printer *printer = visitor;
    struct buf value = {0};
    if (metric->kind != METRIC_FACT || (printer->only_of_instance && !is_of_instance(metric)))
        return;
    metric_print(metric, context, &value);
    append_label(printer->out, printer->is_first, metric->name, buf_bytes(&value));
    printer->is_first = false;
    buf_clear(&value);
}

static void print_facts(const struct metrics *metrics, const char *name, bool only_of_instance,
                        const char *help, struct buf *out)
{
    struct fact_printer printer = {out, true, only_of_instance};
    prometheus_family(out, name, "gauge", help);
    buf_append_text(out, name);
    metrics_each(metrics, print_fact, &printer);
    buf_append_text(out, printer.is_first ? " 1\n" : "} 1\n");
}

bool prometheus_print_part(const struct metrics *metrics, size_t index, struct buf *out)
{
    const struct metric *metric;
    const void *context;
    if (index == 0) {
        print_facts(metrics, OUR_PREFIX "info", false, "What doesn't change, or isn't a number.", out);
        print_facts(metrics, EXPORTER_PREFIX INSTANCE_INFO, true, "Information about the instance.", out);
        return true;
    }
    if (!(metric = metrics_at(metrics, index - 1, &context)))
        return false;
    print_row(metric, context, out);
    return true;
}

void prometheus_print(const struct metrics *metrics, struct buf *out)
{
    for (size_t i = 0; prometheus_print_part(metrics, i, out); i++)
        ;
}

void prometheus_single(struct buf *out, const char *name, const char *type, const char *help, double value)
{
    prometheus_family(out, name, type, help);
    prometheus_sample(out, name, "", NULL, 0, value);
}
