/* SPDX-License-Identifier: BSD-3-Clause */
/* Replies so large that they are made in steps: each is what it would be at once, whatever others do
 * meanwhile, and what is popped is gone. */
#include "base/alloc.h"
#include "engine/client_io.h"
#include "engine/tick.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { LARGE = 60000, A_LINE = 1000 };

/* Elements of one word, or of two: letters and a number; behind an @ a large one, as points have. */
static void fill(struct harness *h, const char *command, const char *first, const char *second)
{
    struct buf line = {0};
    for (int i = 0; i < LARGE; i += A_LINE) {
        line.len = 0;
        buf_printf(&line, "%s large", command);
        for (int j = i; j < i + A_LINE; j++) {
            buf_printf(&line, *first == '@' ? " %s%d00000000000" : " %s%d", first + (*first == '@'), j);
            if (second)
                buf_printf(&line, " %s%d", second, j);
        }
        (void)harness_send(h, buf_cstring(&line));
    }
    buf_clear(&line);
}

static void fill_type(struct harness *h, char type)
{
    (void)harness_send(h, "DEL large");
    switch (type) {
    case 'h':
        fill(h, "HSET", "f", "v");
        break;
    case 's':
        fill(h, "SADD", "m", NULL);
        break;
    case 'z':
        fill(h, "ZADD", "", "m");
        break;
    case 'g':
        fill(h, "ZADD", "@", "m");
        break;
    default:
        fill(h, "RPUSH", "e", NULL);
    }
}

/* What the line is answered in a transaction, which isn't cut into steps. */
static struct buf answer_at_once(struct harness *h, const char *line)
{
    struct buf answer = {0};
    assert_reply(h, "MULTI", "+OK\r\n");
    assert_reply(h, line, "+QUEUED\r\n");
    struct bytes reply = harness_send(h, "EXEC");
    assert_true(bytes_starts_with(reply, BYTES("*1\r\n")));
    buf_append(&answer, reply.data + 4, reply.len - 4);
    return answer;
}

static void ends_with(struct harness *h, struct buf *expected)
{
    harness_run(h);
    struct bytes reply = harness_replies(h, h->client);
    assert_int_equal(reply.len, expected->len);
    assert_memory_equal(reply.data, expected->data, reply.len);
    buf_clear(expected);
}

static void assert_is_told(struct harness *h, struct client *other, const char *line)
{
    struct buf expected = answer_at_once(h, line);
    (void)harness_send(h, "COPY large kept");
    harness_begin(h, h->client, line);
    assert_meanwhile(h, other, "PING", "+PONG\r\n");
    assert_meanwhile(h, other, "DEL large", ":1\r\n");
    ends_with(h, &expected);
    (void)harness_send(h, "RENAME kept large");
}

static void what_is_told_is_what_was_there_in_the_beginning(void **state)
{
    static const struct {
        char type;
        const char *lines[4];
    } cases[] = {
        {'h', {"HGETALL large", "HKEYS large", "HVALS large", "HSCAN large 0 MATCH *1* COUNT 100000"}},
        {'s', {"SMEMBERS large", "SSCAN large 0 COUNT 100000"}},
        {'z', {"ZRANGE large 0 -1 WITHSCORES", "ZRANGE large 0 -1 REV", "ZSCAN large 0 COUNT 100000"}},
        {'l', {"LRANGE large 0 -1", "LRANGE large 5 -5"}},
        {'g',
         {"GEOSEARCH large FROMLONLAT 1 1 BYRADIUS 30000 km ASC WITHDIST WITHCOORD",
          "GEOSEARCH large FROMMEMBER m7 BYBOX 30000 20000 km COUNT 5000 DESC",
          "GEORADIUS large 1 1 30000 km WITHHASH"}},
    };
    struct harness *h = *state;
    struct client *other = harness_client(h);
    for (int protocol = 2; protocol <= 3; protocol++) {
        (void)harness_send(h, protocol == 2 ? "HELLO 2" : "HELLO 3");
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            fill_type(h, cases[i].type);
            for (int j = 0; j < 4 && cases[i].lines[j]; j++)
                assert_is_told(h, other, cases[i].lines[j]);
        }
    }
}

/* Whether `large` and `left` hold the same. */
static void assert_is_same(struct harness *h, char type)
{
    bool is_list = type == 'l';
    struct bytes left = harness_send(h, is_list ? "LRANGE left 0 -1" : "ZRANGE left 0 -1 WITHSCORES");
    struct buf expected = {0};
    buf_append_bytes(&expected, left);
    client_feed(h->client,
                is_list ? BYTES("LRANGE large 0 -1\r\n") : BYTES("ZRANGE large 0 -1 WITHSCORES\r\n"));
    ends_with(h, &expected);
}

