/* SPDX-License-Identifier: BSD-3-Clause */
/* Strings that are written or removed only as they were read: SET's comparing conditions, DELEX, DELIFEQ,
 * DIGEST; and several at once: MSETEX. The replies are those of Redis 8.10 and, of DELIFEQ, Valkey 9.1. */
#include "engine/events.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define OK           "+OK\r\n"
#define NIL          "$-1\r\n"
#define SYNTAX_ERROR "-ERR syntax error\r\n"
#define WRONG_TYPE   "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
#define WRONG_DIGEST "-ERR must be exactly 16 hexadecimal characters\r\n"
#define HELLO_DIGEST "9555e8555c62dcfd"
#define OTHER_DIGEST "0000000000000000"

/* ---- DIGEST ---- */

static void that_of_a_long_string_is_made_meanwhile(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    char reply[] = "$16\r\n................\r\n";
    assert_reply(h, "SETRANGE long 99999999 x", ":100000000\r\n");
    assert_reply(h, "MULTI", "+OK\r\n");
    assert_reply(h, "DIGEST long", "+QUEUED\r\n");
    struct bytes replies = harness_send(h, "EXEC");
    assert_int_equal(replies.len, sizeof reply - 1 + 4);
    memcpy(reply, replies.data + 4, sizeof reply - 1);
    harness_begin(h, h->client, "DIGEST long");
    assert_meanwhile(h, other, "DEL long", ":1\r\n");
    assert_end(h, h->client, reply);
}

static void digests_are_those_of_the_bytes(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "DIGEST k", NIL);
    assert_reply(h, "SET k \"\"", OK);
    assert_reply(h, "DIGEST k", "$16\r\n2d06800538d394c2\r\n");
    assert_reply(h, "SET k hello", OK);
    assert_reply(h, "DIGEST k", "$16\r\n" HELLO_DIGEST "\r\n");
    assert_reply(h, "SET k 12345", OK);
    assert_reply(h, "DIGEST k", "$16\r\nf34099ede96b5581\r\n");
    assert_reply(h, "LPUSH l a", ":1\r\n");
    assert_reply(h, "DIGEST l", WRONG_TYPE);
}

/* ---- SET ---- */

static void a_string_is_set_when_it_is_the_expected_one(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET k 1 IFEQ hello", NIL);
    assert_reply(h, "EXISTS k", ":0\r\n");
    assert_reply(h, "SET k 1 IFNE hello", OK);
    assert_reply(h, "SET k hello IFEQ 2", NIL);
    assert_reply(h, "SET k hello IFNE 1", NIL);
    assert_reply(h, "SET k hello ifeq 1", OK);
    assert_reply(h, "GET k", "$5\r\nhello\r\n");
    assert_reply(h, "SET k x IFDEQ " OTHER_DIGEST, NIL);
    assert_reply(h, "SET k x IFDNE " HELLO_DIGEST, NIL);
    assert_reply(h, "SET k x IFDEQ 9555E8555C62DCFD", OK);
    assert_reply(h, "SET k hello IFDNE " HELLO_DIGEST, OK);
    assert_reply(h, "SET n hello IFDEQ " HELLO_DIGEST, NIL);
    assert_reply(h, "SET n hello IFDNE " HELLO_DIGEST, OK);
}

static void the_old_string_comes_with_either_answer(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SET k a");
    assert_reply(h, "SET k b IFEQ x GET", "$1\r\na\r\n");
    assert_reply(h, "SET k b GET IFEQ a", "$1\r\na\r\n");
    assert_reply(h, "SET k c GET IFEQ b EX 100", "$1\r\nb\r\n");
    assert_reply(h, "TTL k", ":100\r\n");
    assert_reply(h, "SET n c GET IFEQ b", NIL);
    assert_reply(h, "SET n c GET IFNE b", NIL);
    assert_reply(h, "GET n", "$1\r\nc\r\n");
    /* One reply to one request, whatever is wrong with it. */
    assert_reply(h, "SET n d GET IFDEQ 12", WRONG_DIGEST);
    assert_reply(h, "PING", "+PONG\r\n");
}

