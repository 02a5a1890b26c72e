/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets so large that no processor is done with one within a tick: what others do in between, and what they
 * see. */
#include "engine/client_io.h"
#include "engine/tick.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { LARGE = 200000, A_LINE = 1000 };

/* A transaction isn't cut into slices. */
#define AT_ONCE(line)       "multi\r\n" line "\r\nexec"
#define DONE_AT_ONCE(reply) "+OK\r\n+QUEUED\r\n*1\r\n" reply

/* Members m100000 and following, `count` of them. */
static void fill(struct harness *h, const char *key, int count)
{
    struct buf line = {0};
    for (int i = 0; i < count; i += A_LINE) {
        line.len = 0;
        buf_printf(&line, "SADD %s", key);
        for (int j = i; j < i + A_LINE; j++)
            buf_printf(&line, " m%d", 100000 + j);
        assert_reply(h, buf_cstring(&line), ":1000\r\n");
    }
    buf_clear(&line);
}

static struct client *make_large(struct harness *h)
{
    fill(h, "large", LARGE);
    assert_reply(h, "SADD small m100000 m100001 x", ":3\r\n");
    return harness_client(h);
}

static void others_are_served_meanwhile(void **state)
{
    struct harness *h = *state;
    struct client *other = make_large(h);
    harness_begin(h, h->client, "SUNIONSTORE result large small");
    assert_meanwhile(h, other, "PING", "+PONG\r\n");
    assert_meanwhile(h, other, "EXISTS result", ":0\r\n");
    assert_end(h, h->client, ":200001\r\n");
    assert_reply(h, "SCARD result", ":200001\r\n");
    assert_reply(h, "OBJECT ENCODING result", "$9\r\nhashtable\r\n");
    assert_reply(h, "SDIFF result large", "*1\r\n$1\r\nx\r\n");
    assert_reply(h, "SINTER result large small", "*2\r\n$7\r\nm100000\r\n$7\r\nm100001\r\n");
    assert_reply(h, "SDIFFSTORE result result large", ":1\r\n");
    assert_reply(h, "OBJECT ENCODING result", "$8\r\nlistpack\r\n");
}

