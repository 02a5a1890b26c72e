/* SPDX-License-Identifier: BSD-3-Clause */
/* Waiting for lists: who is served when, with what, and what is recorded of it. */
#include "base/alloc.h"
#include "engine/check.h"
#include "engine/client_io.h"
#include "engine/tick.h"
#include "engine/wait.h"
#include "support/harness.h"
#include "support/notices.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define OK         "+OK\r\n"
#define NIL        "$-1\r\n"
#define NIL_ARRAY  "*-1\r\n"
#define A          "$1\r\na\r\n"
#define B          "$1\r\nb\r\n"
#define C          "$1\r\nc\r\n"
#define FROM_L(x)  "*2\r\n$1\r\nl\r\n" x
#define WRONG_TYPE "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"

static void block(struct harness *h, struct client *client, const char *line)
{
    harness_assert(harness_send_as(h, client, line), BYTES(""), line, __FILE__, __LINE__);
    assert_int_equal(client->wait.kind, WAIT_KEYS);
}

static void assert_journal(struct harness *h, const char *expected)
{
    harness_assert(harness_journal(h), bytes_of(expected), "(journal)", __FILE__, __LINE__);
}

/* ---- without a wait ---- */

static void what_is_there_is_taken_at_once(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "RPUSH l a b c a b c", ":6\r\n");
    assert_reply(h, "BLPOP none l 0", FROM_L(A));
    assert_reply(h, "BRPOP l l 0", FROM_L(C));
    assert_reply(h, "BLMPOP 0 2 none l RIGHT COUNT 2", FROM_L("*2\r\n" B A));
    assert_reply(h, "BLMOVE l m LEFT RIGHT 0", B);
    assert_reply(h, "BRPOPLPUSH l m 0", C);
    assert_reply(h, "LRANGE m 0 -1", "*2\r\n" C B);
    assert_journal(h, "SELECT 0\nRPUSH l a b c a b c\nLPOP l\nRPOP l\nRPOP l 2\nLMOVE l m LEFT RIGHT\n"
                      "RPOPLPUSH l m\n");
}

static void wrong_arguments_are_refused(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "BLPOP l x", "-ERR timeout is not a float or out of range\r\n");
    assert_reply(h, "BRPOP l -0.5", "-ERR timeout is negative\r\n");
    assert_reply(h, "BLPOP l 1e300", "-ERR timeout is out of range\r\n");
    assert_reply(h, "BLMOVE l m up left x", "-ERR syntax error\r\n");
    assert_reply(h, "BLMOVE l m left left x", "-ERR timeout is not a float or out of range\r\n");
    assert_reply(h, "BLMPOP x 0 l left", "-ERR numkeys should be greater than 0\r\n");
    assert_reply(h, "BLMPOP x 1 l left", "-ERR timeout is not a float or out of range\r\n");
    assert_reply(h, "BLMPOP 0 1 l left count 0", "-ERR count should be greater than 0\r\n");
}

static void nobody_waits_in_a_transaction(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "MULTI", OK);
    assert_reply(h, "BLPOP l 0", "+QUEUED\r\n");
    assert_reply(h, "BLMPOP 0 1 l LEFT", "+QUEUED\r\n");
    assert_reply(h, "BLMOVE l m LEFT LEFT 0", "+QUEUED\r\n");
    assert_reply(h, "BRPOPLPUSH l m 0", "+QUEUED\r\n");
    assert_reply(h, "EXEC", "*4\r\n" NIL_ARRAY NIL_ARRAY NIL NIL);
}

static void another_type_that_is_there_is_an_error(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET s x", OK);
    assert_reply(h, "BLPOP none s 0", WRONG_TYPE);
    assert_reply(h, "BLMPOP 0 1 s LEFT", WRONG_TYPE);
    assert_reply(h, "BLMOVE s l LEFT LEFT 0", WRONG_TYPE);
    assert_reply(h, "RPUSH l a", ":1\r\n");
    assert_reply(h, "BRPOPLPUSH l s 0", WRONG_TYPE);
    assert_reply(h, "BLPOP l s 0", FROM_L(A));
}

/* Of a thousand that wait, none has room for what only long work needs. */
static void who_waits_takes_little(void **state)
{
    struct harness *h = *state;
    struct client *first = harness_client(h), *second = harness_client(h);
    block(h, first, "BLPOP jobs:high jobs:default 3600");
    size_t before = mem_used();
    block(h, second, "BLPOP jobs:high jobs:default 3600");
    assert_true(mem_used() - before <= 336);
    (void)harness_send(h, "RPUSH jobs:high a b");
}

