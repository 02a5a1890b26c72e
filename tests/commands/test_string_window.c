/* SPDX-License-Identifier: BSD-3-Clause */
/* INCREX: what a step comes to, where it stops, how long the window lasts. The replies are those of Redis
 * 8.10; NX and XX are Valkey's. */
#include "engine/events.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define SYNTAX_ERROR     "-ERR syntax error\r\n"
#define BOTH(a, b)       "*2\r\n:" #a "\r\n:" #b "\r\n"
#define TEXTS(a, b)      "*2\r\n" a b
#define ABOVE_THE_LIMITS "-ERR LBOUND can't be greater than UBOUND\r\n"

static void steps_are_taken_from_zero(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "INCREX k", BOTH(1, 1));
    assert_reply(h, "INCREX k BYINT 41", BOTH(42, 41));
    assert_reply(h, "INCREX k byint -50", BOTH(-8, -50));
    assert_reply(h, "OBJECT ENCODING k", "$3\r\nint\r\n");
    assert_reply(h, "INCREX k BYFLOAT 0.5", TEXTS("$4\r\n-7.5\r\n", "$3\r\n0.5\r\n"));
    assert_reply(h, "INCREX k", "-ERR value is not an integer or out of range\r\n");
}

static void a_step_over_a_limit_is_not_taken(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "INCREX k BYINT 5 LBOUND 10", BOTH(0, 0));
    assert_reply(h, "EXISTS k", ":0\r\n");
    assert_reply(h, "INCREX k BYINT 10 UBOUND 10 LBOUND 0 EX 100", BOTH(10, 10));
    assert_reply(h, "INCREX k UBOUND 10 EX 500", BOTH(10, 0));
    assert_reply(h, "INCREX k BYINT -11 LBOUND 0 PERSIST", BOTH(10, 0));
    assert_reply(h, "TTL k", ":100\r\n");
    assert_reply(h, "INCREX k BYINT 9223372036854775807", BOTH(10, 0));
    assert_reply(h, "INCREX k BYFLOAT 1 UBOUND 10.5", TEXTS("$2\r\n10\r\n", "$1\r\n0\r\n"));
    assert_reply(h, "GET k", "$2\r\n10\r\n");
    /* From outside it is no limit to come back. */
    assert_reply(h, "INCREX k BYINT -5 UBOUND 6", BOTH(5, -5));
}

static void a_step_may_be_taken_as_far_as_the_limit(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "INCREX k BYINT 100 UBOUND 80 SATURATE EX 100", BOTH(80, 80));
    assert_reply(h, "TTL k", ":100\r\n");
    assert_reply(h, "INCREX k BYINT -100 LBOUND 70 SATURATE", BOTH(70, -10));
    assert_reply(h, "INCREX k BYINT 5 UBOUND 30 SATURATE", BOTH(30, -40));
    assert_reply(h, "INCREX k BYINT 9223372036854775807 SATURATE",
                 BOTH(9223372036854775807, 9223372036854775777));
    assert_reply(h, "INCREX k BYINT 1 SATURATE UBOUND -9223372036854775808",
                 "-ERR applied increment would overflow\r\n");
    assert_reply(h, "SET k 1", "+OK\r\n");
    assert_reply(h, "INCREX k BYFLOAT 5 UBOUND 2.5 SATURATE", TEXTS("$3\r\n2.5\r\n", "$3\r\n1.5\r\n"));
}

static void numbers_without_end_are_refused(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "INCREX k BYFLOAT inf", "-ERR BYFLOAT increment cannot be Infinity\r\n");
    assert_reply(h, "INCREX k BYFLOAT nan", "-ERR Increment is not a valid float\r\n");
    harness_send(h, "SET k -inf");
    assert_reply(h, "INCREX k BYFLOAT 1", "-ERR value cannot be Infinity\r\n");
    harness_send(h, "SET k -1.1e4932");
    assert_reply(h, "INCREX k BYFLOAT 0 LBOUND 1.1e4932 SATURATE",
                 "-ERR applied increment would be Infinity\r\n");
}

static void doubles_are_doubles_in_resp3(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    client->reply.protocol = 3;
    assert_reply_as(h, client, "INCREX k BYFLOAT 1.5", "*2\r\n,1.5\r\n,1.5\r\n");
    assert_reply_as(h, client, "SET k 1", "+OK\r\n");
    assert_reply_as(h, client, "INCREX k", BOTH(2, 1));
}

static void a_window_lasts_as_long_as_said(void **state)
{
    struct harness *h = *state;
    harness_send(h, "INCREX k EX 100 ENX");
    assert_reply(h, "TTL k", ":100\r\n");
    harness_send(h, "INCREX k EX 500 ENX");
    assert_reply(h, "TTL k", ":100\r\n");
    harness_send(h, "INCREX k");
    assert_reply(h, "TTL k", ":100\r\n");
    harness_send(h, "INCREX k PX 5000");
    assert_reply(h, "PTTL k", ":5000\r\n");
    harness_send(h, "INCREX k PXAT 1700000009000");
    assert_reply(h, "PTTL k", ":9000\r\n");
    harness_send(h, "INCREX k PERSIST");
    assert_reply(h, "TTL k", ":-1\r\n");
    harness_send(h, "INCREX k EXAT 1700000010 ENX");
    assert_reply(h, "TTL k", ":10\r\n");
    assert_reply(h, "INCREX k EXAT 1 ENX", BOTH(8, 1));
    assert_reply(h, "INCREX k EXAT 1", BOTH(9, 1));
    assert_reply(h, "EXISTS k", ":0\r\n");
    assert_reply(h, "INCREX k EXAT 1", BOTH(1, 1));
    assert_reply(h, "EXISTS k", ":0\r\n");
}