static void conditions_exclude_each_other(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SET k v IFEQ", SYNTAX_ERROR);
    assert_reply(h, "SET k v NX IFEQ v", SYNTAX_ERROR);
    assert_reply(h, "SET k v IFEQ v XX", SYNTAX_ERROR);
    assert_reply(h, "SET k v IFEQ v IFNE v", SYNTAX_ERROR);
    assert_reply(h, "SET k v IFDEQ v IFDNE v", SYNTAX_ERROR);
    assert_reply(h, "SET k v IFNE x IFNE y", OK);
    assert_reply(h, "SET k w IFEQ x IFEQ v", OK);
    assert_reply(h, "GETEX k IFEQ w", SYNTAX_ERROR);
}

static void what_can_not_be_compared_is_refused(void **state)
{
    struct harness *h = *state;
    harness_send(h, "LPUSH l a");
    assert_reply(h, "SET l v IFEQ a", WRONG_TYPE);
    assert_reply(h, "SET l v IFNE a", WRONG_TYPE);
    assert_reply(h, "SET l v IFDNE 12", WRONG_TYPE);
    assert_reply(h, "SET n v IFDEQ 12", NIL);
    harness_send(h, "SET k a");
    assert_reply(h, "SET k v IFDEQ 12", WRONG_DIGEST);
    assert_reply(h, "SET k v IFDEQ zzzzzzzzzzzzzzzz", NIL);
    assert_reply(h, "SET k v IFEQ a EX 0", "-ERR invalid expire time in 'set' command\r\n");
    assert_reply(h, "GET k", "$1\r\na\r\n");
}

/* ---- removing ---- */

static void a_string_is_removed_when_it_is_the_expected_one(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "DELEX k IFEQ a", ":0\r\n");
    assert_reply(h, "DELEX k IFDNE 1", ":0\r\n");
    harness_send(h, "MSET a 1 b 1 c hello d hello e 1");
    assert_reply(h, "DELEX a IFEQ 2", ":0\r\n");
    assert_reply(h, "DELEX a IFEQ 1", ":1\r\n");
    assert_reply(h, "DELEX b IFNE 1", ":0\r\n");
    assert_reply(h, "DELEX b ifne 2", ":1\r\n");
    assert_reply(h, "DELEX c IFDEQ " OTHER_DIGEST, ":0\r\n");
    assert_reply(h, "DELEX c IFDEQ " HELLO_DIGEST, ":1\r\n");
    assert_reply(h, "DELEX d IFDNE " HELLO_DIGEST, ":0\r\n");
    assert_reply(h, "DELEX d IFDNE " OTHER_DIGEST, ":1\r\n");
    assert_reply(h, "DELIFEQ e 2", ":0\r\n");
    assert_reply(h, "DELIFEQ e 1", ":1\r\n");
    assert_reply(h, "DELIFEQ e 1", ":0\r\n");
    assert_reply(h, "EXISTS a b c d e", ":0\r\n");
}

static void delex_without_a_condition_removes_anything(void **state)
{
    struct harness *h = *state;
    harness_send(h, "LPUSH l a");
    assert_reply(h, "DELEX l IFEQ a", "-ERR Key should be of string type if conditions are specified\r\n");
    assert_reply(h, "DELIFEQ l a", WRONG_TYPE);
    assert_reply(h, "DELEX l", ":1\r\n");
    assert_reply(h, "DELEX l", ":0\r\n");
}

static void delex_refuses_what_it_does_not_know(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "DELEX k IFEQ", "-ERR wrong number of arguments for 'delex' command\r\n");
    assert_reply(h, "DELEX k IFEQ a b", "-ERR wrong number of arguments for 'delex' command\r\n");
    assert_reply(h, "DELEX k NX a", ":0\r\n");
    harness_send(h, "SET k a");
    assert_reply(h, "DELEX k NX a", "-ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE\r\n");
    assert_reply(h, "DELEX k IFDEQ 12", WRONG_DIGEST);
    assert_reply(h, "GET k", "$1\r\na\r\n");
}

/* ---- MSETEX ---- */

static void several_keys_get_one_end(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "MSETEX 2 a 1 b 2 EX 100", ":1\r\n");
    assert_reply(h, "MGET a b", "*2\r\n$1\r\n1\r\n$1\r\n2\r\n");
    assert_reply(h, "TTL a", ":100\r\n");
    assert_reply(h, "TTL b", ":100\r\n");
    assert_reply(h, "MSETEX 1 a 3 KEEPTTL", ":1\r\n");
    assert_reply(h, "TTL a", ":100\r\n");
    assert_reply(h, "MSETEX 1 a 3", ":1\r\n");
    assert_reply(h, "TTL a", ":-1\r\n");
    assert_reply(h, "MSETEX 2 a x a y PXAT 1700000005000 XX", ":1\r\n");
    assert_reply(h, "PTTL a", ":5000\r\n");
    assert_reply(h, "GET a", "$1\r\ny\r\n");
}

