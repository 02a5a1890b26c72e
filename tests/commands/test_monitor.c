/* SPDX-License-Identifier: BSD-3-Clause */
/* MONITOR: the form of its lines, their order, and what they keep secret. */
#include "engine/monitor.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct client *monitor(struct harness *h)
{
    struct client *client = harness_client(h);
    assert_reply_as(h, client, "MONITOR", "+OK\r\n");
    return client;
}

/* What a monitor was sent, without the times ("+1700000000.123456 "). */
static const char *lines_of(struct harness *h, struct client *client)
{
    static struct buf lines;
    struct bytes sent = harness_replies(h, client);
    lines.len = 0;
    while (sent.len > 0) {
        size_t end = bytes_index_of(sent, '\n') + 1, space = bytes_index_of(sent, ' ');
        assert_int_equal(sent.data[0], '+');
        assert_int_equal(sent.data[space - 7], '.');
        buf_append(&lines, sent.data + space + 1, end - space - 1);
        sent = bytes_make(sent.data + end, sent.len - end);
    }
    return buf_cstring(&lines);
}

static void commands_are_shown_with_quoted_arguments(void **state)
{
    struct harness *h = *state;
    struct client *client = monitor(h);
    harness_send(h, "SeT k \"a\\x00\\n\\\" \\xff\"");
    assert_string_equal(lines_of(h, client), "[0 ?:0] \"SeT\" \"k\" \"a\\x00\\n\\\" \\xff\"\r\n");
    harness_send(h, "SELECT 7");
    harness_send(h, "GET k");
    assert_string_equal(lines_of(h, client), "[7 ?:0] \"SELECT\" \"7\"\r\n[7 ?:0] \"GET\" \"k\"\r\n");
}

static void refused_and_unknown_commands_are_not_shown(void **state)
{
    struct harness *h = *state;
    struct client *client = monitor(h);
    harness_send(h, "GET");
    harness_send(h, "NOSUCH k");
    assert_string_equal(lines_of(h, client), "");
    harness_send(h, "SET k text");
    harness_send(h, "INCR k");
    assert_string_equal(lines_of(h, client), "[0 ?:0] \"SET\" \"k\" \"text\"\r\n[0 ?:0] \"INCR\" \"k\"\r\n");
}

static void administrative_commands_are_not_shown(void **state)
{
    struct harness *h = *state;
    struct client *first = monitor(h), *second = monitor(h);
    assert_string_equal(lines_of(h, first), "");
    monitor_remove(second);
    harness_send(h, "DBSIZE");
    assert_string_equal(lines_of(h, first), "[0 ?:0] \"DBSIZE\"\r\n");
    assert_string_equal(lines_of(h, second), "");
}

static void transaction_is_shown_as_it_runs(void **state)
{
    struct harness *h = *state;
    struct client *client = monitor(h);
    harness_send(h, "MULTI");
    harness_send(h, "SET k v");
    assert_string_equal(lines_of(h, client), "[0 ?:0] \"MULTI\"\r\n");
    harness_send(h, "EXEC");
    assert_string_equal(lines_of(h, client), "[0 ?:0] \"SET\" \"k\" \"v\"\r\n[0 ?:0] \"EXEC\"\r\n");
    harness_send(h, "MULTI");
    harness_send(h, "EXEC now");
    assert_string_equal(lines_of(h, client), "[0 ?:0] \"MULTI\"\r\n[0 ?:0] \"EXEC\" \"now\"\r\n");
}

static void large_argument_is_shown_after_its_command_used_it(void **state)
{
    struct harness *h = *state;
    struct client *client = monitor(h);
    struct buf value = {0}, expected = {0};
    struct bytes set[5] = {BYTES("SET"), BYTES("k"), {NULL, 0}, BYTES("PXAT"), BYTES("1")};
    for (int i = 0; i < 30000; i++)
        buf_printf(&value, "%d,", i);
    set[2] = buf_bytes(&value);
    harness_request_bytes(h, h->client, 5, set);
    buf_printf(&expected, "[0 ?:0] \"SET\" \"k\" \"%s\" \"PXAT\" \"1\"\r\n", buf_cstring(&value));
    assert_string_equal(lines_of(h, client), buf_cstring(&expected));
    buf_clear(&value);
    buf_clear(&expected);
}

static void monitor_may_not_touch_keys(void **state)
{
    struct harness *h = *state;
    struct client *client = monitor(h);
    assert_reply_as(h, client, "GET k", "-ERR Replica can't interact with the keyspace\r\n");
    assert_reply_as(h, client, "SET k v", "-ERR Replica can't interact with the keyspace\r\n");
    assert_reply_as(h, client, "MONITOR", "+OK\r\n");
    client_reset(client);
    assert_null(h->server->monitors);
    assert_reply_as(h, client, "GET k", "$-1\r\n");
}

static void transaction_may_not_begin_to_monitor(void **state)
{
    struct harness *h = *state;
    harness_send(h, "MULTI");
    harness_send(h, "MONITOR");
    assert_reply(h, "EXEC", "*1\r\n-ERR MONITOR isn't allowed for DENY BLOCKING client\r\n");
}

static void lines_of_its_own_transaction_follow_it(void **state)
{
    struct harness *h = *state;
    struct client *client = monitor(h);
    harness_send_as(h, client, "MULTI");
    harness_send_as(h, client, "ECHO a");
    harness_send_as(h, client, "ECHO b");
    struct bytes reply = harness_send_as(h, client, "EXEC");
    assert_true(bytes_starts_with(reply, BYTES("*2\r\n$1\r\na\r\n$1\r\nb\r\n+")));
}

static void silenced_monitor_is_shown_nothing(void **state)
{
    struct harness *h = *state;
    struct client *client = monitor(h);
    client->flags |= CLIENT_REPLY_OFF;
    harness_send(h, "GET k");
    client->flags &= ~(uint32_t)CLIENT_REPLY_OFF;
    assert_string_equal(lines_of(h, client), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(commands_are_shown_with_quoted_arguments),
        HARNESS_TEST(refused_and_unknown_commands_are_not_shown),
        HARNESS_TEST(administrative_commands_are_not_shown),
        HARNESS_TEST(transaction_is_shown_as_it_runs),
        HARNESS_TEST(large_argument_is_shown_after_its_command_used_it),
        HARNESS_TEST(monitor_may_not_touch_keys),
        HARNESS_TEST(transaction_may_not_begin_to_monitor),
        HARNESS_TEST(lines_of_its_own_transaction_follow_it),
        HARNESS_TEST(silenced_monitor_is_shown_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
