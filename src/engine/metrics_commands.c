/* SPDX-License-Identifier: BSD-3-Clause */
/* How often each command was called, how often it failed, how long it took: lines of INFO, and series of
 * the metrics endpoint, under our names and under those of prometheus-redis-exporter. */
#include "base/buf.h"
#include "engine/metric_tables.h"
#include "engine/metrics.h"
#include "metrics/histogram.h"
#include "metrics/prometheus.h"

/* ---- lines ---- */

void metrics_print_name(struct buf *out, const char *name)
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
    metrics_print_name(out, command->full_name);
    buf_printf(out, ":calls=%llu,usec=%llu,usec_per_call=%.2f,rejected_calls=%llu,failed_calls=%llu\r\n",
               (unsigned long long)command->calls, (unsigned long long)us,
               command->calls ? us / (double)command->calls : 0, (unsigned long long)command->rejected,
               (unsigned long long)command->failed);
}

static void print_commands(const struct server *server, struct buf *out)
{
    registry_each(server->registry, print_command, out);
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
    metrics_print_name(printer->out, command->full_name);
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

/* ---- series ---- */

/* The label of a command; its name is written over what `scratch` held. */
static struct prometheus_label label_of(const struct registered_command *command, struct buf *scratch)
{
    scratch->len = 0;
    command_print_name(command, scratch);
    return (struct prometheus_label){"cmd", buf_bytes(scratch)};
}

/* One figure of a command, over all commands that were ever asked for. */
struct command_series {
    struct buf *out;
    struct buf scratch;
    const char *name;
    double (*read)(const struct registered_command *command);
};

static double read_calls(const struct registered_command *command)
{
    return (double)command->calls;
}

static double read_seconds(const struct registered_command *command)
{
    return (double)command->ticks / clock_ticks_per_us() / 1e6;
}

static double read_rejected(const struct registered_command *command)
{
    return (double)command->rejected;
}

static double read_failed(const struct registered_command *command)
{
    return (double)command->failed;
}

static void print_command_sample(void *context, struct registered_command *command)
{
    struct command_series *series = context;
    if (command->calls == 0 && command->failed == 0 && command->rejected == 0)
        return;
    struct prometheus_label label = label_of(command, &series->scratch);
    prometheus_sample(series->out, series->name, "", &label, 1, series->read(command));
}

static void series_of_commands(const void *context, struct buf *out)
{
    static const struct {
        const char *name, *exporter_name, *help;
        double (*read)(const struct registered_command *command);
    } families[] = {
        {"sessiond_commands_total", "redis_commands_total", "Calls of each command.", read_calls},
        {"sessiond_commands_duration_seconds_total", "redis_commands_duration_seconds_total",
         "Time that calls of each command took.", read_seconds},
        {"sessiond_commands_rejected_calls_total", "redis_commands_rejected_calls_total",
         "Calls of each command that were refused.", read_rejected},
        {"sessiond_commands_failed_calls_total", "redis_commands_failed_calls_total",
         "Calls of each command that failed.", read_failed},
    };
    const struct server *server = context;
    for (size_t i = 0; i < 2 * (sizeof families / sizeof families[0]); i++) {
        const char *name = i % 2 ? families[i / 2].exporter_name : families[i / 2].name;
        struct command_series series = {.out = out, .name = name, .read = families[i / 2].read};
        prometheus_family(out, name, "counter", families[i / 2].help);
        registry_each(server->registry, print_command_sample, &series);
        buf_clear(&series.scratch);
    }
}

static double seconds_a_tick(void)
{
    return 1 / clock_ticks_per_us() / 1e6;
}

static void print_histogram(void *context, struct registered_command *command)
{
    struct command_series *series = context;
    if (command->latency)
        prometheus_histogram(series->out, series->name, label_of(command, &series->scratch), command->latency,
                             seconds_a_tick());
}

static void print_percentiles(void *context, struct registered_command *command)
{
    static const struct {
        const char *text;
        double percent;
    } quantiles[] = {{"0.5", 50}, {"0.99", 99}, {"0.999", 99.9}};
    struct command_series *series = context;
    const struct histogram *latency = command->latency;
    if (!latency)
        return;
    struct prometheus_label labels[2] = {label_of(command, &series->scratch), {.name = "quantile"}};
    for (size_t i = 0; i < sizeof quantiles / sizeof quantiles[0]; i++) {
        uint64_t ticks = histogram_percentile(latency, quantiles[i].percent);
        labels[1].value = bytes_of(quantiles[i].text);
        prometheus_sample(series->out, series->name, "", labels, 2, (double)ticks / clock_ticks_per_us());
    }
    prometheus_sample(series->out, series->name, "_sum", labels, 1,
                      (double)latency->sum / clock_ticks_per_us());
    prometheus_sample(series->out, series->name, "_count", labels, 1, (double)latency->count);
}

static void series_of_latencies(const void *context, struct buf *out)
{
    const struct server *server = context;
    if (!server->config->latency_tracking)
        return;
    struct command_series ours = {.out = out, .name = "sessiond_command_duration_seconds"};
    struct command_series exporters = {.out = out, .name = "redis_latency_percentiles_usec"};
    prometheus_family(out, ours.name, "histogram", "How long calls of each command took.");
    registry_each(server->registry, print_histogram, &ours);
    prometheus_family(out, exporters.name, "summary", "How long calls of each command took.");
    registry_each(server->registry, print_percentiles, &exporters);
    buf_clear(&ours.scratch);
    buf_clear(&exporters.scratch);
}

/* ---- figures ---- */

static void add_ticks(void *sum, struct registered_command *command)
{
    *(uint64_t *)sum += command->ticks;
}

static double commands_us(const struct server *server)
{
    uint64_t ticks = 0;
    registry_each(server->registry, add_ticks, &ticks);
    return (double)ticks / clock_ticks_per_us();
}

#define COMMAND_METRICS(ROW)                                                            \
    ROW(TEXT, "Commandstats", cmdstat, LINES, print_commands, "Calls of each command.", \
        .series = series_of_commands)                                                   \
    ROW(TEXT, "Latencystats", latency_percentiles_usec, LINES, print_latencies,         \
        "How long calls of each command took.", .series = series_of_latencies)          \
    ROW(INTEGER, "Stats", eventloop_duration_cmd_sum, COUNTER, commands_us(server),     \
        "Microseconds that commands took of them.")

METRIC_TABLE(add_command_metrics, COMMAND_METRICS)
