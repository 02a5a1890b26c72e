/* SPDX-License-Identifier: BSD-3-Clause */
/* INFO, and what must hold for the metrics of all tables. */
#include "base/buf.h"
#include "base/worker.h"
#include "engine/metrics.h"
#include "metrics/info.h"
#include "metrics/prometheus.h"
#include "support/harness.h"
#include "support/reply_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* The value of a field, as a number. */
static double field(struct harness *harness, const char *section, const char *name)
{
    char line[64], wanted[64];
    (void)snprintf(line, sizeof line, "info %s", section);
    (void)snprintf(wanted, sizeof wanted, "\r\n%s:", name);
    struct bytes reply = harness_send(harness, line);
    const char *at = memmem(reply.data, reply.len, wanted, strlen(wanted));
    if (!at)
        fail_msg("no field %s", name);
    return strtod(at + strlen(wanted), NULL);
}

static void check_row(void *count, const struct metric *metric, const void *context)
{
    (void)context;
    int values = (metric->integer != NULL) + (metric->real != NULL) + (metric->text != NULL) +
                 (metric->constant != NULL);
    bool is_many = metric->kind == METRIC_LINES || metric->kind == METRIC_SERIES;
    if (!info_has_section(metric->section) || values != (metric->kind != METRIC_SERIES) ||
        is_many != (metric->series != NULL) || !metric->name[0] || !metric->help[0])
        fail_msg("row %s of section %s", metric->name, metric->section);
    ++*(int *)count;
}

static void every_row_is_complete(void **state)
{
    struct harness *harness = *state;
    int count = 0;
    metrics_each(harness->server->metrics, check_row, &count);
    assert_true(count > 150);
}

struct name_list {
    struct bytes text;
    int missing;
};

static void look_for_row(void *visitor, const struct metric *metric, const void *context)
{
    struct name_list *list = visitor;
    char line[80];
    (void)context;
    (void)snprintf(line, sizeof line, "\r\n%s:", metric->name);
    if (metric->kind != METRIC_LINES && metric->kind != METRIC_SERIES && !reply_has(list->text, line)) {
        print_error("%s is missing\n", metric->name);
        list->missing++;
    }
}

static void every_row_is_printed(void **state)
{
    struct harness *harness = *state;
    struct name_list list = {harness_send(harness, "info everything debug"), 0};
    metrics_each(harness->server->metrics, look_for_row, &list);
    assert_int_equal(list.missing, 0);
}

/* ---- the metrics endpoint ---- */

static struct buf metrics_text(struct harness *harness)
{
    struct buf out = {0};
    prometheus_print(harness->server->metrics, &out);
    return out;
}

/* Of what is many: its explanation is there even when nothing of it has happened yet. */
static void print_first_line(const struct metric *metric, const void *context, struct buf *line)
{
    metric->series(context, line);
    line->len = bytes_index_of(buf_bytes(line), '\n');
}

static void look_for_metric(void *visitor, const struct metric *metric, const void *context)
{
    struct name_list *list = visitor;
    struct buf line = {0}, ours = {0};
    prometheus_print_name(metric, &ours);
    if (metric->series)
        print_first_line(metric, context, &line);
    else if (metric->kind == METRIC_FACT)
        buf_printf(&line, "%s=\"", buf_cstring(&ours));
    else
        buf_printf(&line, "\n%s ", buf_cstring(&ours));
    if (line.len == 0 || !reply_has(list->text, buf_cstring(&line))) {
        print_error("%s is missing\n", metric->name);
        list->missing++;
    }
    if (metric->exporter_name && metric->kind != METRIC_FACT) {
        line.len = 0;
        buf_printf(&line, "\nredis_%s ", metric->exporter_name);
        list->missing += !reply_has(list->text, buf_cstring(&line));
    }
    buf_clear(&line);
    buf_clear(&ours);
}

static void every_row_is_a_metric(void **state)
{
    struct harness *harness = *state;
    harness_send(harness, "set k v");
    harness_send(harness, "nosuch");
    struct buf text = metrics_text(harness);
    struct name_list list = {buf_bytes(&text), 0};
    metrics_each(harness->server->metrics, look_for_metric, &list);
    assert_int_equal(list.missing, 0);
    buf_clear(&text);
}

/* Dashboards and alarms ask for metrics by name: all that there are, in order, are in a file. */
static void metrics_keep_their_names(void **state)
{
    FILE *file = fopen("tests/commands/metric-names.txt", "r");
    struct buf text = metrics_text(*state), names = {0};
    const char *at = buf_cstring(&text);
    char name[128];
    while ((at = strstr(at, "# TYPE "))) {
        at += strlen("# TYPE ");
        buf_append(&names, at, strcspn(at, "\n"));
        buf_append_char(&names, '\n');
    }
    at = buf_cstring(&names);
    assert_non_null(file);
    while (fgets(name, sizeof name, file)) {
        if (strncmp(at, name, strlen(name)) != 0)
            fail_msg("%.*s, not %s", (int)strcspn(at, "\n"), at, name);
        at += strlen(name);
    }
    assert_string_equal(at, "");
    fclose(file);
    buf_clear(&text);
    buf_clear(&names);
}

