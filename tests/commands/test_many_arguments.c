/* SPDX-License-Identifier: BSD-3-Clause */
/* Requests of so many arguments that no processor is done with one within a tick: what others do in between,
 * and what they see. */
#include "engine/client_io.h"
#include "engine/long_work.h"
#include "engine/tick.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { MANY = 60000 };

/* `head`, and for each number what `element` makes of it. */
static char *line_of(struct buf *line, const char *head, const char *element)
{
    line->len = 0;
    buf_append_text(line, head);
    for (int i = 0; i < MANY; i++) {
        for (const char *at = element; *at; at++) {
            if (*at == '#')
                buf_printf(line, "%d", 100000 + i);
            else
                buf_append_char(line, *at);
        }
    }
    return (char *)buf_cstring(line);
}

/* The request goes on meanwhile, and others see nothing of it; `end` is its answer. */
static void assert_long(struct harness *h, const char *head, const char *element, const char *question,
                        const char *answer, const char *end)
{
    struct client *other = h->client_count > 1 ? h->clients[1] : harness_client(h);
    struct buf line = {0};
    harness_begin(h, h->client, line_of(&line, head, element));
    assert_meanwhile(h, other, question, answer);
    assert_end(h, h->client, end);
    buf_clear(&line);
}

/* The same, of which the answer has this length and begins so. */
static void assert_told(struct harness *h, const char *head, const char *element, const char *begin,
                        size_t len)
{
    struct client *other = h->client_count > 1 ? h->clients[1] : harness_client(h);
    struct buf line = {0};
    harness_begin(h, h->client, line_of(&line, head, element));
    assert_meanwhile(h, other, "PING", "+PONG\r\n");
    harness_run(h);
    struct bytes reply = harness_replies(h, h->client);
    assert_int_equal(reply.len, len);
    assert_true(bytes_starts_with(reply, bytes_of(begin)));
    buf_clear(&line);
}

/* Which is seen soon, and nothing has happened. */
static void assert_refused(struct harness *h, const char *head, const char *element, const char *answer)
{
    struct buf line = {0};
    harness_assert(harness_send(h, line_of(&line, head, element)), bytes_of(answer), head, __FILE__,
                   __LINE__);
    buf_clear(&line);
}

static void sets_and_lists_change_as_a_whole(void **state)
{
    struct harness *h = *state;
    assert_long(h, "SADD s", " m#", "EXISTS s", ":0\r\n", ":60000\r\n");
    assert_long(h, "SADD s x", " m#", "SCARD s", ":60000\r\n", ":1\r\n");
    assert_long(h, "SREM s y", " m#", "SCARD s", ":60001\r\n", ":60000\r\n");
    assert_reply(h, "SMEMBERS s", "*1\r\n$1\r\nx\r\n");
    assert_long(h, "RPUSH l a", " m#", "EXISTS l", ":0\r\n", ":60001\r\n");
    assert_long(h, "LPUSHX l", " m#", "LLEN l", ":60001\r\n", ":120001\r\n");
    assert_reply(h, "LINDEX l 0", "$7\r\nm159999\r\n");
    assert_reply(h, "LINDEX l 60000", "$1\r\na\r\n");
    assert_reply(h, "LINDEX l -1", "$7\r\nm159999\r\n");
}

static void hashes_change_as_a_whole(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "HSET h f100000 a x y", ":2\r\n");
    assert_reply(h, "EXPIRE h 1000", ":1\r\n");
    assert_long(h, "HSET h", " f# #", "HLEN h", ":2\r\n", ":59999\r\n");
    assert_reply(h, "HGET h f100000", "$6\r\n100000\r\n");
    assert_reply(h, "TTL h", ":1000\r\n");
    assert_long(h, "HMSET h2", " f# #", "EXISTS h2", ":0\r\n", "+OK\r\n");
    assert_long(h, "HDEL h", " f#", "HLEN h", ":60001\r\n", ":60000\r\n");
    assert_reply(h, "HGETALL h", "*2\r\n$1\r\nx\r\n$1\r\ny\r\n");
}