static void presence_may_be_asked_for(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "INCREX k XX", BOTH(0, 0));
    assert_reply(h, "EXISTS k", ":0\r\n");
    assert_reply(h, "INCREX k NX EX 100", BOTH(1, 1));
    assert_reply(h, "INCREX k NX", BOTH(1, 0));
    assert_reply(h, "INCREX k XX", BOTH(2, 1));
    assert_reply(h, "INCREX f NX BYFLOAT 0.5", TEXTS("$3\r\n0.5\r\n", "$3\r\n0.5\r\n"));
    assert_reply(h, "INCREX f NX BYFLOAT 0.5", TEXTS("$3\r\n0.5\r\n", "$1\r\n0\r\n"));
    assert_reply(h, "INCREX k NX XX", SYNTAX_ERROR);
}

static void increx_refuses_what_makes_no_sense(void **state)
{
    struct harness *h = *state;
    static const char *const wrong[] = {
        "FOO",
        "BYINT",
        "BYINT 1 BYINT 2",
        "BYINT 1 BYFLOAT 1",
        "LBOUND 0 LBOUND 1",
        "ENX ENX EX 1",
        "SATURATE FOO",
        "PERSIST PERSIST",
        "EX 10 EX 20",
        "EX 10 PX 20",
        "PERSIST EX 1",
        "PERSIST ENX",
        "ENX PERSIST EX 10",
        "UBOUND",
        "SATURATE SATURATE",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct buf line = {0};
        buf_printf(&line, "INCREX k %s", wrong[i]);
        harness_assert(harness_send(h, buf_cstring(&line)), BYTES(SYNTAX_ERROR), wrong[i], __FILE__,
                       __LINE__);
        buf_clear(&line);
    }
    assert_reply(h, "INCREX k ENX", "-ERR ENX flag requires an expiration\r\n");
    assert_reply(h, "INCREX k BYINT 1.5", "-ERR Increment is not an integer or out of range\r\n");
    assert_reply(h, "INCREX k LBOUND 1.5", "-ERR LBOUND is not an integer or out of range\r\n");
    assert_reply(h, "INCREX k UBOUND x BYFLOAT 1", "-ERR UBOUND is not a valid float\r\n");
    assert_reply(h, "INCREX k LBOUND 10 UBOUND 5", ABOVE_THE_LIMITS);
    assert_reply(h, "INCREX k LBOUND 1.5 UBOUND 0.5 BYFLOAT 1", ABOVE_THE_LIMITS);
    assert_reply(h, "INCREX k EX 0", "-ERR invalid expire time in 'increx' command\r\n");
    harness_send(h, "LPUSH l a");
    assert_reply(h, "INCREX l", "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
    assert_reply(h, "EXISTS k", ":0\r\n");
}

#define EVENT(len, name) \
    "*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$" #len "\r\n__keyevent@0__:" name "\r\n$1\r\nk\r\n"

static void changes_are_notified(void **state)
{
    struct harness *h = *state;
    struct client *listener = harness_client(h);
    h->server->notify_classes = events_parse_classes("EA");
    harness_send_as(h, listener, "PSUBSCRIBE *");
    harness_send(h, "INCREX k EX 100");
    assert_sent(h, listener, EVENT(21, "incrby") EVENT(21, "expire"));
    harness_send(h, "INCREX k EX 100 ENX");
    assert_sent(h, listener, EVENT(21, "incrby"));
    harness_send(h, "INCREX k UBOUND 2");
    assert_sent(h, listener, "");
    harness_send(h, "INCREX k PERSIST BYFLOAT 0.5");
    assert_sent(h, listener, EVENT(26, "incrbyfloat") EVENT(22, "persist"));
    harness_send(h, "SET k 1");
    harness_replies(h, listener);
    harness_send(h, "INCREX k EXAT 1");
    assert_sent(h, listener, EVENT(18, "del"));
}

static void the_journal_has_what_came_of_it(void **state)
{
    struct harness *h = *state;
    harness_send(h, "INCREX k BYINT 7");
    harness_send(h, "INCREX k BYINT 5 UBOUND 10");
    harness_send(h, "INCREX k BYINT 5 UBOUND 10 SATURATE EX 100");
    harness_send(h, "INCREX k EX 5 ENX");
    harness_send(h, "INCREX k BYFLOAT 0.1 PERSIST");
    harness_send(h, "INCREX k BYFLOAT 1 EXAT 1");
    harness_send(h, "INCREX k EXAT 1");
    harness_assert(harness_journal(h),
                   BYTES("SELECT 0\nSET k 7 KEEPTTL\nSET k 10 PXAT 1700000100000\nSET k 11 KEEPTTL\n"
                         "SET k 11.1\nDEL k\n"),
                   "(journal)", __FILE__, __LINE__);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(steps_are_taken_from_zero),
        HARNESS_TEST(a_step_over_a_limit_is_not_taken),
        HARNESS_TEST(a_step_may_be_taken_as_far_as_the_limit),
        HARNESS_TEST(numbers_without_end_are_refused),
        HARNESS_TEST(doubles_are_doubles_in_resp3),
        HARNESS_TEST(a_window_lasts_as_long_as_said),
        HARNESS_TEST(presence_may_be_asked_for),
        HARNESS_TEST(increx_refuses_what_makes_no_sense),
        HARNESS_TEST(changes_are_notified),
        HARNESS_TEST(the_journal_has_what_came_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
