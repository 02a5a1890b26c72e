/* SPDX-License-Identifier: BSD-3-Clause */
/* What the metrics endpoint shows of things that are many: commands, errors, databases, listeners; and the
 * little that only the endpoint has. Each stands under our name and, where prometheus-redis-exporter has it,
 * under the exporter's. */
#include "base/buf.h"
#include "engine/error_stats.h"
#include "engine/metric_tables.h"
#include "metrics/histogram.h"
#include "metrics/prometheus.h"
#include "metrics/slowlog.h"
#include <stdio.h>

/* ---- commands ---- */

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

void series_of_commands(const void *context, struct buf *out)
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

/* ---- how long they took ---- */

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

void series_of_latencies(const void *context, struct buf *out)
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

/* ---- errors ---- */

void series_of_errors(const void *context, struct buf *out)
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

/* ---- databases ---- */

static double read_keys(const struct keyspace *keyspace)
{
    return (double)keyspace_count(keyspace);
}

static double read_expiring_keys(const struct keyspace *keyspace)
{
    return (double)keyspace_deadline_count(keyspace);
}

static double read_mean_ttl_s(const struct keyspace *keyspace)
{
    return (double)keyspace_mean_ttl_ms(keyspace) / 1000;
}

void series_of_databases(const void *context, struct buf *out)
{
    static const struct {
        const char *name, *help;
        double (*read)(const struct keyspace *keyspace);
    } families[] = {
        {"sessiond_db_keys", "Keys of each database.", read_keys},
        {"redis_db_keys", "Keys of each database.", read_keys},
        {"sessiond_db_keys_expiring", "Keys with a deadline of each database.", read_expiring_keys},
        {"redis_db_keys_expiring", "Keys with a deadline of each database.", read_expiring_keys},
        {"sessiond_db_ttl_mean_seconds", "Mean time to live of the keys with a deadline.", read_mean_ttl_s},
        {"redis_db_avg_ttl_seconds", "Mean time to live of the keys with a deadline.", read_mean_ttl_s},
    };
    const struct server *server = context;
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        prometheus_family(out, families[i].name, "gauge", families[i].help);
        for (int db = 0; db < store_keyspace_count(server->store); db++) {
            const struct keyspace *keyspace = store_keyspace(server->store, db);
            char name[16];
            int len = snprintf(name, sizeof name, "db%d", db);
            struct prometheus_label label = {"db", bytes_make(name, (size_t)len)};
            if (db == 0 || keyspace_count(keyspace) > 0)
                prometheus_sample(out, families[i].name, "", &label, 1, families[i].read(keyspace));
        }
    }
}

/* ---- the rest ---- */

static void print_listening(const char *kind, const char *address, struct buf *out)
{
    struct prometheus_label labels[] = {{"name", bytes_of(kind)}, {"bind", bytes_of(address)}};
    prometheus_sample(out, "sessiond_listening", "", labels, 2, 1);
}

void series_of_listeners(const void *context, struct buf *out)
{
    const struct server *server = context;
    const struct config *config = server->config;
    prometheus_family(out, "sessiond_listening", "gauge", "What is listened on.");
    for (size_t i = 0; config->port != 0 && i < config->bind.count; i++)
        print_listening("tcp", config->bind.items[i], out);
    for (size_t i = 0; config->tls_port != 0 && i < config->bind.count; i++)
        print_listening("tls", config->bind.items[i], out);
    if (config->unixsocket)
        print_listening("unix", config->unixsocket, out);
}

static void print_one(struct buf *out, const char *name, const char *type, const char *help, double value)
{
    prometheus_family(out, name, type, help);
    prometheus_sample(out, name, "", NULL, 0, value);
}

static double last_slow_s(const struct slowlog *slowlog)
{
    if (list_is_empty(&slowlog->entries))
        return 0;
    return (double)LIST_ENTRY(slowlog->entries.next, struct slowlog_entry, link)->duration_us / 1e6;
}

void series_of_slow_log(const void *context, struct buf *out)
{
    const struct server *server = context;
    const struct slowlog *slowlog = server->slowlog;
    double last_id = slowlog->next_id > 0 ? (double)(slowlog->next_id - 1) : 0;
    print_one(out, "sessiond_slow_commands_total", "counter", "Commands that entered the slow log.",
              (double)slowlog->next_id);
    print_one(out, "redis_slowlog_length", "gauge", "Entries of the slow log.", (double)slowlog->count);
    print_one(out, "redis_slowlog_last_id", "gauge", "Number of the latest entry.", last_id);
    print_one(out, "redis_last_slow_execution_duration_seconds", "gauge", "How long the latest entry took.",
              last_slow_s(slowlog));
}

void series_of_instance(const void *context, struct buf *out)
{
    const struct server *server = context;
    double start_s = (double)server->start_wall_ms / 1000;
    print_one(out, "redis_up", "gauge", "The server answers.", 1);
    print_one(out, "sessiond_start_time_seconds", "gauge", "When the server started.", start_s);
    print_one(out, "redis_start_time_seconds", "gauge", "When the server started.", start_s);
}
