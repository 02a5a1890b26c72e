/* SPDX-License-Identifier: BSD-3-Clause */
/* Scripts in transactions that take long, and in a pause of writes. */
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BUSY_SCRIPT                                                                    \
    "-BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN " \
    "NOSAVE.\r\n"
#define KILLED  "Script killed by user with SCRIPT KILL"
#define ENDLESS "\"while true do pcall(function() while true do end end) end\""
/* Over the threshold, and then at its end. */
#define LONG "for i = 1, 2e7 do end"

static void has_text(struct bytes reply, const char *text)
{
    if (!memmem(reply.data, reply.len, text, strlen(text)))
        fail_msg("no \"%s\" in \"%.*s\"", text, (int)reply.len, reply.data);
}

static void begin_transaction(struct harness *h, const char *const *queued)
{
    harness_send(h, "CONFIG SET busy-reply-threshold 1");
    harness_send(h, "MULTI");
    for (; *queued; queued++)
        assert_reply(h, *queued, "+QUEUED\r\n");
    harness_begin(h, h->client, "EXEC");
}

#define BEGIN_TRANSACTION(h, ...) begin_transaction((h), (const char *const[]){__VA_ARGS__, NULL})

static void a_script_in_a_transaction_lets_others_know(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    BEGIN_TRANSACTION(h, "SET a 1", "EVAL " ENDLESS " 0", "INCR a");
    assert_meanwhile(h, other, "GET a", BUSY_SCRIPT);
    assert_meanwhile(h, other, "FUNCTION KILL", BUSY_SCRIPT);
    /* The script itself wrote nothing. */
    assert_meanwhile(h, other, "SCRIPT KILL", "+OK\r\n");
    harness_run(h);
    struct bytes reply = harness_replies(h, h->client);
    assert_true(bytes_starts_with(reply, BYTES("*3\r\n+OK\r\n-ERR ")));
    has_text(reply, KILLED);
    has_text(reply, "\r\n:2\r\n");
    assert_reply_as(h, other, "SCRIPT KILL", "-NOTBUSY No scripts in execution right now.\r\n");
    assert_reply(h, "GET a", "$1\r\n2\r\n");
    assert_true(bytes_is(harness_journal(h), "MULTI\nSELECT 0\nSET a 1\nINCR a\nEXEC\n"));
}

static void a_long_transaction_is_one(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    harness_send_as(h, other, "SUBSCRIBE news");
    BEGIN_TRANSACTION(h, "SET a 1 PX 50", "SELECT 1",
                      "EVAL \"redis.call('set', 'b', 1) " LONG " return redis.call('incr', 'b')\" 0",
                      "SELECT 0", "PUBLISH news x", "EVAL \"" LONG " return redis.call('get', 'a')\" 0",
                      "INCR a");
    assert_meanwhile(h, harness_client(h), "SCRIPT KILL",
                     "-UNKILLABLE Sorry the script already executed write commands against the dataset. You "
                     "can either wait the script termination or kill the server in a hard way using the "
                     "SHUTDOWN NOSAVE command.\r\n");
    /* No time passes for it. */
    harness_advance(h, 1000);
    assert_end(h, h->client, "*7\r\n+OK\r\n+OK\r\n:2\r\n+OK\r\n:1\r\n$1\r\n1\r\n:2\r\n");
    assert_reply(h, "EXISTS a", ":0\r\n");
    has_text(harness_journal(h), "SELECT 1\nset b 1\nincr b\nSELECT 0\nINCR a\nEXEC\n");
}

/* WATCH looks at its keys, and may do so meanwhile. */
static void for_a_long_transaction_nothing_dies_of_a_look(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    harness_send(h, "SET a 1 PX 50");
    BEGIN_TRANSACTION(h, "EVAL \"" LONG " return redis.call('get', 'a')\" 0");
    h->server->clock.mono_ms += 1000;
    h->server->clock.mono_us += 1000000;
    assert_meanwhile(h, other, "WATCH a", "+OK\r\n");
    assert_end(h, h->client, "*1\r\n$1\r\n1\r\n");
    assert_reply(h, "EXISTS a", ":0\r\n");
    harness_send_as(h, other, "MULTI");
    assert_reply_as(h, other, "EXEC", "*0\r\n");
}

static void a_long_transaction_goes_on_without_its_client(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    BEGIN_TRANSACTION(h, "EVAL \"" LONG " redis.call('set', 'a', 1)\" 0", "INCR a", "SUBSCRIBE news");
    assert_meanwhile(h, other, "PING", BUSY_SCRIPT);
    client_close(h->client);
    harness_run(h);
    assert_reply_as(h, other, "GET a", "$1\r\n2\r\n");
    assert_reply_as(h, other, "PUBLISH news x", ":0\r\n");
}

