/* SPDX-License-Identifier: BSD-3-Clause */
/* Metrics rendered as Prometheus reads them: names, units, escapes. */
#include "base/buf.h"
#include "metrics/histogram.h"
#include "metrics/prometheus.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int64_t read_number(const void *context)
{
    return *(const int *)context;
}

static void read_text(const void *context, struct buf *out)
{
    (void)context;
    buf_append_text(out, "a \"b\"\\\n\xff");
}

static void read_series(const void *context, struct buf *out)
{
    struct prometheus_label label = {"kind", BYTES("x")};
    prometheus_family(out, "sessiond_many", "gauge", "Many.");
    prometheus_sample(out, "sessiond_many", "", &label, 1, *(const int *)context);
}

static const int number = 2500000;

static void check(const struct metric *rows, size_t count, const char *expected)
{
    struct metrics *metrics = metrics_new();
    struct buf out = {0};
    metrics_add(metrics, rows, count, &number);
    prometheus_print(metrics, &out);
    const char *begin = strstr(buf_cstring(&out), "# HELP redis_instance_info");
    assert_non_null(begin);
    assert_string_equal(strstr(begin, "} 1\n") ? strstr(begin, "} 1\n") + 4 : strstr(begin, " 1\n") + 3,
                        expected);
    buf_clear(&out);
    metrics_free(metrics);
}

static void check_name(const char *name, enum metric_kind kind, const char *expected)
{
    struct metric row = {.name = name, .kind = kind};
    struct buf out = {0};
    prometheus_print_name(&row, &out);
    assert_string_equal(buf_cstring(&out), expected);
    buf_clear(&out);
}

static void names_follow_from_rows(void **state)
{
    (void)state;
    check_name("used_memory", METRIC_GAUGE, "sessiond_used_memory");
    check_name("keyspace_hits", METRIC_COUNTER, "sessiond_keyspace_hits_total");
    check_name("total_commands_processed", METRIC_COUNTER, "sessiond_commands_processed_total");
    check_name("tick_usec", METRIC_COUNTER, "sessiond_tick_seconds_total");
    check_name("lag_max_usec", METRIC_GAUGE, "sessiond_lag_max_seconds");
    check_name("ops_per_sec", METRIC_GAUGE, "sessiond_ops_per_second");
    check_name("keys_total", METRIC_GAUGE, "sessiond_keys");
    check_name("os", METRIC_FACT, "os");
}

static void units_are_base_units(void **state)
{
    static const struct metric rows[] = {
        {.name = "lag_usec", .kind = METRIC_GAUGE, .help = "Lag.", .integer = read_number},
    };
    (void)state;
    check(rows, 1,
          "# HELP sessiond_lag_seconds Lag.\n# TYPE sessiond_lag_seconds gauge\nsessiond_lag_seconds 2.5\n");
}

/* Under the exporter's name with the exporter's unit. */
static void exporter_s_name_is_shown_too(void **state)
{
    static const struct metric rows[] = {
        {.name = "fork_usec",
         .kind = METRIC_GAUGE,
         .help = "F.",
         .integer = read_number,
         .exporter_name = "latest_fork_usec"},
    };
    (void)state;
    check(rows, 1,
          "# HELP sessiond_fork_seconds F.\n# TYPE sessiond_fork_seconds gauge\nsessiond_fork_seconds 2.5\n"
          "# HELP redis_latest_fork_usec F.\n# TYPE redis_latest_fork_usec gauge\n"
          "redis_latest_fork_usec 2500000\n");
}

static void status_is_one_or_zero(void **state)
{
    static const struct metric rows[] = {
        {.name = "good", .kind = METRIC_STATUS, .help = "G.", .constant = "ok"},
        {.name = "bad", .kind = METRIC_STATUS, .help = "B.", .constant = "err"},
    };
    (void)state;
    check(rows, 2,
          "# HELP sessiond_good G.\n# TYPE sessiond_good gauge\nsessiond_good 1\n"
          "# HELP sessiond_bad B.\n# TYPE sessiond_bad gauge\nsessiond_bad 0\n");
}

static void many_print_themselves(void **state)
{
    static const struct metric rows[] = {{.name = "many", .kind = METRIC_LINES, .series = read_series}};
    (void)state;
    check(rows, 1,
          "# HELP sessiond_many Many.\n# TYPE sessiond_many gauge\nsessiond_many{kind=\"x\"} 2500000\n");
}

static void facts_are_escaped_labels(void **state)
{
    static const struct metric rows[] = {
        {.name = "os", .kind = METRIC_FACT, .text = read_text, .exporter_name = "instance_info"},
        {.name = "hz", .kind = METRIC_FACT, .constant = "10"},
    };
    struct metrics *metrics = metrics_new();
    struct buf out = {0};
    (void)state;
    metrics_add(metrics, rows, 2, &number);
    prometheus_print(metrics, &out);
    assert_non_null(
        strstr(buf_cstring(&out), "\nsessiond_info{os=\"a \\\"b\\\"\\\\\\n\\\\xff\",hz=\"10\"} 1\n"));
    assert_non_null(strstr(buf_cstring(&out), "\nredis_instance_info{os=\"a \\\"b\\\"\\\\\\n\\\\xff\"} 1\n"));
    buf_clear(&out);
    metrics_free(metrics);
}

static void numbers_need_not_be_finite(void **state)
{
    struct buf out = {0};
    (void)state;
    prometheus_sample(&out, "a", "", NULL, 0, NAN);
    prometheus_sample(&out, "a", "", NULL, 0, INFINITY);
    prometheus_sample(&out, "a", "_sum", NULL, 0, -INFINITY);
    prometheus_sample(&out, "a", "", NULL, 0, 0.1);
    assert_string_equal(buf_cstring(&out), "a NaN\na +Inf\na_sum -Inf\na 0.1\n");
    buf_clear(&out);
}

static void histogram_counts_up_to_its_bounds(void **state)
{
    struct histogram *histogram = histogram_new();
    struct buf out = {0};
    (void)state;
    histogram_record(histogram, 3);       /* microseconds */
    histogram_record(histogram, 40);      /* microseconds */
    histogram_record(histogram, 5000000); /* five seconds */
    prometheus_histogram(&out, "h", (struct prometheus_label){"cmd", BYTES("get")}, histogram, 1e-6);
    const char *text = buf_cstring(&out);
    assert_non_null(strstr(text, "h_bucket{cmd=\"get\",le=\"1e-06\"} 0\n"));
    assert_non_null(strstr(text, "h_bucket{cmd=\"get\",le=\"5e-06\"} 1\n"));
    assert_non_null(strstr(text, "h_bucket{cmd=\"get\",le=\"5e-05\"} 2\n"));
    assert_non_null(strstr(text, "h_bucket{cmd=\"get\",le=\"1\"} 2\n"));
    assert_non_null(strstr(text, "h_bucket{cmd=\"get\",le=\"+Inf\"} 3\n"));
    assert_non_null(strstr(text, "h_sum{cmd=\"get\"} 5.000043\n"));
    assert_non_null(strstr(text, "h_count{cmd=\"get\"} 3\n"));
    buf_clear(&out);
    histogram_free(histogram);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_follow_from_rows),       cmocka_unit_test(units_are_base_units),
        cmocka_unit_test(exporter_s_name_is_shown_too), cmocka_unit_test(status_is_one_or_zero),
        cmocka_unit_test(many_print_themselves),        cmocka_unit_test(facts_are_escaped_labels),
        cmocka_unit_test(numbers_need_not_be_finite),   cmocka_unit_test(histogram_counts_up_to_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