static void what_is_popped_is_gone(void **state)
{
    static const struct {
        char type;
        const char *line;
    } cases[] = {
        {'l', "LPOP large 30000"},
        {'l', "RPOP large 30000"},
        {'l', "LPOP large 100000"},
        {'l', "LMPOP 2 none large RIGHT COUNT 30000"},
        {'z', "ZPOPMIN large 30000"},
        {'z', "ZPOPMAX large 30000"},
        {'z', "ZPOPMAX large 1000000"},
        {'z', "ZMPOP 2 none large MAX COUNT 30000"},
        {'z', "ZMPOP 1 large MIN COUNT 1000000"},
    };
    struct harness *h = *state;
    struct client *other = harness_client(h);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fill_type(h, cases[i].type);
        (void)harness_send(h, "COPY large kept REPLACE");
        struct buf expected = answer_at_once(h, cases[i].line);
        (void)harness_send(h, "COPY large left REPLACE");
        (void)harness_send(h, "COPY kept large REPLACE");
        harness_begin(h, h->client, cases[i].line);
        assert_meanwhile(h, other, "PING", "+PONG\r\n");
        ends_with(h, &expected);
        if (strstr(cases[i].line, "30000"))
            assert_is_same(h, cases[i].type);
        else
            assert_reply(h, "EXISTS large", ":0\r\n");
    }
}

static void a_sorted_set_is_popped_from_as_it_is_in_the_end(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    fill_type(h, 'z');
    harness_begin(h, h->client, "ZPOPMIN large 50000");
    assert_meanwhile(h, other, "DEL large", ":1\r\n");
    assert_meanwhile(h, other, "ZADD large 0 m0 1 m1", ":2\r\n");
    harness_run(h);
    assert_sent(h, h->client, "*4\r\n$2\r\nm0\r\n$1\r\n0\r\n$2\r\nm1\r\n$1\r\n1\r\n");
    fill_type(h, 'z');
    harness_begin(h, h->client, "ZMPOP 1 large MAX COUNT 50000");
    assert_meanwhile(h, other, "DEL large", ":1\r\n");
    harness_run(h);
    assert_sent(h, h->client, "*-1\r\n");
}

static void points_are_stored_as_they_are_in_the_end(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    fill_type(h, 'g');
    harness_begin(h, h->client, "GEOSEARCHSTORE to large FROMLONLAT 1 1 BYRADIUS 30000 km STOREDIST");
    assert_meanwhile(h, other, "EXISTS to", ":0\r\n");
    harness_run(h);
    assert_sent(h, h->client, ":45036\r\n");
    assert_reply(h, "ZCARD to", ":45036\r\n");
    harness_begin(h, h->client, "GEORADIUS large 1 1 30000 km STORE to");
    assert_meanwhile(h, other, "ZREM large m5", ":1\r\n");
    harness_run(h);
    assert_sent(h, h->client, ":45035\r\n");
    harness_begin(h, h->client, "GEOSEARCHSTORE to large FROMMEMBER m8 BYRADIUS 30000 km");
    assert_meanwhile(h, other, "DEL large", ":1\r\n");
    harness_run(h);
    assert_sent(h, h->client, ":0\r\n");
    assert_reply(h, "EXISTS to", ":0\r\n");
}

/* The elements of a reply, by the `$` before each. */
static int count_of_bulks(struct bytes reply)
{
    int count = 0;
    for (size_t i = 0; i < reply.len; i++)
        count += reply.data[i] == '$';
    return count;
}

static void so_many_as_asked_for_are_drawn(void **state)
{
    static const struct {
        char type;
        const char *line;
        int count;
    } cases[] = {
        {'h', "HRANDFIELD large 40000", 40000},
        {'h', "HRANDFIELD large -80000 WITHVALUES", 160000},
        {'z', "ZRANDMEMBER large 40000 WITHSCORES", 80000},
        {'z', "ZRANDMEMBER large -80000", 80000},
        {'s', "SRANDMEMBER large 100000", 60000},
        {'s', "SRANDMEMBER large -80000", 80000},
    };
    struct harness *h = *state;
    struct client *other = harness_client(h);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fill_type(h, cases[i].type);
        harness_begin(h, h->client, cases[i].line);
        assert_meanwhile(h, other, "DEL large", ":1\r\n");
        harness_run(h);
        assert_int_equal(count_of_bulks(harness_replies(h, h->client)), cases[i].count);
    }
    (void)harness_send(h, "HSET small a 1 b 2 c 3");
    harness_begin(h, h->client, "HRANDFIELD small -80000");
    harness_run(h);
    assert_int_equal(count_of_bulks(harness_replies(h, h->client)), 80000);
}

static void nothing_is_told_to_who_wants_no_answer(void **state)
{
    struct harness *h = *state;
    fill_type(h, 'h');
    (void)harness_send(h, "CLIENT REPLY SKIP");
    assert_reply(h, "HGETALL large", "");
    assert_reply(h, "PING", "+PONG\r\n");
    (void)harness_send(h, "CLIENT REPLY OFF");
    assert_reply(h, "HGETALL large", "");
    assert_reply(h, "CLIENT REPLY ON", "+OK\r\n");
    struct client *other = harness_client(h);
    client_feed(other, BYTES("HGETALL large\r\n"));
    tick(h->server, 0);
    assert_true(other->flags & CLIENT_BUSY);
    client_close(other);
    harness_run(h);
    assert_reply(h, "HLEN large", ":60000\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(what_is_told_is_what_was_there_in_the_beginning),
        HARNESS_TEST(what_is_popped_is_gone),
        HARNESS_TEST(a_sorted_set_is_popped_from_as_it_is_in_the_end),
        HARNESS_TEST(points_are_stored_as_they_are_in_the_end),
        HARNESS_TEST(so_many_as_asked_for_are_drawn),
        HARNESS_TEST(nothing_is_told_to_who_wants_no_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