static void a_long_transaction_ends_with_the_server(void **state)
{
    struct harness *h = harness_new();
    (void)state;
    BEGIN_TRANSACTION(h, "SET a 1", "EVAL " ENDLESS " 0", "INCR a");
    harness_free(h);
}

static void a_long_transaction_may_be_silent(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    harness_feed(h, h->client, BYTES("CLIENT REPLY OFF\r\nMULTI\r\nECHO a\r\n"));
    harness_feed(h, h->client, BYTES("EVAL \"" LONG " return 7\" 0\r\nCLIENT REPLY ON\r\n"));
    harness_send_as(h, other, "CONFIG SET busy-reply-threshold 1");
    harness_feed(h, h->client, BYTES("EXEC\r\n"));
    harness_run(h);
    assert_sent(h, h->client, "");
    assert_reply(h, "ECHO b", "$1\r\nb\r\n");
    BEGIN_TRANSACTION(h, "ECHO a", "CLIENT REPLY OFF", "EVAL \"" LONG " return 7\" 0", "ECHO b");
    assert_end(h, h->client, "*4\r\n$1\r\na\r\n+OK\r\n:7\r\n$1\r\nb\r\n");
    assert_reply(h, "ECHO c", "");
}

/* Others don't say that they don't write. */
static void what_only_reads_runs_in_a_pause_of_writes(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h), *third = harness_client(h);
    static const char library[] = "#!lua name=lib\n"
                                  "redis.register_function{function_name='r', callback=function() return 3 "
                                  "end, flags={'no-writes'}} "
                                  "redis.register_function('w', function() return 4 end)";
    harness_request(h, 3, "FUNCTION", "LOAD", library);
    harness_request(h, 3, "SCRIPT", "LOAD", "#!lua flags=no-writes\nreturn 2");
    assert_reply_as(h, other, "CLIENT PAUSE 1000000 WRITE", "+OK\r\n");
    assert_reply(h, "EVAL \"#!lua flags=no-writes\\nreturn 1\" 0", ":1\r\n");
    assert_reply(h, "EVALSHA ae33f9227913b24d053a555637f98260b23bd3a3 0", ":2\r\n");
    assert_reply(h, "EVAL_RO \"return 1\" 0", ":1\r\n");
    assert_reply(h, "FCALL r 0", ":3\r\n");
    assert_reply(h, "FCALL_RO r 0", ":3\r\n");
    harness_send(h, "MULTI");
    harness_send(h, "FCALL r 0");
    assert_reply(h, "EXEC", "*1\r\n:3\r\n");
    harness_feed(h, h->client, BYTES("EVAL \"return 5\" 0\r\n"));
    harness_feed(h, third, BYTES("FCALL w 0\r\n"));
    assert_sent(h, h->client, "");
    assert_sent(h, third, "");
    assert_reply_as(h, other, "CLIENT UNPAUSE", "+OK\r\n");
    assert_sent(h, h->client, ":5\r\n");
    assert_sent(h, third, ":4\r\n");
}

static void a_long_transaction_ends_in_the_pause_it_began(void **state)
{
    struct harness *h = *state;
    BEGIN_TRANSACTION(h, "CLIENT PAUSE 1000000", "EVAL \"" LONG " return 7\" 0");
    assert_end(h, h->client, "*2\r\n+OK\r\n:7\r\n");
}

static void a_pattern_in_a_transaction_ends(void **state)
{
    struct harness *h = *state;
    BEGIN_TRANSACTION(h, "EVAL \"return string.find(string.rep('a', 50000), '.-.-.-.-b')\" 0");
    assert_meanwhile(h, harness_client(h), "SCRIPT KILL", "+OK\r\n");
    harness_run(h);
    has_text(harness_replies(h, h->client), KILLED);
    assert_reply(h, "EVAL \"return 'alive'\" 0", "$5\r\nalive\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(a_script_in_a_transaction_lets_others_know),
        HARNESS_TEST(a_long_transaction_is_one),
        HARNESS_TEST(for_a_long_transaction_nothing_dies_of_a_look),
        HARNESS_TEST(a_long_transaction_goes_on_without_its_client),
        HARNESS_TEST(a_long_transaction_ends_with_the_server),
        HARNESS_TEST(a_long_transaction_may_be_silent),
        HARNESS_TEST(what_only_reads_runs_in_a_pause_of_writes),
        HARNESS_TEST(a_long_transaction_ends_in_the_pause_it_began),
        HARNESS_TEST(a_pattern_in_a_transaction_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