/* ---- served ---- */

static void who_came_first_is_served_first(void **state)
{
    struct harness *h = *state;
    struct client *first = harness_client(h), *second = harness_client(h), *third = harness_client(h);
    block(h, first, "BRPOP k l 0");
    block(h, second, "BLMPOP 0 2 l k LEFT COUNT 5");
    block(h, third, "BLPOP l 0");
    assert_reply(h, "RPUSH l a b c", ":3\r\n");
    assert_sent(h, first, FROM_L(C));
    assert_sent(h, second, FROM_L("*2\r\n" A B));
    assert_sent(h, third, "");
    assert_reply(h, "LPUSH l a", ":1\r\n");
    assert_sent(h, third, FROM_L(A));
    assert_journal(h, "SELECT 0\nRPUSH l a b c\nRPOP l\nLPOP l 2\nLPUSH l a\nLPOP l\n");
}

static void whatever_makes_the_list_serves(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    static const char *const lines[] = {"RENAME other l", "COPY other l", "LMOVE other l LEFT RIGHT",
                                        "RPOPLPUSH other l"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        (void)harness_send(h, "RPUSH other a");
        block(h, client, "BLPOP l 0");
        (void)harness_send(h, lines[i]);
        assert_sent(h, client, FROM_L(A));
        (void)harness_send(h, "DEL other");
    }
    (void)harness_send(h, "SELECT 1");
    (void)harness_send(h, "RPUSH l a");
    block(h, client, "BLPOP l 0");
    (void)harness_send(h, "MOVE l 0");
    assert_sent(h, client, FROM_L(A));
    (void)harness_send(h, "RPUSH l b");
    block(h, client, "BLPOP l 0");
    (void)harness_send(h, "SWAPDB 0 1");
    assert_sent(h, client, FROM_L(B));
}

static void a_restored_list_serves(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    struct buf payload = {0};
    (void)harness_send(h, "RPUSH other a");
    struct bytes reply = harness_send(h, "DUMP other");
    size_t head = bytes_index_of(reply, '\n') + 1;
    buf_append(&payload, reply.data + head, reply.len - head - 2);
    block(h, client, "BLPOP l 0");
    const struct bytes argv[] = {BYTES("RESTORE"), BYTES("l"), BYTES("0"), buf_bytes(&payload)};
    (void)harness_request_bytes(h, h->client, 4, argv);
    assert_sent(h, client, FROM_L(A));
    buf_clear(&payload);
}

static void a_transaction_serves_when_it_is_over(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    block(h, client, "BLPOP l 0");
    assert_reply(h, "MULTI", OK);
    (void)harness_send(h, "RPUSH l a");
    (void)harness_send(h, "DEL l");
    (void)harness_send(h, "RPUSH l b c");
    assert_reply(h, "EXEC", "*3\r\n:1\r\n:1\r\n:2\r\n");
    assert_sent(h, client, FROM_L(B));
    assert_journal(h, "MULTI\nSELECT 0\nRPUSH l a\nDEL l\nRPUSH l b c\nEXEC\nLPOP l\n");
}

static void a_list_that_is_gone_again_serves_nobody(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    block(h, client, "BLPOP l 0");
    assert_reply(h, "MULTI", OK);
    (void)harness_send(h, "RPUSH l a");
    (void)harness_send(h, "DEL l");
    assert_reply(h, "EXEC", "*2\r\n:1\r\n:1\r\n");
    assert_sent(h, client, "");
    assert_int_equal(client->wait.kind, WAIT_KEYS);
}

/* Its keys are looked at anew, in their order. */
static void the_first_of_its_keys_serves(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    block(h, client, "BLPOP l k 0");
    assert_reply(h, "MULTI", OK);
    (void)harness_send(h, "RPUSH k b");
    (void)harness_send(h, "RPUSH l a");
    (void)harness_send(h, "EXEC");
    assert_sent(h, client, FROM_L(A));
    assert_reply(h, "LLEN k", ":1\r\n");
}

/* Also when one of them was only made by who was served before. */
static void what_was_just_moved_serves(void **state)
{
    struct harness *h = *state;
    struct client *first = harness_client(h), *second = harness_client(h), *third = harness_client(h);
    block(h, first, "BLMOVE l k LEFT LEFT 0");
    block(h, second, "BLMPOP 0 3 k l k LEFT COUNT 3");
    block(h, third, "BRPOP none l 0");
    assert_reply(h, "RPUSH l a b", ":2\r\n");
    assert_sent(h, first, A);
    assert_sent(h, second, "*2\r\n$1\r\nk\r\n*1\r\n" A);
    assert_sent(h, third, FROM_L(B));
}