/* Fails when a metric is explained twice: Prometheus refuses the whole text then. */
static void no_metric_comes_twice(void **state)
{
    struct buf text = metrics_text(*state);
    const char *at = buf_cstring(&text);
    int count = 0;
    while ((at = strstr(at, "# TYPE "))) {
        char line[128];
        size_t len = strcspn(at + 7, " ") + 8;
        assert_true(len < sizeof line);
        memcpy(line, at, len);
        line[len] = 0;
        at += len;
        if (strstr(at, line))
            fail_msg("%s comes twice", line);
        count++;
    }
    assert_true(count > 200);
    buf_clear(&text);
}

static void metrics_tell_what_happened(void **state)
{
    struct harness *harness = *state;
    harness_send(harness, "set k v ex 100");
    harness_send(harness, "get k");
    harness_send(harness, "get k");
    harness_send(harness, "get");
    harness_send(harness, "config get port");
    struct buf out = metrics_text(harness);
    struct bytes text = buf_bytes(&out);
    assert_true(reply_has(text, "\nsessiond_keyspace_hits_total 2\n"));
    assert_true(reply_has(text, "\nredis_keyspace_hits_total 2\n"));
    assert_true(reply_has(text, "\nredis_up 1\n"));
    assert_true(reply_has(text, "\nredis_db_keys{db=\"db0\"} 1\n"));
    assert_true(reply_has(text, "\nredis_db_keys_expiring{db=\"db0\"} 1\n"));
    assert_true(reply_has(text, "\nredis_commands_total{cmd=\"get\"} 2\n"));
    assert_true(reply_has(text, "\nredis_commands_rejected_calls_total{cmd=\"get\"} 1\n"));
    assert_true(reply_has(text, "\nsessiond_commands_total{cmd=\"config|get\"} 1\n"));
    assert_true(reply_has(text, "\nsessiond_command_duration_seconds_bucket{cmd=\"get\",le=\"+Inf\"} 2\n"));
    assert_true(reply_has(text, "\nsessiond_command_duration_seconds_count{cmd=\"get\"} 2\n"));
    assert_true(reply_has(text, "\nredis_errors_total{err=\"ERR\"} 1\n"));
    assert_true(reply_has(text, "\nredis_rdb_last_bgsave_status 1\n"));
    assert_true(reply_has(text, "# TYPE sessiond_keyspace_hits_total counter\n"));
    assert_true(reply_has(text, "redis_version=\"7.2.6\""));
    buf_clear(&out);
}

static void failed_snapshot_is_zero(void **state)
{
    struct harness *harness = *state;
    harness->server->status.is_snapshot_failed = true;
    struct buf out = metrics_text(harness);
    assert_true(reply_has(buf_bytes(&out), "\nredis_rdb_last_bgsave_status 0\n"));
    buf_clear(&out);
}

/* ---- INFO again ---- */

static void clients_find_what_they_look_for_at_connect(void **state)
{
    struct bytes reply = harness_send(*state, "info");
    assert_true(reply_has(reply, "\r\nredis_version:7.2.6\r\n"));
    assert_true(reply_has(reply, "\r\nredis_mode:standalone\r\n"));
    assert_true(reply_has(reply, "\r\nloading:0\r\n"));
    assert_true(reply_has(reply, "\r\nmaxmemory_policy:noeviction\r\n"));
    assert_true(reply_has(reply, "\r\nrole:master\r\n"));
    assert_true(reply_has(reply, "\r\nexecutable:/"));
    assert_true(reply_has(reply, "\r\ncluster_enabled:0\r\n"));
    assert_false(reply_has(reply, "# Commandstats"));
}

static void reply_is_verbatim_text_in_resp3(void **state)
{
    struct harness *harness = *state;
    assert_reply(harness, "info cluster", "$30\r\n# Cluster\r\ncluster_enabled:0\r\n\r\n");
    harness->client->reply.protocol = 3;
    assert_reply(harness, "info CLUSTER", "=34\r\ntxt:# Cluster\r\ncluster_enabled:0\r\n\r\n");
    assert_reply(harness, "info nosuch", "=4\r\ntxt:\r\n");
}

