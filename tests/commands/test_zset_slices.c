/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorted sets so large that no processor is done with one within a tick: what others do in between, and what
 * they see. */
#include "engine/client_io.h"
#include "engine/tick.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { LARGE = 100000, A_LINE = 1000 };

static void fill(struct harness *h, const char *key, int count)
{
    struct buf line = {0};
    for (int i = 0; i < count; i += A_LINE) {
        line.len = 0;
        buf_printf(&line, "ZADD %s", key);
        for (int j = i; j < i + A_LINE; j++)
            buf_printf(&line, " %d m%d", j % 5000, 100000 + j);
        assert_reply(h, buf_cstring(&line), ":1000\r\n");
    }
    buf_clear(&line);
}

static struct client *make_large(struct harness *h)
{
    fill(h, "large", LARGE);
    assert_reply(h, "ZADD small 1 m100000 2 m100001 3 x", ":3\r\n");
    return harness_client(h);
}

static void others_are_served_meanwhile(void **state)
{
    struct harness *h = *state;
    struct client *other = make_large(h);
    harness_begin(h, h->client, "ZUNIONSTORE result 2 large small");
    assert_meanwhile(h, other, "PING", "+PONG\r\n");
    assert_meanwhile(h, other, "EXISTS result", ":0\r\n");
    assert_end(h, h->client, ":100001\r\n");
    assert_reply(h, "ZSCORE result m100001", "$1\r\n3\r\n");
    assert_reply(h, "ZDIFFSTORE result 2 result large", ":1\r\n");
    assert_reply(h, "OBJECT ENCODING result", "$8\r\nlistpack\r\n");
}

