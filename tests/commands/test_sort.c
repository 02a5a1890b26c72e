/* SPDX-License-Identifier: BSD-3-Clause */
/* SORT and SORT_RO. */
#include "engine/client_io.h"
#include "engine/events.h"
#include "engine/tick.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define NIL          "$-1\r\n"
#define WRONG_TYPE   "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"
#define SYNTAX_ERROR "-ERR syntax error\r\n"
#define NO_NUMBERS   "-ERR One or more scores can't be converted into double\r\n"

static void elements_are_sorted_by_number_or_text(void **state)
{
    struct harness *h = *state;
    harness_send(h, "RPUSH l 10 9 1.5 -3");
    assert_reply(h, "SORT l", "*4\r\n$2\r\n-3\r\n$3\r\n1.5\r\n$1\r\n9\r\n$2\r\n10\r\n");
    assert_reply(h, "SORT_RO l DESC", "*4\r\n$2\r\n10\r\n$1\r\n9\r\n$3\r\n1.5\r\n$2\r\n-3\r\n");
    assert_reply(h, "SORT l ALPHA", "*4\r\n$2\r\n-3\r\n$3\r\n1.5\r\n$2\r\n10\r\n$1\r\n9\r\n");
    harness_send(h, "SADD s b a c");
    assert_reply(h, "SORT s ALPHA desc", "*3\r\n$1\r\nc\r\n$1\r\nb\r\n$1\r\na\r\n");
    harness_send(h, "ZADD z 3 1 2 2 1 3");
    assert_reply(h, "SORT z", "*3\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n");
    assert_reply(h, "SORT z BY nosort", "*3\r\n$1\r\n3\r\n$1\r\n2\r\n$1\r\n1\r\n");
    assert_reply(h, "SORT z BY nosort DESC LIMIT 1 5", "*2\r\n$1\r\n2\r\n$1\r\n3\r\n");
    assert_reply(h, "SORT l BY nosort DESC LIMIT 1 2", "*2\r\n$3\r\n1.5\r\n$1\r\n9\r\n");
    assert_reply(h, "SORT none", "*0\r\n");
}

static void what_is_no_number_has_no_place_among_numbers(void **state)
{
    struct harness *h = *state;
    static const char *const wrong[] = {"a", "7 ", "nan", "1e400", " ", "1,5"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "RPUSH l 1 \"%s\"", wrong[i]);
        harness_send(h, line);
        assert_reply(h, "SORT l", NO_NUMBERS);
        assert_reply(h, "SORT l STORE d", NO_NUMBERS);
        harness_send(h, "DEL l");
    }
    harness_send(h, "RPUSH l \" 2\" \"\" 0x1 -inf \"3\\x00z\"");
    assert_reply(h, "SORT l", "*5\r\n$4\r\n-inf\r\n$0\r\n\r\n$3\r\n0x1\r\n$2\r\n 2\r\n$3\r\n3\0z\r\n");
}

static void parts_of_what_is_sorted(void **state)
{
    struct harness *h = *state;
    harness_send(h, "RPUSH l 3 1 2");
    assert_reply(h, "SORT l LIMIT 0 2", "*2\r\n$1\r\n1\r\n$1\r\n2\r\n");
    assert_reply(h, "SORT l LIMIT 1 -1", "*2\r\n$1\r\n2\r\n$1\r\n3\r\n");
    assert_reply(h, "SORT l LIMIT -5 1", "*1\r\n$1\r\n1\r\n");
    assert_reply(h, "SORT l LIMIT 3 9", "*0\r\n");
    assert_reply(h, "SORT l LIMIT 1 0", "*0\r\n");
    assert_reply(h, "SORT l LIMIT 2 9223372036854775807", "*1\r\n$1\r\n3\r\n");
    assert_reply(h, "SORT l LIMIT x 1", "-ERR value is not an integer or out of range\r\n");
    assert_reply(h, "SORT l LIMIT 1", SYNTAX_ERROR);
}

static void weights_and_results_are_found_by_patterns(void **state)
{
    struct harness *h = *state;
    harness_send(h, "RPUSH l a b c");
    harness_send(h, "MSET w:a 3 w:c 1 n:a apple n:c cherry");
    harness_send(h, "HSET o:a x 5");
    harness_send(h, "HSET o:b x 4 -> arrow");
    assert_reply(h, "SORT l BY w:*", "*3\r\n$1\r\nb\r\n$1\r\nc\r\n$1\r\na\r\n");
    assert_reply(h, "SORT l BY w:* GET # GET n:* LIMIT 0 2",
                 "*4\r\n$1\r\nb\r\n" NIL "$1\r\nc\r\n$6\r\ncherry\r\n");
    assert_reply(h, "SORT l BY o:*->x DESC", "*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n");
    assert_reply(h, "SORT l ALPHA BY n:* DESC", "*3\r\n$1\r\nc\r\n$1\r\na\r\n$1\r\nb\r\n");
    assert_reply(h, "SORT l BY nosort GET o:*->-> GET o:*-> GET none",
                 "*9\r\n" NIL NIL NIL "$5\r\narrow\r\n" NIL NIL NIL NIL NIL);
    assert_reply(h, "SORT l BY n:*", NO_NUMBERS);
    harness_send(h, "HELLO 3");
    assert_reply(h, "SORT l BY nosort GET n:* LIMIT 1 1", "*1\r\n_\r\n");
}

