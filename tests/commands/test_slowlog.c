/* SPDX-License-Identifier: BSD-3-Clause */
/* SLOWLOG. Durations are those of a real clock, so the tests log everything or nothing. */
#include "support/harness.h"
#include "support/reply_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void log_everything(struct harness *harness)
{
    harness_send(harness, "config set slowlog-log-slower-than 0");
    harness_send(harness, "slowlog reset");
}

static void fast_commands_are_not_logged(void **state)
{
    harness_send(*state, "config set slowlog-log-slower-than 100000000");
    harness_send(*state, "set k v");
    assert_reply(*state, "slowlog len", ":0\r\n");
    assert_reply(*state, "slowlog get", "*0\r\n");
}

static void nothing_is_logged_while_it_is_off(void **state)
{
    log_everything(*state);
    harness_send(*state, "config set slowlog-log-slower-than -1");
    harness_send(*state, "slowlog reset");
    harness_send(*state, "set k v");
    assert_reply(*state, "slowlog len", ":0\r\n");
}

static void entry_tells_who_asked_what(void **state)
{
    struct harness *harness = *state;
    log_everything(harness);
    harness_send(harness, "client setname worker");
    harness_send(harness, "set k v");
    struct bytes reply = harness_send(harness, "slowlog get 1");
    /* id 3: CONFIG SET, SLOWLOG RESET and CLIENT SETNAME were logged before */
    assert_true(bytes_starts_with(reply, BYTES("*1\r\n*6\r\n:3\r\n:1700000000\r\n:")));
    assert_true(
        reply_has(reply, "\r\n*3\r\n$3\r\nset\r\n$1\r\nk\r\n$1\r\nv\r\n$3\r\n?:0\r\n$6\r\nworker\r\n"));
}

static void newest_come_first(void **state)
{
    log_everything(*state);
    harness_send(*state, "get a");
    harness_send(*state, "get b");
    struct bytes reply = harness_send(*state, "slowlog get -1");
    const char *a = reply_find(reply, "$1\r\na\r\n"), *b = reply_find(reply, "$1\r\nb\r\n");
    assert_non_null(a);
    assert_non_null(b);
    assert_true(b < a);
}

static void length_is_bounded(void **state)
{
    log_everything(*state);
    harness_send(*state, "config set slowlog-max-len 2");
    for (int i = 0; i < 5; i++)
        harness_send(*state, "get a");
    assert_reply(*state, "slowlog len", ":2\r\n");
}

static void passwords_are_not_shown(void **state)
{
    log_everything(*state);
    harness_send(*state, "auth secret");
    struct bytes reply = harness_send(*state, "slowlog get");
    assert_false(reply_has(reply, "secret"));
    assert_true(reply_has(reply, "(redacted)"));
}

static void count_must_be_a_number(void **state)
{
    assert_reply(*state, "slowlog get x", "-ERR count should be greater than or equal to -1\r\n");
    assert_reply(*state, "slowlog get -2", "-ERR count should be greater than or equal to -1\r\n");
    assert_reply(*state, "slowlog get 1 2",
                 "-ERR unknown subcommand or wrong number of arguments for 'get'. Try SLOWLOG HELP.\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(fast_commands_are_not_logged),
        HARNESS_TEST(nothing_is_logged_while_it_is_off),
        HARNESS_TEST(entry_tells_who_asked_what),
        HARNESS_TEST(newest_come_first),
        HARNESS_TEST(length_is_bounded),
        HARNESS_TEST(passwords_are_not_shown),
        HARNESS_TEST(count_must_be_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
