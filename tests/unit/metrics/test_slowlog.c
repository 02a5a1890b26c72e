/* SPDX-License-Identifier: BSD-3-Clause */
/* The slow log. */
#include "metrics/slowlog.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void add(struct slowlog *slowlog, const struct bytes *argv, int argc, size_t max_count)
{
    const struct slowlog_entry told = {.time_s = 1700000000,
                                       .duration_us = 12345,
                                       .client_address = BYTES("127.0.0.1:1"),
                                       .client_name = BYTES("worker")};
    slowlog_add(slowlog, &told, argv, argc, max_count);
}

static const struct slowlog_entry *newest(const struct slowlog *slowlog)
{
    return LIST_ENTRY(slowlog->entries.next, struct slowlog_entry, link);
}

static int make(void **state)
{
    *state = slowlog_new();
    return 0;
}

static int destroy(void **state)
{
    slowlog_free(*state);
    return 0;
}

static void entry_keeps_what_it_was_told(void **state)
{
    const struct bytes argv[] = {BYTES("set"), BYTES("k"), BYTES("a\0b")};
    add(*state, argv, 3, 10);
    const struct slowlog_entry *entry = newest(*state);
    assert_int_equal(entry->id, 0);
    assert_int_equal(entry->time_s, 1700000000);
    assert_int_equal(entry->duration_us, 12345);
    assert_true(bytes_is(entry->client_address, "127.0.0.1:1"));
    assert_true(bytes_is(entry->client_name, "worker"));
    assert_int_equal(entry->argc, 3);
    for (int i = 0; i < 3; i++)
        assert_true(bytes_equal(entry->argv[i], argv[i]));
}

static void long_argument_is_cut(void **state)
{
    char long_argument[1000];
    memset(long_argument, 'x', sizeof long_argument);
    const struct bytes argv[] = {BYTES("get"), bytes_make(long_argument, 128),
                                 bytes_make(long_argument, 1000)};
    add(*state, argv, 3, 10);
    const struct slowlog_entry *entry = newest(*state);
    assert_int_equal(entry->argv[1].len, 128);
    assert_int_equal(entry->argv[2].len, 128 + strlen("... (872 more bytes)"));
    assert_memory_equal(entry->argv[2].data + 128, "... (872 more bytes)", 20);
}

static void many_arguments_are_cut(void **state)
{
    struct bytes argv[40];
    for (int i = 0; i < 40; i++)
        argv[i] = BYTES("a");
    add(*state, argv, 32, 10);
    assert_int_equal(newest(*state)->argc, 32);
    assert_true(bytes_is(newest(*state)->argv[31], "a"));
    add(*state, argv, 40, 10);
    assert_int_equal(newest(*state)->argc, 32);
    assert_true(bytes_is(newest(*state)->argv[30], "a"));
    assert_true(bytes_is(newest(*state)->argv[31], "... (9 more arguments)"));
}

static void oldest_are_forgotten_and_ids_go_on(void **state)
{
    struct slowlog *slowlog = *state;
    const struct bytes argv[] = {BYTES("ping")};
    for (int i = 0; i < 5; i++)
        add(slowlog, argv, 1, 3);
    assert_int_equal(slowlog->count, 3);
    assert_int_equal(newest(slowlog)->id, 4);
    assert_int_equal(LIST_ENTRY(slowlog->entries.previous, struct slowlog_entry, link)->id, 2);
    slowlog_reset(slowlog);
    assert_int_equal(slowlog->count, 0);
    add(slowlog, argv, 1, 3);
    assert_int_equal(newest(slowlog)->id, 5);
    add(slowlog, argv, 1, 0);
    assert_int_equal(slowlog->count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(entry_keeps_what_it_was_told, make, destroy),
        cmocka_unit_test_setup_teardown(long_argument_is_cut, make, destroy),
        cmocka_unit_test_setup_teardown(many_arguments_are_cut, make, destroy),
        cmocka_unit_test_setup_teardown(oldest_are_forgotten_and_ids_go_on, make, destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