static void what_is_sorted_can_be_stored(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SADD s 3 1 2");
    harness_send(h, "SET d text EX 100");
    assert_reply(h, "SORT s DESC STORE d", ":3\r\n");
    assert_reply(h, "LRANGE d 0 -1", "*3\r\n$1\r\n3\r\n$1\r\n2\r\n$1\r\n1\r\n");
    assert_reply(h, "TTL d", ":-1\r\n");
    assert_reply(h, "SORT d STORE d", ":3\r\n");
    assert_reply(h, "LRANGE d 0 0", "*1\r\n$1\r\n1\r\n");
    assert_reply(h, "SORT s BY nosort STORE e GET none GET #", ":6\r\n");
    assert_reply(h, "LRANGE e 0 1", "*2\r\n$0\r\n\r\n$1\r\n1\r\n");
    assert_reply(h, "SORT none STORE d", ":0\r\n");
    assert_reply(h, "EXISTS d", ":0\r\n");
    assert_reply(h, "SORT_RO s STORE d", SYNTAX_ERROR);
    assert_reply(h, "SORT s STORE", SYNTAX_ERROR);
}

static void strings_and_hashes_are_not_sorted(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SET s x");
    harness_send(h, "HSET hash a 1");
    assert_reply(h, "SORT s", WRONG_TYPE);
    assert_reply(h, "SORT hash STORE d", WRONG_TYPE);
    assert_reply(h, "SORT s nonsense", SYNTAX_ERROR);
}

static void storing_is_notified(void **state)
{
    struct harness *h = *state;
    struct client *listener = harness_client(h);
    harness_send_as(h, listener, "PSUBSCRIBE __key*@0__:*");
#define EVENT(event) "*4\r\n$8\r\npmessage\r\n$12\r\n__key*@0__:*\r\n$16\r\n__keyspace@0__:d\r\n" event
    harness_send(h, "RPUSH l 2 1");
    h->server->notify_classes = events_parse_classes("Klgn");
    harness_send(h, "SORT l STORE d");
    assert_sent(h, listener, EVENT("$3\r\nnew\r\n") EVENT("$9\r\nsortstore\r\n"));
    harness_send(h, "SORT l STORE d LIMIT 5 1");
    assert_sent(h, listener, EVENT("$3\r\ndel\r\n"));
    harness_send(h, "SORT l STORE d LIMIT 5 1");
    harness_send(h, "SORT l");
    assert_sent(h, listener, "");
}

/* ---- many elements ---- */

enum { LARGE = 200000, A_LINE = 1000 };

/* 199999 down to 0. */
static void fill(struct harness *h)
{
    struct buf line = {0};
    for (int i = 0; i < LARGE; i += A_LINE) {
        line.len = 0;
        buf_printf(&line, "RPUSH large");
        for (int j = i; j < i + A_LINE; j++)
            buf_printf(&line, " %d", LARGE - 1 - j);
        harness_send(h, buf_cstring(&line));
    }
    buf_clear(&line);
}

static void others_are_served_meanwhile(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    fill(h);
    harness_begin(h, h->client, "SORT large LIMIT 100 2");
    client_feed(other, BYTES("DEL large\r\n"));
    tick(h->server, 0);
    assert_sent(h, other, ":1\r\n");
    assert_end(h, h->client, "*2\r\n$3\r\n100\r\n$3\r\n101\r\n");
    assert_reply(h, "EXISTS large", ":0\r\n");
}

/* The harness replays what was recorded, which tells only of the end. */
static void what_is_stored_is_what_there_is_in_the_end(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    fill(h);
    harness_begin(h, h->client, "SORT large STORE sorted");
    assert_end(h, h->client, ":200000\r\n");
    assert_reply(h, "LRANGE sorted 0 1", "*2\r\n$1\r\n0\r\n$1\r\n1\r\n");
    assert_reply(h, "LRANGE sorted -1 -1", "*1\r\n$6\r\n199999\r\n");
    harness_begin(h, h->client, "SORT large STORE sorted");
    client_feed(other, BYTES("RPUSH large -7\r\n"));
    assert_end(h, h->client, ":200001\r\n");
    assert_reply(h, "LINDEX sorted 0", "$2\r\n-7\r\n");
    harness_begin(h, h->client, "SORT large STORE sorted");
    client_feed(other, BYTES("SET large x\r\n"));
    assert_end(h, h->client, WRONG_TYPE);
}

