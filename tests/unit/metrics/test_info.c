/* SPDX-License-Identifier: BSD-3-Clause */
/* Metrics rendered as INFO. */
#include "base/buf.h"
#include "metrics/info.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int64_t read_number(const void *context)
{
    return *(const int *)context;
}

static double read_half(const void *context)
{
    return *(const int *)context / 2.0;
}

static void read_word(const void *context, struct buf *out)
{
    (void)context;
    buf_append_text(out, "word");
}

static void read_lines(const void *context, struct buf *out)
{
    (void)context;
    buf_append_text(out, "a:1\r\nb:2\r\n");
}

static const struct metric rows[] = {
    {.section = "Memory",
     .name = "used",
     .kind = METRIC_GAUGE,
     .integer = read_number,
     .has_human_form = true},
    {.section = "Memory", .name = "half", .kind = METRIC_GAUGE, .real = read_half, .unit = "%"},
    {.section = "Server", .name = "word", .kind = METRIC_FACT, .text = read_word},
    {.section = "Server", .name = "fixed", .kind = METRIC_FACT, .constant = "0"},
    {.section = "Commandstats", .name = "lines", .kind = METRIC_LINES, .text = read_lines},
};
static const struct metric more[] = {
    {.section = "Server", .name = "precise", .kind = METRIC_GAUGE, .real = read_half, .decimals = 4},
};
static const int number = 2049;

static void check(const char *names, const char *expected)
{
    struct metrics *metrics = metrics_new();
    struct buf out = {0};
    struct bytes words[8];
    int count = 0;
    for (const char *at = names; *at; at += words[count - 1].len + (at[words[count - 1].len] == ' ')) {
        words[count] = bytes_make(at, strcspn(at, " "));
        count++;
    }
    metrics_add(metrics, rows, sizeof rows / sizeof rows[0], &number);
    metrics_add(metrics, more, sizeof more / sizeof more[0], &number);
    info_print(metrics, info_sections(words, count), &out);
    assert_string_equal(buf_cstring(&out), expected);
    buf_clear(&out);
    metrics_free(metrics);
}

static void section_has_its_rows_of_all_tables(void **state)
{
    (void)state;
    check("server", "# Server\r\nword:word\r\nfixed:0\r\nprecise:1024.5000\r\n");
    check("MEMORY", "# Memory\r\nused:2049\r\nused_human:2.00K\r\nhalf:1024.50%\r\n");
    check("commandstats", "# Commandstats\r\na:1\r\nb:2\r\n");
}

static void sections_come_once_and_in_order(void **state)
{
    (void)state;
    check("cluster server cluster Server",
          "# Server\r\nword:word\r\nfixed:0\r\nprecise:1024.5000\r\n\r\n# Cluster\r\n");
}

static void unknown_section_is_nothing(void **state)
{
    (void)state;
    check("nosuch", "");
    check("nosuch modules", "# Modules\r\n");
    check("module_list", "# Modules\r\n");
}

static void debug_comes_by_its_name_alone(void **state)
{
    uint32_t debug = info_sections((struct bytes[]){BYTES("debug")}, 1);
    (void)state;
    assert_int_not_equal(debug, 0);
    assert_int_equal(debug & info_sections((struct bytes[]){BYTES("everything")}, 1), 0);
}

static void default_leaves_out_the_long_ones(void **state)
{
    uint32_t by_default = info_sections(NULL, 0), all = info_sections((struct bytes[]){BYTES("all")}, 1);
    (void)state;
    assert_int_equal(by_default, info_sections((struct bytes[]){BYTES("Default")}, 1));
    assert_int_equal(all, info_sections((struct bytes[]){BYTES("everything")}, 1));
    assert_int_equal(all & ~by_default,
                     info_sections((struct bytes[]){BYTES("latencystats"), BYTES("commandstats")}, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(section_has_its_rows_of_all_tables),
        cmocka_unit_test(sections_come_once_and_in_order),
        cmocka_unit_test(unknown_section_is_nothing),
        cmocka_unit_test(debug_comes_by_its_name_alone),
        cmocka_unit_test(default_leaves_out_the_long_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