static void ends_of_fields_come_as_a_whole(void **state)
{
    struct harness *h = *state;
    assert_long(h, "HSETEX h FNX EX 100 FIELDS 60000", " f# #", "EXISTS h", ":0\r\n", ":1\r\n");
    assert_reply(h, "HTTL h FIELDS 1 f159999", "*1\r\n:100\r\n");
    assert_long(h, "HSETEX h FNX EX 100 FIELDS 60001 g 1", " e# #", "HLEN h", ":60000\r\n", ":1\r\n");
    assert_refused(h, "HSETEX h FXX FIELDS 60001 a 1", " f# #", ":0\r\n");
    assert_reply(h, "HEXISTS h a", ":0\r\n");
    assert_told(h, "HEXPIRE h 50 FIELDS 60001 a", " f#", "*60001\r\n:-2\r\n:1\r\n", 8 + 5 + 60000 * 4);
    assert_reply(h, "HTTL h FIELDS 1 f159999", "*1\r\n:50\r\n");
    assert_told(h, "HGETEX h EX 10 FIELDS 60001 a", " f#", "*60001\r\n$-1\r\n$6\r\n100000\r\n",
                8 + 5 + 60000 * 12);
    assert_told(h, "HTTL h FIELDS 60001 a", " f#", "*60001\r\n:-2\r\n:10\r\n", 8 + 5 + 60000 * 5);
    assert_told(h, "HPERSIST h FIELDS 60001 g", " f#", "*60001\r\n:1\r\n:1\r\n", 8 + 60001 * 4);
    assert_told(h, "HGETDEL h FIELDS 60001 a", " f#", "*60001\r\n$-1\r\n$6\r\n100000\r\n",
                8 + 5 + 60000 * 12);
    assert_reply(h, "HLEN h", ":60001\r\n");
}

static void sorted_sets_change_as_a_whole(void **state)
{
    struct harness *h = *state;
    assert_long(h, "ZADD z CH 1 x", " # m#", "EXISTS z", ":0\r\n", ":60001\r\n");
    assert_long(h, "ZADD z CH LT 0 x", " 130000 m#", "ZCARD z", ":60001\r\n", ":30000\r\n");
    assert_reply(h, "ZSCORE z m159999", "$6\r\n130000\r\n");
    assert_refused(h, "ZADD z 5 new", " nan m#", "-ERR value is not a valid float\r\n");
    assert_reply(h, "ZSCORE z new", "$-1\r\n");
    assert_long(h, "ZREM z y", " m#", "ZCARD z", ":60001\r\n", ":60000\r\n");
    assert_reply(h, "ZRANGE z 0 -1 WITHSCORES", "*2\r\n$1\r\nx\r\n$1\r\n0\r\n");
    assert_long(h, "GEOADD geo", " 13.5 38.25 m#", "EXISTS geo", ":0\r\n", ":60000\r\n");
}

static void what_is_read_is_of_one_moment(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    struct buf line = {0};
    harness_send(h, line_of(&line, "SADD s", " m#"));
    harness_begin(h, h->client, line_of(&line, "SMISMEMBER s x", " m#"));
    assert_meanwhile(h, other, "DEL s", ":1\r\n");
    harness_run(h);
    assert_int_equal(harness_replies(h, h->client).len, 8 + 60001 * 4);
    harness_send(h, line_of(&line, "HSET h", " f# #"));
    assert_told(h, "HMGET h a", " f#", "*60001\r\n$-1\r\n$6\r\n100000\r\n", 8 + 5 + 60000 * 12);
    harness_send(h, line_of(&line, "ZADD z", " # m#"));
    assert_told(h, "ZMSCORE z a", " m#", "*60001\r\n$-1\r\n$6\r\n100000\r\n", 8 + 5 + 60000 * 12);
    assert_told(h, "GEOHASH z a", " m#", "*60001\r\n$-1\r\n$11\r\n", 8 + 5 + 60000 * 18);
    buf_clear(&line);
}