static void other_keys_are_looked_at_on_the_way(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    fill(h);
    harness_send(h, "MSET w:777 -2 w:888 -1 n:777 lucky");
    harness_begin(h, h->client, "SORT large BY w:* LIMIT 0 3");
    assert_meanwhile(h, other, "PING", "+PONG\r\n");
    assert_end(h, h->client, "*3\r\n$3\r\n777\r\n$3\r\n888\r\n$1\r\n0\r\n");
    harness_begin(h, h->client, "SORT large BY w:* ALPHA DESC LIMIT 0 2 GET # GET n:*");
    assert_meanwhile(h, other, "DEL large", ":1\r\n");
    assert_end(h, h->client, "*4\r\n$3\r\n777\r\n$5\r\nlucky\r\n$3\r\n888\r\n$-1\r\n");
}

static void who_stores_what_other_keys_say_sees_them_at_one_time(void **state)
{
    struct harness *h = *state;
    fill(h);
    harness_send(h, "MSET w:777 -2 w:888 -1");
    assert_reply(h, "SORT large BY w:* LIMIT 0 3 STORE sorted", ":3\r\n");
    assert_reply(h, "LRANGE sorted 0 -1", "*3\r\n$3\r\n777\r\n$3\r\n888\r\n$1\r\n0\r\n");
}

/* As if there were no such key. */
static void patterns_do_not_find_what_is_no_string(void **state)
{
    struct harness *h = *state;
    (void)harness_send(h, "RPUSH l 2 1 3");
    (void)harness_send(h, "RPUSH name_1 x");
    (void)harness_send(h, "MSET name_2 two w_3 -1");
    (void)harness_send(h, "RPUSH w_2 -2");
    assert_reply(h, "SORT l GET name_*", "*3\r\n$-1\r\n$3\r\ntwo\r\n$-1\r\n");
    assert_reply(h, "SORT l BY w_*", "*3\r\n$1\r\n3\r\n$1\r\n1\r\n$1\r\n2\r\n");
    assert_reply(h, "SORT l GET name_*->field", "*3\r\n$-1\r\n$-1\r\n$-1\r\n");
}

static void a_pattern_may_have_dashes(void **state)
{
    struct harness *h = *state;
    harness_send(h, "RPUSH q 1");
    harness_send(h, "SET s-1 w");
    harness_send(h, "HSET h-1 f v");
    harness_send(h, "HSET h-1-x f u");
    assert_reply(h, "SORT q BY nosort GET s-*", "*1\r\n$1\r\nw\r\n");
    assert_reply(h, "SORT q BY nosort GET h-*->f", "*1\r\n$1\r\nv\r\n");
    assert_reply(h, "SORT q BY nosort GET h-*-x->f", "*1\r\n$1\r\nu\r\n");
    assert_reply(h, "SORT q BY nosort GET s-*->", "*1\r\n$-1\r\n");
}

static void keys_of_sort_are_told(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "COMMAND GETKEYS SORT k LIMIT 0 1 STORE d", "*2\r\n$1\r\nk\r\n$1\r\nd\r\n");
    assert_reply(h, "COMMAND GETKEYS SORT k LIMIT STORE 1 GET STORE BY x", "*1\r\n$1\r\nk\r\n");
    assert_reply(h, "COMMAND GETKEYS SORT k STORE a STORE b", "*2\r\n$1\r\nk\r\n$1\r\nb\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(elements_are_sorted_by_number_or_text),
        HARNESS_TEST(what_is_no_number_has_no_place_among_numbers),
        HARNESS_TEST(parts_of_what_is_sorted),
        HARNESS_TEST(weights_and_results_are_found_by_patterns),
        HARNESS_TEST(what_is_sorted_can_be_stored),
        HARNESS_TEST(strings_and_hashes_are_not_sorted),
        HARNESS_TEST(storing_is_notified),
        HARNESS_TEST(others_are_served_meanwhile),
        HARNESS_TEST(what_is_stored_is_what_there_is_in_the_end),
        HARNESS_TEST(other_keys_are_looked_at_on_the_way),
        HARNESS_TEST(who_stores_what_other_keys_say_sees_them_at_one_time),
        HARNESS_TEST(patterns_do_not_find_what_is_no_string),
        HARNESS_TEST(a_pattern_may_have_dashes),
        HARNESS_TEST(keys_of_sort_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