/* The harness replays what was recorded, which tells only of the end. */
static void what_is_stored_is_what_the_sets_hold_in_the_end(void **state)
{
    struct harness *h = *state;
    struct client *other = make_large(h);
    harness_begin(h, h->client, "SUNIONSTORE result large small missing");
    assert_meanwhile(h, other, "SADD large y", ":1\r\n");
    assert_end(h, h->client, ":200002\r\n");
    harness_begin(h, h->client, "SUNIONSTORE result large small missing");
    assert_meanwhile(h, other, "SREM small x", ":1\r\n");
    assert_end(h, h->client, ":200001\r\n");
    harness_begin(h, h->client, "SDIFFSTORE result large missing small");
    assert_meanwhile(h, other, "RENAME small missing", "+OK\r\n");
    assert_end(h, h->client, ":199999\r\n");
    harness_begin(h, h->client, "SDIFFSTORE result large missing");
    assert_meanwhile(h, other, "SET missing x", "+OK\r\n");
    assert_end(h, h->client, "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
    harness_begin(h, h->client, "SUNIONSTORE result large large");
    assert_meanwhile(h, other, "FLUSHALL", "+OK\r\n");
    assert_end(h, h->client, ":0\r\n");
}

static void what_is_read_is_what_the_sets_held_in_the_beginning(void **state)
{
    struct harness *h = *state;
    struct client *other = make_large(h);
    harness_begin(h, h->client, "SINTERCARD 2 large large");
    assert_meanwhile(h, other, "SREM large m100000", ":1\r\n");
    assert_meanwhile(h, other, "DEL large", ":1\r\n");
    assert_end(h, h->client, ":200000\r\n");
    fill(h, "large", LARGE);
    harness_begin(h, h->client, "SMEMBERS large");
    assert_meanwhile(h, other, "SREM large m100000", ":1\r\n");
    harness_run(h);
    struct bytes reply = harness_replies(h, h->client);
    assert_int_equal(reply.len, strlen("*200000\r\n") + LARGE * strlen("$7\r\nm100000\r\n"));
    assert_true(bytes_starts_with(reply, BYTES("*200000\r\n$7\r\nm")));
}

/* Lets the server end, and returns how many members it replied with. */
static int end_with_members(struct harness *h)
{
    int count;
    harness_run(h);
    struct bytes reply = harness_replies(h, h->client);
    assert_int_equal(sscanf(reply.data, "*%d\r\n$7\r\nm", &count), 1);
    assert_int_equal(reply.len, strlen("*100000\r\n") + (size_t)count * strlen("$7\r\nm100000\r\n"));
    return count;
}

static void many_are_popped_from_the_set_as_it_is_in_the_end(void **state)
{
    struct harness *h = *state;
    struct client *other = make_large(h);
    harness_send(h, "COPY large all");
    harness_send(h, "EXPIRE large 100");
    harness_begin(h, h->client, "SPOP large 100000");
    assert_meanwhile(h, other, "SCARD large", ":200000\r\n");
    assert_int_equal(end_with_members(h), 100000);
    assert_reply(h, "SCARD large", ":100000\r\n");
    assert_reply(h, "SINTERCARD 2 large all", ":100000\r\n");
    assert_reply(h, "TTL large", ":100\r\n");
    harness_begin(h, h->client, "SPOP all 100000");
    assert_meanwhile(h, other, "SREM all m100000", ":1\r\n");
    assert_int_equal(end_with_members(h), 100000);
    assert_reply(h, "SCARD all", ":99999\r\n");
    harness_begin(h, h->client, "SPOP large 100000");
    assert_meanwhile(h, other, "DEL large", ":1\r\n");
    assert_end(h, h->client, "*0\r\n");
    harness_begin(h, h->client, "SPOP all 200000");
    harness_run(h);
    (void)harness_replies(h, h->client);
    assert_reply(h, "EXISTS all", ":0\r\n");
}

static void many_are_drawn_from_the_set_as_it_was_in_the_beginning(void **state)
{
    struct harness *h = *state;
    struct client *other = make_large(h);
    harness_begin(h, h->client, "SRANDMEMBER large 100000");
    assert_meanwhile(h, other, "DEL large", ":1\r\n");
    assert_int_equal(end_with_members(h), 100000);
    fill(h, "large", LARGE);
    harness_begin(h, h->client, "SRANDMEMBER large -150000");
    assert_meanwhile(h, other, "DEL large", ":1\r\n");
    assert_int_equal(end_with_members(h), 150000);
}

static void a_transaction_has_it_done_at_once(void **state)
{
    struct harness *h = *state;
    struct client *other = make_large(h);
    assert_meanwhile(h, other, AT_ONCE("SUNIONSTORE result large small"), DONE_AT_ONCE(":200001\r\n"));
    assert_meanwhile(h, other, AT_ONCE("SINTERCARD 2 result large"), DONE_AT_ONCE(":200000\r\n"));
}

static void who_goes_away_leaves_nothing_behind(void **state)
{
    struct harness *h = *state;
    struct client *other = make_large(h);
    client_feed(other, BYTES("SUNION large small\r\n"));
    tick(h->server, 0);
    assert_true(other->flags & CLIENT_BUSY);
    client_close(other);
    harness_run(h);
    assert_reply(h, "SCARD large", ":200000\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(others_are_served_meanwhile),
        HARNESS_TEST(what_is_stored_is_what_the_sets_hold_in_the_end),
        HARNESS_TEST(what_is_read_is_what_the_sets_held_in_the_beginning),
        HARNESS_TEST(many_are_popped_from_the_set_as_it_is_in_the_end),
        HARNESS_TEST(many_are_drawn_from_the_set_as_it_was_in_the_beginning),
        HARNESS_TEST(a_transaction_has_it_done_at_once),
        HARNESS_TEST(who_goes_away_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