static void commands_are_counted(void **state)
{
    struct harness *harness = *state;
    harness_send(harness, "set k v");
    harness_send(harness, "get k");
    harness_send(harness, "get k x");
    harness_send(harness, "incr k");
    harness_send(harness, "config get port");
    struct bytes reply = harness_send(harness, "info commandstats");
    assert_true(reply_has(reply, "cmdstat_set:calls=1,usec="));
    assert_true(reply_has(reply, "rejected_calls=1,failed_calls=0"));
    assert_true(reply_has(reply, "rejected_calls=0,failed_calls=1"));
    assert_true(reply_has(reply, "cmdstat_config|get:calls=1,"));
    reply = harness_send(harness, "info latencystats");
    assert_true(reply_has(reply, "latency_percentiles_usec_get:p50="));
    assert_true(reply_has(reply, ",p99.9="));
}

static void errors_are_counted_by_code(void **state)
{
    struct harness *harness = *state;
    harness_send(harness, "nosuch");
    harness_send(harness, "get");
    harness_send(harness, "multi");
    harness_send(harness, "nosuch");
    harness_send(harness, "exec");
    assert_true(reply_has(harness_send(harness, "info errorstats"),
                          "# Errorstats\r\nerrorstat_ERR:count=3\r\nerrorstat_EXECABORT:count=1\r\n"));
    assert_int_equal((int)field(harness, "stats", "total_error_replies"), 4);
}

static void reset_begins_anew(void **state)
{
    struct harness *harness = *state;
    harness_send(harness, "get nosuch");
    harness_send(harness, "nosuch");
    assert_int_equal((int)field(harness, "stats", "keyspace_misses"), 1);
    harness_send(harness, "config resetstat");
    assert_int_equal((int)field(harness, "stats", "keyspace_misses"), 0);
    assert_reply(harness, "info errorstats", "$14\r\n# Errorstats\r\n\r\n");
    /* Nothing is left of longer codes. */
    harness_send(harness, "eval \"return redis.error_reply('LONGCODE x')\" 0");
    harness_send(harness, "config resetstat");
    harness_send(harness, "nosuch");
    assert_reply(harness, "info errorstats", "$37\r\n# Errorstats\r\nerrorstat_ERR:count=1\r\n\r\n");
}

/* What is counted goes on from zero; sums of the processor's time are the system's. */
static void look_for_rest(void *visitor, const struct metric *metric, const void *context)
{
    if (metric->kind != METRIC_COUNTER || !metric->integer || bytes_is(bytes_of(metric->name), "rdb_saves"))
        return;
    if (metric->integer(context) != 0) {
        print_error("%s goes on\n", metric->name);
        ++*(int *)visitor;
    }
}

static void reset_leaves_no_counter(void **state)
{
    struct harness *harness = *state;
    struct server *server = harness->server;
    int count = 0;
    harness_send(harness, "set k v");
    memset(&server->counters, 1, sizeof server->counters);
    memset(&server->extremes, 1, sizeof server->extremes);
    struct store_stats *stats = store_stats(server->store);
    stats->expired = stats->expired_parts = stats->lazy_freed = stats->moved = 7;
    server->slices.run_count = server->slices.run_us = 7;
    server->expire_us = 7000;
    server->memory_limit.exceeded_us = 7000;
    server->compaction.total_ms = 7;
    stats->expiry_lag_us_max = server->slices.longest_us = 7;
    engine_metrics_reset(server);
    metrics_each(server->metrics, look_for_rest, &count);
    assert_int_equal(count, 0);
    assert_int_equal(stats->expiry_lag_us_max + server->slices.longest_us, 0);
    assert_int_equal(server->extremes.tick_us_max + server->extremes.commands_max, 0);
}

static void keyspace_counts_keys_and_deadlines(void **state)
{
    struct harness *harness = *state;
    assert_reply(harness, "info keyspace", "$12\r\n# Keyspace\r\n\r\n");
    harness_send(harness, "set k v");
    harness_send(harness, "select 3");
    harness_send(harness, "set k v ex 100");
    struct bytes reply = harness_send(harness, "info keyspace");
    assert_true(reply_has(reply, "\r\ndb0:keys=1,expires=0,avg_ttl=0\r\ndb3:keys=1,expires=1,avg_ttl="));
}

static void rates_are_means_of_samples(void **state)
{
    struct harness *harness = *state;
    engine_metrics_reset(harness->server); /* counts from now on, by this clock */
    for (int sample = 0; sample < 16; sample++) {
        for (int i = 0; i < 10; i++)
            harness_send(harness, "ping");
        harness->server->clock.mono_us += 100000;
        sampler_run(harness->server);
    }
    assert_true(sampler_rate(harness->server, RATE_COMMANDS) > 99.5);
    assert_true(sampler_rate(harness->server, RATE_COMMANDS) < 100.5);
}

static void peak_is_not_forgotten(void **state)
{
    struct harness *harness = *state;
    harness_send(harness, "setrange k 10000000 x");
    sampler_run(harness->server);
    harness_send(harness, "flushall");
    harness_run(harness);
    worker_drain(harness->server->worker); /* it frees what is large */
    assert_true(field(harness, "memory", "used_memory_peak") > 10000000);
    assert_true(field(harness, "memory", "used_memory") < field(harness, "memory", "used_memory_peak"));
}