static void another_type_serves_nobody(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    block(h, client, "BLMOVE l m LEFT LEFT 0");
    assert_reply(h, "SET l x", OK);
    assert_sent(h, client, "");
    assert_reply(h, "DEL l", ":1\r\n");
    assert_reply(h, "RPUSH l a", ":1\r\n");
    assert_sent(h, client, A);
}

static void another_type_among_the_keys_is_an_error_then(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    block(h, client, "BLPOP k l 0");
    assert_reply(h, "SET k x", OK);
    assert_sent(h, client, "");
    assert_reply(h, "RPUSH l a", ":1\r\n");
    assert_sent(h, client, WRONG_TYPE);
    assert_reply(h, "LLEN l", ":1\r\n");
}

/* ---- moving ---- */

static void moves_are_chained(void **state)
{
    struct harness *h = *state;
    struct client *first = harness_client(h), *second = harness_client(h), *third = harness_client(h);
    block(h, third, "BRPOPLPUSH c d 0");
    block(h, second, "BLMOVE b c LEFT RIGHT 0");
    block(h, first, "BLMOVE a b RIGHT LEFT 0");
    assert_reply(h, "RPUSH a x", ":1\r\n");
    assert_sent(h, first, "$1\r\nx\r\n");
    assert_sent(h, second, "$1\r\nx\r\n");
    assert_sent(h, third, "$1\r\nx\r\n");
    assert_reply(h, "LRANGE d 0 -1", "*1\r\n$1\r\nx\r\n");
    assert_journal(h, "SELECT 0\nRPUSH a x\nLMOVE a b RIGHT LEFT\nLMOVE b c LEFT RIGHT\nRPOPLPUSH c d\n");
}

static void a_list_that_is_rotated_serves_everybody(void **state)
{
    struct harness *h = *state;
    struct client *first = harness_client(h), *second = harness_client(h);
    block(h, first, "BLMOVE l l LEFT RIGHT 0");
    block(h, second, "BRPOPLPUSH l l 0");
    assert_reply(h, "RPUSH l a b", ":2\r\n");
    assert_sent(h, first, A);
    assert_sent(h, second, A);
    assert_reply(h, "LRANGE l 0 -1", "*2\r\n" A B);
}

static void a_destination_of_another_type_fails_one_and_serves_the_next(void **state)
{
    struct harness *h = *state;
    struct client *first = harness_client(h), *second = harness_client(h);
    assert_reply(h, "SET s x", OK);
    block(h, first, "BLMOVE l s LEFT LEFT 0");
    block(h, second, "BLPOP l 0");
    assert_reply(h, "RPUSH l a", ":1\r\n");
    assert_sent(h, first, WRONG_TYPE);
    assert_sent(h, second, FROM_L(A));
}

/* ---- not served ---- */

static void a_wait_ends_with_its_timeout(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h), *other = harness_client(h);
    block(h, client, "BLPOP l 0.5");
    block(h, other, "BLMOVE l m LEFT LEFT 0.6");
    harness_advance(h, 499);
    assert_sent(h, client, "");
    harness_advance(h, 2);
    assert_sent(h, client, NIL_ARRAY);
    harness_advance(h, 100);
    assert_sent(h, other, NIL_ARRAY);
    assert_reply(h, "RPUSH l a", ":1\r\n");
    assert_reply(h, "LLEN l", ":1\r\n");
}

static void a_client_is_unblocked_by_another(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    struct buf line = {0};
    block(h, client, "BLPOP l 0");
    buf_printf(&line, "CLIENT UNBLOCK %llu", (unsigned long long)client->id);
    assert_reply(h, buf_cstring(&line), ":1\r\n");
    assert_sent(h, client, NIL_ARRAY);
    block(h, client, "BLPOP l 0");
    buf_append_text(&line, " ERROR");
    assert_reply(h, buf_cstring(&line), ":1\r\n");
    assert_sent(h, client, "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n");
    assert_reply(h, "RPUSH l a", ":1\r\n");
    assert_reply(h, "LLEN l", ":1\r\n");
    buf_clear(&line);
}