static void all_keys_have_to_fulfil_the_condition(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "MSETEX 2 a 1 b 2 XX", ":0\r\n");
    assert_reply(h, "MSETEX 1 a 1 NX EX 100", ":1\r\n");
    assert_reply(h, "MSETEX 2 a 2 b 2 NX", ":0\r\n");
    assert_reply(h, "MSETEX 2 a 2 b 2 XX", ":0\r\n");
    assert_reply(h, "MGET a b", "*2\r\n$1\r\n1\r\n$-1\r\n");
    assert_reply(h, "TTL a", ":100\r\n");
}

static void msetex_refuses_what_it_does_not_know(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "MSETEX 0 a 1", "-ERR invalid numkeys value\r\n");
    assert_reply(h, "MSETEX -1 a 1", "-ERR invalid numkeys value\r\n");
    assert_reply(h, "MSETEX x a 1", "-ERR invalid numkeys value\r\n");
    assert_reply(h, "MSETEX 2147483648 a 1", "-ERR invalid numkeys value\r\n");
    assert_reply(h, "MSETEX 2147483647 a 1", "-ERR wrong number of key-value pairs\r\n");
    assert_reply(h, "MSETEX 2 a 1 b", "-ERR wrong number of key-value pairs\r\n");
    assert_reply(h, "MSETEX 1 a 1 b", SYNTAX_ERROR);
    assert_reply(h, "MSETEX 1 a 1 NX XX", SYNTAX_ERROR);
    assert_reply(h, "MSETEX 1 a 1 IFEQ b", SYNTAX_ERROR);
    assert_reply(h, "MSETEX 1 a 1 GET", SYNTAX_ERROR);
    assert_reply(h, "MSETEX 1 a 1 EX 1 PX 1", SYNTAX_ERROR);
    assert_reply(h, "MSETEX 1 a 1 EX 0", "-ERR invalid expire time in 'msetex' command\r\n");
    assert_reply(h, "EXISTS a", ":0\r\n");
}

static void many_and_large_values_are_set_together(void **state)
{
    struct harness *h = *state;
    enum { PAIRS = 40, VALUE_LEN = 9000 };
    static char value[VALUE_LEN];
    char names[PAIRS][4];
    struct bytes argv[2 + 2 * PAIRS] = {BYTES("MSETEX"), BYTES("40")};
    memset(value, 'v', sizeof value);
    for (int i = 0; i < PAIRS; i++) {
        argv[2 + 2 * i] = bytes_make(names[i], (size_t)snprintf(names[i], sizeof names[i], "k%d", i));
        argv[3 + 2 * i] = bytes_make(value, i % 2 ? VALUE_LEN : 5);
    }
    assert_true(bytes_is(harness_request_bytes(h, h->client, 2 + 2 * PAIRS, argv), ":1\r\n"));
    assert_reply(h, "STRLEN k39", ":9000\r\n");
    assert_reply(h, "STRLEN k38", ":5\r\n");
}

/* ---- what others are told ---- */

#define EVENT(len, name, key) \
    "*4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$" #len "\r\n__keyevent@0__:" name "\r\n$1\r\n" key "\r\n"

static void changes_are_notified(void **state)
{
    struct harness *h = *state;
    struct client *listener = harness_client(h);
    harness_send(h, "SET k 1");
    h->server->notify_classes = events_parse_classes("EA");
    harness_send_as(h, listener, "PSUBSCRIBE *");
    harness_send(h, "SET k 2 IFEQ 2");
    harness_send(h, "DELEX k IFEQ 2");
    harness_send(h, "DELIFEQ k 2");
    harness_send(h, "MSETEX 1 k 2 NX");
    assert_sent(h, listener, "");
    harness_send(h, "SET k 2 IFEQ 1 EX 10");
    assert_sent(h, listener, EVENT(18, "set", "k") EVENT(21, "expire", "k"));
    harness_send(h, "MSETEX 1 k 2 EX 10");
    assert_sent(h, listener, EVENT(18, "set", "k") EVENT(21, "expire", "k"));
    harness_send(h, "DELEX k IFEQ 2");
    assert_sent(h, listener, EVENT(18, "del", "k"));
    harness_send(h, "SET k 2");
    harness_replies(h, listener);
    harness_send(h, "DELIFEQ k 2");
    assert_sent(h, listener, EVENT(18, "del", "k"));
}