static void figures_of_memory_are_plausible(void **state)
{
    struct harness *h = *state;
    (void)harness_send(h, "setrange k 9999999 x");
    double used = field(h, "memory", "used_memory"), rss = field(h, "memory", "used_memory_rss");
    double allocated = field(h, "memory", "allocator_allocated"),
           active = field(h, "memory", "allocator_active");
    double resident = field(h, "memory", "allocator_resident");
    double startup = field(h, "memory", "used_memory_startup");
    assert_in_range(used, 10000000, 30000000);
    assert_in_range(field(h, "memory", "used_memory_peak"), used * 0.9, 60000000);
    assert_in_range(rss, 4000000, 2000000000);
    assert_true(allocated > used * 0.9 && active >= allocated && resident >= active && resident < used * 10);
    assert_true(startup > 10000 && startup < used - 9000000);
    assert_in_range(field(h, "memory", "used_memory_dataset"), 9000000, used);
    assert_in_range(field(h, "memory", "used_memory_overhead"), startup, used - 9000000);
    assert_in_range(field(h, "memory", "used_memory_dataset_perc"), 80, 100);
    assert_in_range(field(h, "memory", "used_memory_peak_perc"), 20, 100);
    assert_true(field(h, "memory", "total_system_memory") > rss);
    assert_in_range(field(h, "memory", "mem_fragmentation_ratio") * 100, rss / used * 80, rss / used * 120);
    assert_in_range(field(h, "memory", "mem_fragmentation_bytes") + used, rss * 0.8, rss * 1.2);
    assert_in_range(field(h, "memory", "allocator_frag_ratio") * 100, 90, 300);
    assert_in_range(field(h, "memory", "allocator_rss_ratio") * 100, 90, 1000);
    assert_in_range(field(h, "memory", "allocator_rss_bytes"), 0, resident);
}

static void the_order_of_eviction_is_shown(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "config set eviction-order \"bot: cache:\" maxmemory-policy volatile-ttl", "+OK\r\n");
    struct bytes reply = harness_send(h, "info memory");
    assert_true(reply_has(reply, "\r\nmaxmemory_policy:volatile-ttl\r\n"));
    assert_true(reply_has(reply, "\r\neviction_order:\"bot:\" \"cache:\"\r\n"));
}

static void waiting_clients_are_counted(void **state)
{
    struct harness *h = *state;
    (void)harness_send_as(h, harness_client(h), "blpop a b 0");
    (void)harness_send_as(h, harness_client(h), "blpop b c 10");
    assert_int_equal(field(h, "clients", "blocked_clients"), 2);
    assert_int_equal(field(h, "clients", "clients_in_timeout_table"), 1);
    assert_int_equal(field(h, "clients", "total_blocking_keys"), 3);
    (void)harness_send(h, "rpush b 1 2");
    assert_int_equal(field(h, "clients", "total_blocking_keys"), 0);
}

static void scripts_are_counted(void **state)
{
    struct harness *h = *state;
    assert_int_equal(field(h, "memory", "number_of_cached_scripts"), 0);
    assert_int_equal(field(h, "memory", "used_memory_lua"), 0);
    (void)harness_send(h, "eval \"return 1\" 0");
    assert_int_equal(field(h, "memory", "number_of_cached_scripts"), 1);
    assert_in_range(field(h, "memory", "used_memory_lua"), 10000, 1 << 20);
    assert_in_range(field(h, "memory", "used_memory_scripts_eval"), 1, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(every_row_is_complete),
        HARNESS_TEST(every_row_is_printed),
        HARNESS_TEST(every_row_is_a_metric),
        HARNESS_TEST(metrics_keep_their_names),
        HARNESS_TEST(no_metric_comes_twice),
        HARNESS_TEST(metrics_tell_what_happened),
        HARNESS_TEST(failed_snapshot_is_zero),
        HARNESS_TEST(clients_find_what_they_look_for_at_connect),
        HARNESS_TEST(reply_is_verbatim_text_in_resp3),
        HARNESS_TEST(commands_are_counted),
        HARNESS_TEST(errors_are_counted_by_code),
        HARNESS_TEST(reset_begins_anew),
        HARNESS_TEST(reset_leaves_no_counter),
        HARNESS_TEST(keyspace_counts_keys_and_deadlines),
        HARNESS_TEST(rates_are_means_of_samples),
        HARNESS_TEST(peak_is_not_forgotten),
        HARNESS_TEST(figures_of_memory_are_plausible),
        HARNESS_TEST(the_order_of_eviction_is_shown),
        HARNESS_TEST(waiting_clients_are_counted),
        HARNESS_TEST(scripts_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