/* The harness replays what was recorded, which tells only of the end. */
static void what_is_stored_is_what_the_sets_hold_in_the_end(void **state)
{
    struct harness *h = *state;
    struct client *other = make_large(h);
    harness_begin(h, h->client, "ZUNIONSTORE result 3 large small missing WEIGHTS 1 2 3");
    assert_meanwhile(h, other, "ZADD large 1 y", ":1\r\n");
    assert_end(h, h->client, ":100002\r\n");
    assert_reply(h, "ZSCORE result x", "$1\r\n6\r\n");
    harness_begin(h, h->client, "ZUNIONSTORE result 2 large small");
    assert_meanwhile(h, other, "ZREM small x", ":1\r\n");
    assert_end(h, h->client, ":100001\r\n");
    harness_begin(h, h->client, "ZDIFFSTORE result 2 large missing");
    assert_meanwhile(h, other, "SET missing x", "+OK\r\n");
    assert_end(h, h->client, "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
    harness_begin(h, h->client, "ZRANGESTORE result large 0 -1");
    assert_meanwhile(h, other, "ZADD large 1 z", ":1\r\n");
    assert_end(h, h->client, ":100002\r\n");
    harness_begin(h, h->client, "ZUNIONSTORE result 2 large large");
    assert_meanwhile(h, other, "FLUSHALL", "+OK\r\n");
    assert_end(h, h->client, ":0\r\n");
}

static void what_is_read_is_what_the_sets_held_in_the_beginning(void **state)
{
    struct harness *h = *state;
    struct client *other = make_large(h);
    harness_begin(h, h->client, "ZINTERCARD 2 large large");
    assert_meanwhile(h, other, "ZREM large m100000", ":1\r\n");
    assert_meanwhile(h, other, "DEL large", ":1\r\n");
    assert_end(h, h->client, ":100000\r\n");
    fill(h, "large", LARGE);
    harness_begin(h, h->client, "ZRANGE large 0 -1");
    assert_meanwhile(h, other, "ZREM large m100000", ":1\r\n");
    harness_run(h);
    struct bytes reply = harness_replies(h, h->client);
    assert_int_equal(reply.len, strlen("*100000\r\n") + LARGE * strlen("$7\r\nm100000\r\n"));
    assert_true(bytes_starts_with(reply, BYTES("*100000\r\n$7\r\nm100000\r\n$7\r\nm105000\r\n")));
}

static void a_long_range_is_removed_meanwhile(void **state)
{
    struct harness *h = *state;
    struct client *other = make_large(h);
    assert_reply(h, "EXPIRE large 1000", ":1\r\n");
    harness_begin(h, h->client, "ZREMRANGEBYRANK large 10 89999");
    assert_meanwhile(h, other, "ZCARD large", ":100000\r\n");
    assert_end(h, h->client, ":89990\r\n");
    assert_reply(h, "ZCARD large", ":10010\r\n");
    assert_reply(h, "TTL large", ":1000\r\n");
    harness_begin(h, h->client, "ZREMRANGEBYSCORE large 1 (5000");
    assert_meanwhile(h, other, "ZADD large 1 y", ":1\r\n");
    assert_end(h, h->client, ":10001\r\n");
    assert_reply(h, "ZCARD large", ":10\r\n");
    assert_reply(h, "DEL large", ":1\r\n");
    fill(h, "large", LARGE);
    assert_reply(h, "ZREMRANGEBYLEX large - +", ":100000\r\n");
    assert_reply(h, "EXISTS large", ":0\r\n");
}

static void all_that_a_waiting_client_pops_is_gone_at_once(void **state)
{
    struct harness *h = *state;
    struct client *other = make_large(h);
    harness_begin(h, h->client, "BZMPOP 0 2 none large MAX COUNT 100001");
    assert_meanwhile(h, other, "EXISTS large", ":0\r\n");
    assert_meanwhile(h, other, "ZADD large 1 m100000", ":1\r\n");
    harness_run(h);
    struct bytes reply = harness_replies(h, h->client);
    const char *begin = "*2\r\n$5\r\nlarge\r\n*100000\r\n*2\r\n$7\r\nm199999\r\n$4\r\n4999\r\n";
    assert_true(bytes_starts_with(reply, bytes_of(begin)));
    assert_reply(h, "ZCARD large", ":1\r\n");
    fill(h, "more", LARGE);
    harness_begin(h, h->client, "BZMPOP 0 1 awaited MIN COUNT 100000");
    assert_reply_as(h, other, "RENAME more awaited", "+OK\r\n");
    assert_reply_as(h, other, "EXISTS awaited", ":0\r\n");
    reply = harness_replies(h, h->client);
    assert_true(bytes_starts_with(reply, BYTES("*2\r\n$7\r\nawaited\r\n*100000\r\n*2\r\n$7\r\nm100000\r\n")));
}

static void half_is_popped_meanwhile(void **state)
{
    struct harness *h = *state;
    struct client *other = make_large(h);
    harness_begin(h, h->client, "BZMPOP 0 2 none large MAX COUNT 50000");
    assert_meanwhile(h, other, "ZCARD large", ":100000\r\n");
    harness_run(h);
    const char *begin = "*2\r\n$5\r\nlarge\r\n*50000\r\n*2\r\n$7\r\nm199999\r\n$4\r\n4999\r\n";
    assert_true(bytes_starts_with(harness_replies(h, h->client), bytes_of(begin)));
    assert_reply(h, "ZRANGE large -1 -1", "*1\r\n$7\r\nm197499\r\n");
}

static struct client *wait_for(struct harness *h, const char *line)
{
    struct client *client = harness_client(h);
    harness_begin(h, client, line);
    assert_int_equal(client->wait.kind, WAIT_KEYS);
    return client;
}

static void who_waited_is_served_meanwhile_and_in_order(void **state)
{
    struct harness *h = *state;
    struct client *other = make_large(h);
    struct client *first = wait_for(h, "BZMPOP 0 2 none awaited MIN COUNT 60000");
    struct client *second = wait_for(h, "BZPOPMIN awaited 0");
    assert_meanwhile(h, h->client, "RENAME large awaited", "+OK\r\n");
    assert_meanwhile(h, other, "ZCARD awaited", ":100000\r\n");
    assert_int_equal(first->wait.kind, WAIT_WORK);
    harness_run(h);
    struct bytes reply = harness_replies(h, first);
    assert_true(bytes_starts_with(reply, BYTES("*2\r\n$7\r\nawaited\r\n*60000\r\n*2\r\n$7\r\nm100000\r\n")));
    harness_assert(harness_replies(h, second),
                   BYTES("*3\r\n$7\r\nawaited\r\n$7\r\nm103000\r\n$4\r\n3000\r\n"), "the second", __FILE__,
                   __LINE__);
    assert_reply(h, "ZCARD awaited", ":39999\r\n");
    assert_reply(h, "PING", "+PONG\r\n");
}

static void who_is_late_waits_again(void **state)
{
    struct harness *h = *state;
    struct client *other = make_large(h);
    assert_reply(h, "COPY large more", ":1\r\n");
    struct client *client = wait_for(h, "BZMPOP 10 1 awaited MIN COUNT 60000");
    harness_advance(h, 4000);
    assert_meanwhile(h, h->client, "RENAME large awaited", "+OK\r\n");
    assert_meanwhile(h, other, "DEL awaited", ":1\r\n");
    harness_run(h);
    assert_int_equal(client->wait.kind, WAIT_KEYS);
    harness_advance(h, 5900);
    assert_int_equal(client->wait.kind, WAIT_KEYS);
    harness_advance(h, 200);
    assert_end(h, client, "*-1\r\n");
    harness_begin(h, client, "BZMPOP 0 1 more MIN COUNT 60000");
    assert_meanwhile(h, other, "DEL more", ":1\r\n");
    harness_run(h);
    assert_int_equal(client->wait.kind, WAIT_KEYS);
    assert_reply(h, "ZADD more 1 a", ":1\r\n");
    assert_end(h, client, "*2\r\n$4\r\nmore\r\n*1\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n");
}

/* What it took is carried through; what it would have to wait for is nothing to it. */
static void who_goes_away_while_it_is_served_waits_for_nothing(void **state)
{
    struct harness *h = *state;
    struct client *other = make_large(h);
    struct client *client = wait_for(h, "BZMPOP 0 1 awaited MIN COUNT 60000");
    assert_reply(h, "COPY large more", ":1\r\n");
    assert_meanwhile(h, h->client, "RENAME large awaited", "+OK\r\n");
    client_close(client);
    assert_meanwhile(h, other, "ZCARD awaited", ":100000\r\n");
    harness_run(h);
    assert_reply(h, "ZCARD awaited", ":40000\r\n");
    client = wait_for(h, "BZMPOP 0 1 again MIN COUNT 60000");
    assert_meanwhile(h, h->client, "RENAME more again", "+OK\r\n");
    client_close(client);
    assert_meanwhile(h, other, "DEL again", ":1\r\n");
    harness_run(h);
    assert_int_equal(h->server->blocking.keys.count, 0);
}

static void who_goes_away_leaves_nothing_behind(void **state)
{
    struct harness *h = *state;
    struct client *other = make_large(h);
    client_feed(other, BYTES("ZUNION 2 large small\r\n"));
    tick(h->server, 0);
    assert_true(other->flags & CLIENT_BUSY);
    client_close(other);
    harness_run(h);
    assert_reply(h, "ZCARD large", ":100000\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(others_are_served_meanwhile),
        HARNESS_TEST(what_is_stored_is_what_the_sets_hold_in_the_end),
        HARNESS_TEST(what_is_read_is_what_the_sets_held_in_the_beginning),
        HARNESS_TEST(a_long_range_is_removed_meanwhile),
        HARNESS_TEST(all_that_a_waiting_client_pops_is_gone_at_once),
        HARNESS_TEST(half_is_popped_meanwhile),
        HARNESS_TEST(who_waited_is_served_meanwhile_and_in_order),
        HARNESS_TEST(who_is_late_waits_again),
        HARNESS_TEST(who_goes_away_while_it_is_served_waits_for_nothing),
        HARNESS_TEST(who_goes_away_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
