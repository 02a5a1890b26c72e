/* SPDX-License-Identifier: BSD-3-Clause */
/* PING, ECHO, QUIT, RESET and HELLO. AUTH and passwords are test_auth.c's. */
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define FIELDS "$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n7.2.6\r\n$5\r\nproto\r\n"
#define REST   "$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n"

static void ping_answers(void **state)
{
    assert_reply(*state, "PING", "+PONG\r\n");
    assert_reply(*state, "ping hello", "$5\r\nhello\r\n");
    assert_reply(*state, "PING a b", "-ERR wrong number of arguments for 'ping' command\r\n");
}

static void ping_of_a_resp2_subscriber_looks_like_a_message(void **state)
{
    assert_reply(*state, "SUBSCRIBE c", "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
    assert_reply(*state, "PING", "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
    assert_reply(*state, "PING hello", "*2\r\n$4\r\npong\r\n$5\r\nhello\r\n");
    assert_reply(*state, "UNSUBSCRIBE c", "*3\r\n$11\r\nunsubscribe\r\n$1\r\nc\r\n:0\r\n");
    assert_reply(*state, "PING", "+PONG\r\n");
}

static void ping_of_a_resp3_subscriber_does_not(void **state)
{
    harness_send(*state, "HELLO 3");
    assert_reply(*state, "SUBSCRIBE c", ">3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n");
    assert_reply(*state, "PING", "+PONG\r\n");
}

static void a_resp2_subscriber_may_do_little_else(void **state)
{
    harness_send(*state, "SUBSCRIBE c");
    assert_reply(
        *state, "ECHO x",
        "-ERR Can't execute 'echo': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
        "allowed in this context\r\n");
    assert_reply(
        *state, "CLIENT ID",
        "-ERR Can't execute 'client|id': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET "
        "are allowed in this context\r\n");
    assert_reply(*state, "RESET", "+RESET\r\n");
    assert_reply(*state, "ECHO x", "$1\r\nx\r\n");
}

static void echo_gives_back_any_bytes(void **state)
{
    assert_reply(*state, "ECHO \"a\\x00\\r\\n\"", "$4\r\na\0\r\n\r\n");
    assert_reply(*state, "ECHO \"\"", "$0\r\n\r\n");
    assert_reply(*state, "ECHO", "-ERR wrong number of arguments for 'echo' command\r\n");
}

static void quit_answers_and_ends(void **state)
{
    struct harness *harness = *state;
    assert_reply(harness, "PING\r\nQUIT\r\nPING", "+PONG\r\n+OK\r\n");
    assert_true(client_is_closing(harness->client));
}

static void quit_is_not_queued(void **state)
{
    struct harness *harness = *state;
    harness_send(harness, "MULTI");
    assert_reply(harness, "QUIT", "+OK\r\n");
    assert_true(client_is_closing(harness->client));
}

/* ---- HELLO ---- */

static void hello_tells_what_is_spoken(void **state)
{
    assert_reply(*state, "HELLO", "*14\r\n" FIELDS ":2\r\n$2\r\nid\r\n:1\r\n" REST);
    assert_reply(*state, "HELLO 3", "%7\r\n" FIELDS ":3\r\n$2\r\nid\r\n:1\r\n" REST);
    assert_reply(*state, "HELLO", "%7\r\n" FIELDS ":3\r\n$2\r\nid\r\n:1\r\n" REST);
    assert_reply(*state, "HELLO 2", "*14\r\n" FIELDS ":2\r\n$2\r\nid\r\n:1\r\n" REST);
}

static void hello_knows_two_protocols(void **state)
{
    assert_reply(*state, "HELLO 1", "-NOPROTO unsupported protocol version\r\n");
    assert_reply(*state, "HELLO 4", "-NOPROTO unsupported protocol version\r\n");
    assert_reply(*state, "HELLO three", "-ERR Protocol version is not an integer or out of range\r\n");
    assert_reply(*state, "HELLO AUTH default x",
                 "-ERR Protocol version is not an integer or out of range\r\n");
    assert_reply(*state, "GET none", "$-1\r\n");
}

static void hello_sets_a_name(void **state)
{
    harness_send(*state, "HELLO 3 SETNAME me");
    assert_reply(*state, "CLIENT GETNAME", "$2\r\nme\r\n");
    harness_send(*state, "HELLO 3 setname \"\"");
    assert_reply(*state, "CLIENT GETNAME", "_\r\n");
}

static void hello_refuses_what_it_does_not_understand(void **state)
{
    assert_reply(*state, "HELLO 3 SETNAME \"a b\"",
                 "-ERR Client names cannot contain spaces, newlines or special characters.\r\n");
    assert_reply(*state, "HELLO 3 SETNAME", "-ERR Syntax error in HELLO option 'SETNAME'\r\n");
    assert_reply(*state, "HELLO 3 AUTH default", "-ERR Syntax error in HELLO option 'AUTH'\r\n");
    assert_reply(*state, "HELLO 3 NAME x", "-ERR Syntax error in HELLO option 'NAME'\r\n");
    assert_reply(*state, "HELLO 3 AUTH nobody x",
                 "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
    /* None of them changed anything. */
    assert_reply(*state, "CLIENT GETNAME", "$-1\r\n");
}

/* ---- RESET ---- */

static void reset_leaves_a_client_like_a_new_one(void **state)
{
    harness_send(*state, "HELLO 3 SETNAME me");
    harness_send(*state, "SELECT 5");
    harness_send(*state, "SUBSCRIBE c");
    harness_send(*state, "CLIENT TRACKING ON");
    harness_send(*state, "CLIENT NO-EVICT ON");
    harness_send(*state, "CLIENT NO-TOUCH ON");
    assert_reply(*state, "RESET", "+RESET\r\n");
    assert_reply(*state, "CLIENT GETNAME", "$-1\r\n");
    assert_reply(*state, "CLIENT GETREDIR", ":-1\r\n");
    assert_int_equal(((struct harness *)*state)->client->database, 0);
    assert_int_equal(((struct harness *)*state)->client->flags & (CLIENT_NO_EVICT | CLIENT_NO_TOUCH), 0);
    assert_reply(*state, "PUBLISH c m", ":0\r\n");
    assert_reply(*state, "RESET now", "-ERR wrong number of arguments for 'reset' command\r\n");
}

static void reset_keeps_what_is_known_of_the_library(void **state)
{
    struct harness *harness = *state;
    harness_send(harness, "CLIENT SETINFO LIB-NAME redis-py");
    harness_send(harness, "RESET");
    assert_string_equal(harness->client->library_name, "redis-py");
}

static void reset_ends_a_transaction(void **state)
{
    harness_send(*state, "WATCH k");
    harness_send(*state, "MULTI");
    harness_send(*state, "SET k v");
    assert_reply(*state, "RESET", "+RESET\r\n");
    assert_reply(*state, "EXEC", "-ERR EXEC without MULTI\r\n");
    assert_reply(*state, "GET k", "$-1\r\n");
}

static void reset_ends_monitoring_and_silence(void **state)
{
    harness_send(*state, "MONITOR");
    assert_reply(*state, "RESET", "+RESET\r\n");
    assert_reply(*state, "PING", "+PONG\r\n");
    assert_reply(*state, "CLIENT REPLY OFF", "");
    assert_reply(*state, "PING", "");
    assert_reply(*state, "RESET", "+RESET\r\n");
    assert_reply(*state, "PING", "+PONG\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(ping_answers),
        HARNESS_TEST(ping_of_a_resp2_subscriber_looks_like_a_message),
        HARNESS_TEST(ping_of_a_resp3_subscriber_does_not),
        HARNESS_TEST(a_resp2_subscriber_may_do_little_else),
        HARNESS_TEST(echo_gives_back_any_bytes),
        HARNESS_TEST(quit_answers_and_ends),
        HARNESS_TEST(quit_is_not_queued),
        HARNESS_TEST(hello_tells_what_is_spoken),
        HARNESS_TEST(hello_knows_two_protocols),
        HARNESS_TEST(hello_sets_a_name),
        HARNESS_TEST(hello_refuses_what_it_does_not_understand),
        HARNESS_TEST(reset_leaves_a_client_like_a_new_one),
        HARNESS_TEST(reset_keeps_what_is_known_of_the_library),
        HARNESS_TEST(reset_ends_a_transaction),
        HARNESS_TEST(reset_ends_monitoring_and_silence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