/* The harness replays what was recorded, which tells only of the end. */
static void it_is_done_to_what_the_key_holds_in_the_end(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    struct buf line = {0};
    harness_begin(h, h->client, line_of(&line, "SADD s", " m#"));
    assert_meanwhile(h, other, "SADD s m100000 y", ":2\r\n");
    assert_end(h, h->client, ":59999\r\n");
    harness_begin(h, h->client, line_of(&line, "SREM s", " m#"));
    assert_meanwhile(h, other, "DEL s", ":1\r\n");
    assert_end(h, h->client, ":0\r\n");
    harness_begin(h, h->client, line_of(&line, "ZADD z", " # m#"));
    assert_meanwhile(h, other, "SET z a", "+OK\r\n");
    assert_end(h, h->client, "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
    harness_begin(h, h->client, line_of(&line, "HSET h", " f# #"));
    client_close(h->client);
    harness_run(h);
    assert_reply_as(h, other, "HLEN h", ":60000\r\n");
    buf_clear(&line);
}

/* As clients send it. */
static void append_request(struct buf *out, const char *head, const char *element)
{
    struct buf key = {0};
    buf_printf(out, "*%d\r\n$%zu\r\n%s\r\n$1\r\ns\r\n", MANY + 2, strlen(head), head);
    for (int i = 0; i < MANY; i++) {
        key.len = 0;
        buf_printf(&key, "%s%d", element, 100000 + i);
        buf_printf(out, "$%zu\r\n%s\r\n", key.len, buf_cstring(&key));
    }
    buf_clear(&key);
}

/* Its bytes are kept as they came; those behind are the client's. */
static void what_follows_it_is_read_when_it_is_done(void **state)
{
    struct harness *h = *state;
    struct buf requests = {0};
    append_request(&requests, "SADD", "m");
    buf_append_text(&requests, "*2\r\n$5\r\nSCARD\r\n$1\r\ns\r\n");
    append_request(&requests, "SREM", "m1");
    buf_append_text(&requests, "*2\r\n$4\r\nECHO\r\n$5\r\nhe");
    client_feed(h->client, buf_bytes(&requests));
    assert_sent(h, h->client, "");
    assert_end(h, h->client, ":60000\r\n:60000\r\n:0\r\n");
    assert_int_equal(h->client->input.len, strlen("*2\r\n$4\r\nECHO\r\n$5\r\nhe"));
    harness_assert(harness_feed(h, h->client, BYTES("llo\r\n")), BYTES("$5\r\nhello\r\n"), "the rest",
                   __FILE__, __LINE__);
    buf_clear(&requests);
}

/* A second copy of very many took long. */
static void its_arguments_are_not_copied(void **state)
{
    struct harness *h = *state;
    struct buf request = {0};
    append_request(&request, "SADD", "member:of:this:set:");
    client_feed(h->client, buf_bytes(&request));
    const char *input = h->client->input.data;
    tick(h->server, 0);
    assert_true(h->client->flags & CLIENT_BUSY);
    const struct bytes *argv = long_work_call(h->client->wait.work)->argv;
    assert_ptr_equal(argv[2].data, input + strlen("*60002\r\n$4\r\nSADD\r\n$1\r\ns\r\n$25\r\n"));
    assert_true(client_memory(h->client) > request.len + MANY * sizeof *argv);
    assert_end(h, h->client, ":60000\r\n");
    buf_clear(&request);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(sets_and_lists_change_as_a_whole),
        HARNESS_TEST(hashes_change_as_a_whole),
        HARNESS_TEST(ends_of_fields_come_as_a_whole),
        HARNESS_TEST(sorted_sets_change_as_a_whole),
        HARNESS_TEST(what_is_read_is_of_one_moment),
        HARNESS_TEST(it_is_done_to_what_the_key_holds_in_the_end),
        HARNESS_TEST(what_follows_it_is_read_when_it_is_done),
        HARNESS_TEST(its_arguments_are_not_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