static void who_has_gone_is_not_served(void **state)
{
    struct harness *h = *state;
    struct client *first = harness_client(h), *second = harness_client(h);
    struct buf line = {0};
    block(h, first, "BLPOP l 0");
    block(h, second, "BLPOP l 0");
    buf_printf(&line, "CLIENT KILL ID %llu", (unsigned long long)first->id);
    assert_reply(h, buf_cstring(&line), ":1\r\n");
    assert_reply(h, "RPUSH l a", ":1\r\n");
    assert_sent(h, second, FROM_L(A));
    buf_clear(&line);
}

static void nobody_is_served_while_writes_are_paused(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    block(h, client, "BLPOP l 0");
    assert_reply(h, "MULTI", OK);
    (void)harness_send(h, "RPUSH l a");
    (void)harness_send(h, "CLIENT PAUSE 1000 WRITE");
    assert_reply(h, "EXEC", "*2\r\n:1\r\n" OK);
    assert_sent(h, client, "");
    harness_advance(h, 1001);
    assert_sent(h, client, FROM_L(A));
}

static void what_was_sent_meanwhile_is_answered_after_it(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    block(h, client, "BLPOP l 0");
    harness_assert(harness_send_as(h, client, "PING"), BYTES(""), "PING", __FILE__, __LINE__);
    assert_reply(h, "RPUSH l a", ":1\r\n");
    assert_sent(h, client, FROM_L(A) "+PONG\r\n");
}

static void events_tell_of_the_push_and_of_the_pop(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h), *listener = notices_listen(h);
    block(h, client, "BLPOP l 0");
    assert_reply(h, "RPUSH l a", ":1\r\n");
    assert_heard(h, listener, "0 new l;0 rpush l;0 lpop l;0 del l;");
}

/* The batch that it ends is full, and what follows can't run yet. */
static void who_waits_with_more_to_come_is_not_runnable(void **state)
{
    struct harness *h = *state;
    struct client *waiting = harness_client(h);
    struct buf requests = {0};
    for (int i = 1; i < 128; i++)
        buf_append_text(&requests, "ping\r\n");
    buf_append_text(&requests, "blpop list 0\r\nping\r\n");
    client_feed(waiting, buf_bytes(&requests));
    tick(h->server, 0);
    assert_int_equal(waiting->wait.kind, WAIT_KEYS);
    engine_check(h->server);
    assert_true(harness_replies(h, waiting).len == 127 * 7);
    assert_reply(h, "rpush list a", ":1\r\n");
    assert_sent(h, waiting, "*2\r\n$4\r\nlist\r\n$1\r\na\r\n+PONG\r\n");
    buf_clear(&requests);
}

static void a_timeout_is_a_number(void **state)
{
    assert_reply(*state, "BRPOPLPUSH a b x", "-ERR timeout is not a float or out of range\r\n");
    assert_reply(*state, "BRPOPLPUSH a b -1", "-ERR timeout is negative\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(who_waits_with_more_to_come_is_not_runnable),
        HARNESS_TEST(what_is_there_is_taken_at_once),
        HARNESS_TEST(wrong_arguments_are_refused),
        HARNESS_TEST(nobody_waits_in_a_transaction),
        HARNESS_TEST(another_type_that_is_there_is_an_error),
        HARNESS_TEST(who_waits_takes_little),
        HARNESS_TEST(who_came_first_is_served_first),
        HARNESS_TEST(whatever_makes_the_list_serves),
        HARNESS_TEST(a_restored_list_serves),
        HARNESS_TEST(a_transaction_serves_when_it_is_over),
        HARNESS_TEST(a_list_that_is_gone_again_serves_nobody),
        HARNESS_TEST(the_first_of_its_keys_serves),
        HARNESS_TEST(what_was_just_moved_serves),
        HARNESS_TEST(another_type_serves_nobody),
        HARNESS_TEST(another_type_among_the_keys_is_an_error_then),
        HARNESS_TEST(moves_are_chained),
        HARNESS_TEST(a_list_that_is_rotated_serves_everybody),
        HARNESS_TEST(a_destination_of_another_type_fails_one_and_serves_the_next),
        HARNESS_TEST(a_wait_ends_with_its_timeout),
        HARNESS_TEST(a_client_is_unblocked_by_another),
        HARNESS_TEST(who_has_gone_is_not_served),
        HARNESS_TEST(nobody_is_served_while_writes_are_paused),
        HARNESS_TEST(what_was_sent_meanwhile_is_answered_after_it),
        HARNESS_TEST(events_tell_of_the_push_and_of_the_pop),
        HARNESS_TEST(a_timeout_is_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
