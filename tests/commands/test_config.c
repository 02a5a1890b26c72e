/* SPDX-License-Identifier: BSD-3-Clause */
/* CONFIG: the answers; what directives mean is tested where they are. */
#include "support/harness.h"
#include "support/reply_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static void get_shows_what_matches_any_pattern(void **state)
{
    assert_reply(*state, "CONFIG GET timeout", "*2\r\n$7\r\ntimeout\r\n$1\r\n0\r\n");
    assert_reply(*state, "CONFIG GET lfu-* TIMEOUT timeout nosuch",
                 "*6\r\n$14\r\nlfu-log-factor\r\n$2\r\n10\r\n$14\r\nlfu-decay-time\r\n$1\r\n1\r\n"
                 "$7\r\nTIMEOUT\r\n$1\r\n0\r\n");
    assert_reply(*state, "CONFIG GET nosuch", "*0\r\n");
}

static void set_changes_all_or_nothing(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "CONFIG SET timeout 7 lfu-decay-time 3", "+OK\r\n");
    assert_int_equal(h->server->config->timeout, 7);
    assert_int_equal(h->server->config->lfu_decay_time, 3);
    assert_reply(
        h, "CONFIG SET timeout 8 lfu-decay-time x",
        "-ERR CONFIG SET failed (possibly related to argument 'lfu-decay-time') - argument couldn't be "
        "parsed into an integer\r\n");
    assert_int_equal(h->server->config->timeout, 7);
    assert_reply(h, "CONFIG SET timeout 8 nosuch 1",
                 "-ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'\r\n");
    assert_int_equal(h->server->config->timeout, 7);
}

static void set_takes_pairs(void **state)
{
    assert_reply(*state, "CONFIG SET timeout 1 lfu-decay-time", "-ERR syntax error\r\n");
    assert_reply(*state, "CONFIG GET timeout", "*2\r\n$7\r\ntimeout\r\n$1\r\n0\r\n");
}

/* Whatever was sent as a name, so much of it is enough. */
static void long_names_are_cut_in_errors(void **state)
{
    char line[300];
    (void)snprintf(line, sizeof line, "CONFIG SET %0200d x", 1);
    struct bytes reply = harness_send(*state, line);
    assert_true(reply_has(reply, "CONFIG SET - '0000"));
    assert_int_equal(reply.len,
                     strlen("-ERR Unknown option or number of arguments for CONFIG SET - ''\r\n") + 128);
}

static void while_loading_some_directives_wait(void **state)
{
    struct harness *h = *state;
    h->server->status.is_loading = true;
    assert_reply(h, "CONFIG SET timeout 7", "+OK\r\n");
    assert_reply(h, "CONFIG SET appendonly no", "-LOADING Redis is loading the dataset in memory\r\n");
    h->server->status.is_loading = false;
}

static void without_a_file_there_is_nothing_to_rewrite(void **state)
{
    assert_reply(*state, "CONFIG REWRITE", "-ERR The server is running without a config file\r\n");
}

static void resetstat_and_help_answer(void **state)
{
    assert_reply(*state, "CONFIG RESETSTAT", "+OK\r\n");
    assert_true(reply_has(harness_send(*state, "CONFIG HELP"), "RESETSTAT\r\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(get_shows_what_matches_any_pattern),
        HARNESS_TEST(set_changes_all_or_nothing),
        HARNESS_TEST(set_takes_pairs),
        HARNESS_TEST(long_names_are_cut_in_errors),
        HARNESS_TEST(while_loading_some_directives_wait),
        HARNESS_TEST(without_a_file_there_is_nothing_to_rewrite),
        HARNESS_TEST(resetstat_and_help_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