static void watchers_and_caches_hear_of_changes_alone(void **state)
{
    struct harness *h = *state;
    struct client *cache = harness_client(h);
    cache->reply.protocol = 3;
    harness_send_as(h, cache, "CLIENT TRACKING ON");
    harness_send(h, "SET k 1");
    harness_send_as(h, cache, "GET k");
    harness_send_as(h, cache, "WATCH k");
    harness_send(h, "SET k 2 IFEQ 2");
    harness_send(h, "DELEX k IFNE 1");
    assert_sent(h, cache, "");
    harness_send(h, "DELEX k IFEQ 1");
    assert_sent(h, cache, ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n");
    harness_send_as(h, cache, "MULTI");
    assert_reply_as(h, cache, "EXEC", "_\r\n");
}

static void the_journal_has_what_came_of_it(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SET k 1 IFNE 2");
    harness_send(h, "SET k 2 IFEQ 1 EX 100");
    harness_send(h, "SET k 3 IFEQ 1");
    harness_send(h, "SET k 3 NX");
    harness_send(h, "SET k 3 XX KEEPTTL");
    harness_send(h, "MSETEX 2 a 1 b 2 PX 5000 NX");
    harness_send(h, "MSETEX 1 a 1 KEEPTTL");
    harness_send(h, "MSETEX 1 a 1 NX");
    harness_send(h, "DELEX a IFNE 2");
    harness_send(h, "DELEX b");
    harness_send(h, "DELIFEQ k 3");
    harness_assert(harness_journal(h),
                   BYTES("SELECT 0\nSET k 1\nSET k 2 PXAT 1700000100000\nSET k 3 KEEPTTL\n"
                         "MULTI\nSET a 1 PXAT 1700000005000\nSET b 2 PXAT 1700000005000\nEXEC\n"
                         "SET a 1 KEEPTTL\nDEL a\nDEL b\nDEL k\n"),
                   "(journal)", __FILE__, __LINE__);
}

/* ---- keys ---- */

/* Redis itself does not ask for access here: whoever may only write can guess there. */
static void what_is_compared_is_read(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "COMMAND GETKEYSANDFLAGS SET k v", "*1\r\n*2\r\n$1\r\nk\r\n*2\r\n+OW\r\n+update\r\n");
    assert_reply(h, "COMMAND GETKEYSANDFLAGS SET k v IFEQ x",
                 "*1\r\n*2\r\n$1\r\nk\r\n*3\r\n+RW\r\n+access\r\n+update\r\n");
    assert_reply(h, "COMMAND GETKEYSANDFLAGS DELEX k", "*1\r\n*2\r\n$1\r\nk\r\n*2\r\n+RM\r\n+delete\r\n");
    assert_reply(h, "COMMAND GETKEYSANDFLAGS DELEX k IFDEQ x",
                 "*1\r\n*2\r\n$1\r\nk\r\n*3\r\n+RW\r\n+access\r\n+delete\r\n");
    assert_reply(h, "COMMAND GETKEYS MSETEX 2 a 1 b 2 EX 5", "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(digests_are_those_of_the_bytes),
        HARNESS_TEST(that_of_a_long_string_is_made_meanwhile),
        HARNESS_TEST(a_string_is_set_when_it_is_the_expected_one),
        HARNESS_TEST(the_old_string_comes_with_either_answer),
        HARNESS_TEST(conditions_exclude_each_other),
        HARNESS_TEST(what_can_not_be_compared_is_refused),
        HARNESS_TEST(a_string_is_removed_when_it_is_the_expected_one),
        HARNESS_TEST(delex_without_a_condition_removes_anything),
        HARNESS_TEST(delex_refuses_what_it_does_not_know),
        HARNESS_TEST(several_keys_get_one_end),
        HARNESS_TEST(all_keys_have_to_fulfil_the_condition),
        HARNESS_TEST(msetex_refuses_what_it_does_not_know),
        HARNESS_TEST(many_and_large_values_are_set_together),
        HARNESS_TEST(changes_are_notified),
        HARNESS_TEST(watchers_and_caches_hear_of_changes_alone),
        HARNESS_TEST(the_journal_has_what_came_of_it),
        HARNESS_TEST(what_is_compared_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
