/* SPDX-License-Identifier: BSD-3-Clause */
/* WATCH: what a watched key forgives, and what it does not. */
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define OK     "+OK\r\n"
#define QUEUED "+QUEUED\r\n"
#define NIL    "*-1\r\n"

/* ---- WATCH ---- */

/* What EXEC answers to a transaction of one GET. */
static struct bytes exec_get(struct harness *h)
{
    harness_send(h, "MULTI");
    harness_send(h, "STRLEN k");
    return harness_send(h, "EXEC");
}

#define assert_executes(h)      assert_false(bytes_is(exec_get(h), NIL))
#define assert_does_not_exec(h) assert_true(bytes_is(exec_get(h), NIL))

static void changed_key_prevents_exec(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    assert_reply(h, "WATCH k j", OK);
    harness_send_as(h, other, "SET other 1");
    assert_executes(h);
    harness_send(h, "WATCH j k");
    harness_send_as(h, other, "SET k 1");
    assert_does_not_exec(h);
    assert_executes(h);
}

static void own_change_prevents_exec_too(void **state)
{
    struct harness *h = *state;
    harness_send(h, "WATCH k");
    harness_send(h, "SET k 1");
    assert_does_not_exec(h);
}

static void change_inside_the_transaction_does_not(void **state)
{
    struct harness *h = *state;
    harness_send(h, "WATCH k");
    harness_send(h, "MULTI");
    harness_send(h, "SET k 1");
    harness_send(h, "SET k 2");
    assert_reply(h, "EXEC", "*2\r\n+OK\r\n+OK\r\n");
}

static void everybody_who_watches_is_told(void **state)
{
    struct harness *h = *state;
    struct client *a = harness_client(h), *b = harness_client(h);
    harness_send_as(h, a, "WATCH k x y");
    harness_send_as(h, b, "WATCH x k");
    harness_send_as(h, b, "WATCH k");
    harness_send(h, "SET k 1");
    harness_send(h, "SET k 2");
    assert_true(a->flags & b->flags & CLIENT_DIRTY_WATCH);
    harness_send_as(h, a, "UNWATCH");
    assert_false(a->flags & CLIENT_DIRTY_WATCH);
    harness_send_as(h, a, "WATCH k");
    harness_send(h, "SET k 3");
    assert_true(a->flags & CLIENT_DIRTY_WATCH);
}

static void unwatch_forgives(void **state)
{
    struct harness *h = *state;
    harness_send(h, "WATCH k");
    harness_send(h, "SET k 1");
    assert_reply(h, "UNWATCH", OK);
    assert_null(h->client->transaction);
    assert_executes(h);
}

static void dirty_client_need_not_watch_more(void **state)
{
    struct harness *h = *state;
    harness_send(h, "WATCH k");
    harness_send(h, "SET k 1");
    assert_reply(h, "WATCH j", OK);
    assert_does_not_exec(h);
    harness_send(h, "SET j 1");
    assert_executes(h);
}

static void databases_have_keys_of_their_own(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    harness_send_as(h, other, "SELECT 5");
    harness_send(h, "WATCH k");
    harness_send_as(h, other, "SET k 1");
    assert_executes(h);
    harness_send(h, "SELECT 5");
    harness_send(h, "WATCH k");
    harness_send(h, "SELECT 0");
    harness_send_as(h, other, "SET k 2");
    assert_does_not_exec(h);
}

static void key_that_expires_prevents_exec(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SET k v PX 100");
    harness_send(h, "WATCH k");
    harness_advance(h, 200);
    assert_does_not_exec(h);
}

static void key_that_expires_unseen_prevents_exec(void **state)
{
    struct harness *h = *state;
    store_set_active_expire(h->server->store, false);
    harness_send(h, "SET k v PX 100");
    harness_send(h, "WATCH k");
    harness_advance(h, 200);
    assert_does_not_exec(h);
}

static void key_that_was_dead_at_watch_was_never_there(void **state)
{
    struct harness *h = *state;
    store_set_active_expire(h->server->store, false);
    harness_send(h, "SET k v PX 100");
    harness_advance(h, 200);
    harness_send(h, "WATCH k");
    assert_executes(h);
    harness_send(h, "SET k v PX 100");
    harness_advance(h, 200);
    harness_send(h, "WATCH k");
    assert_reply(h, "EXISTS k", ":0\r\n");
    assert_executes(h);
    harness_send(h, "SET k v PX 100");
    harness_advance(h, 200);
    harness_send(h, "WATCH k");
    harness_send(h, "SET k new");
    assert_does_not_exec(h);
}

static void key_that_expires_in_a_pause_prevents_exec(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SET k v PX 100");
    harness_send(h, "WATCH k");
    harness_send(h, "CLIENT PAUSE 100000 WRITE");
    harness_advance(h, 200);
    harness_send(h, "MULTI");
    harness_send(h, "GET k");
    assert_reply(h, "EXEC", "*-1\r\n");
}

static void key_dead_at_watch_in_a_pause_was_never_there(void **state)
{
    struct harness *h = *state;
    struct client *watcher = harness_client(h), *other = harness_client(h);
    harness_send(h, "SET k v PX 100");
    harness_send(h, "CLIENT PAUSE 100000 WRITE");
    harness_advance(h, 200);
    harness_send(h, "WATCH k");
    harness_send_as(h, watcher, "WATCH k");
    harness_send(h, "MULTI");
    harness_send(h, "GET k");
    assert_reply(h, "EXEC", "*1\r\n$-1\r\n");
    /* Its removal changes nothing; what is set after that does. */
    harness_send(h, "WATCH k");
    harness_send(h, "CLIENT UNPAUSE");
    assert_executes(h);
    harness_send_as(h, other, "SET k 1");
    harness_send_as(h, watcher, "MULTI");
    assert_reply_as(h, watcher, "EXEC", "*-1\r\n");
}

static void flush_touches_keys_that_are_there(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    harness_send(h, "WATCH k");
    harness_send_as(h, other, "FLUSHALL");
    assert_executes(h);
    harness_send(h, "SET k 1");
    harness_send(h, "WATCH k");
    harness_send_as(h, other, "SELECT 1");
    harness_send_as(h, other, "FLUSHDB");
    assert_executes(h);
    harness_send(h, "SET k 1");
    harness_send(h, "WATCH k");
    harness_send_as(h, other, "FLUSHALL");
    assert_does_not_exec(h);
    harness_send(h, "SET k 1");
    harness_send(h, "WATCH k");
    harness_send(h, "FLUSHDB");
    assert_does_not_exec(h);
}

static void swap_touches_keys_that_are_there_in_either(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    harness_send_as(h, other, "SELECT 1");
    harness_send(h, "WATCH k");
    harness_send_as(h, other, "SWAPDB 0 1");
    assert_executes(h);
    harness_send(h, "WATCH k");
    harness_send_as(h, other, "SET k 1");
    harness_send_as(h, other, "SWAPDB 0 1");
    assert_does_not_exec(h);
    harness_send(h, "WATCH k");
    harness_send_as(h, other, "SWAPDB 1 0");
    assert_does_not_exec(h);
    harness_send(h, "WATCH k");
    harness_send_as(h, other, "SWAPDB 1 2");
    assert_executes(h);
}

static void swap_with_dead_keys_touches_nobody(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    store_set_active_expire(h->server->store, false);
    harness_send_as(h, other, "SELECT 1");
    harness_send_as(h, other, "SET k v PX 100");
    harness_advance(h, 200);
    harness_send(h, "WATCH k");
    harness_send_as(h, other, "SWAPDB 0 1");
    assert_executes(h);
}

static void client_that_goes_takes_its_watches_along(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    harness_send_as(h, client, "WATCH k j");
    harness_send_as(h, client, "MULTI");
    harness_send_as(h, client, "SET k 1");
    client_reset(client);
    assert_null(client->transaction);
    assert_reply(h, "SET k 1", OK);
    assert_false(client->flags & CLIENT_DIRTY_WATCH);
}

/* The clock runs, as it does outside of tests. */
static struct bytes feed_running(struct harness *h, const char *lines)
{
    clock_init(&h->server->clock);
    harness_drop_journal(h); /* its copy has a clock of its own */
    h->server->config->enable_debug_command = PROTECTION_YES;
    return harness_feed(h, h->client, bytes_of(lines));
}

static int64_t number_after(struct bytes replies, const char *mark)
{
    const char *at = memmem(replies.data, replies.len, mark, strlen(mark));
    assert_non_null(at);
    return strtoll(at + strlen(mark), NULL, 10);
}

static void time_passes_within_a_pipeline(void **state)
{
    struct harness *h = *state;
    struct bytes replies = feed_running(h, "SET early v PX 500000\r\nSET short v PX 5\r\nDEBUG SLEEP 0.03\r\n"
                                           "SET late v PX 500000\r\nECHO early\r\nPTTL early\r\n"
                                           "ECHO late\r\nPTTL late\r\nECHO short\r\nEXISTS short\r\n");
    assert_in_range(number_after(replies, "early\r\n:"), 1, 499970);
    assert_in_range(number_after(replies, "late\r\n:"), 499971, 500000);
    assert_int_equal(number_after(replies, "short\r\n:"), 0);
}

/* What Redis 7.0 does: deadlines count from when their command ran, but nothing goes while EXEC runs. */
static void time_passes_within_a_transaction_and_keys_stay(void **state)
{
    struct harness *h = *state;
    struct bytes replies = feed_running(
        h, "MULTI\r\nSET early v PX 500000\r\nSET short v PX 5\r\nDEBUG SLEEP 0.03\r\n"
           "SET late v PX 500000\r\nECHO inside\r\nEXISTS short\r\nPTTL short\r\nEXEC\r\n"
           "ECHO early\r\nPTTL early\r\nECHO late\r\nPTTL late\r\nECHO short\r\nEXISTS short\r\n");
    assert_int_equal(number_after(replies, "inside\r\n:"), 1);
    assert_int_equal(number_after(replies, "inside\r\n:1\r\n:"), 0);
    assert_in_range(number_after(replies, "early\r\n:"), 1, 499970);
    assert_in_range(number_after(replies, "late\r\n:"), 499971, 500000);
    assert_int_equal(number_after(replies, "short\r\n:"), 0);
}

static void many_keys_and_many_watchers(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    char line[64];
    for (int i = 0; i < 500; i++) {
        (void)snprintf(line, sizeof line, "WATCH key:%d shared", i);
        harness_send(h, line);
        harness_send_as(h, other, line);
    }
    harness_send(h, "UNWATCH");
    harness_send(h, "SET key:250 x");
    assert_true(other->flags & CLIENT_DIRTY_WATCH);
    assert_false(h->client->flags & CLIENT_DIRTY_WATCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(changed_key_prevents_exec),
        HARNESS_TEST(own_change_prevents_exec_too),
        HARNESS_TEST(change_inside_the_transaction_does_not),
        HARNESS_TEST(everybody_who_watches_is_told),
        HARNESS_TEST(unwatch_forgives),
        HARNESS_TEST(dirty_client_need_not_watch_more),
        HARNESS_TEST(databases_have_keys_of_their_own),
        HARNESS_TEST(key_that_expires_prevents_exec),
        HARNESS_TEST(key_that_expires_unseen_prevents_exec),
        HARNESS_TEST(key_that_was_dead_at_watch_was_never_there),
        HARNESS_TEST(key_that_expires_in_a_pause_prevents_exec),
        HARNESS_TEST(key_dead_at_watch_in_a_pause_was_never_there),
        HARNESS_TEST(flush_touches_keys_that_are_there),
        HARNESS_TEST(swap_touches_keys_that_are_there_in_either),
        HARNESS_TEST(swap_with_dead_keys_touches_nobody),
        HARNESS_TEST(client_that_goes_takes_its_watches_along),
        HARNESS_TEST(time_passes_within_a_pipeline),
        HARNESS_TEST(time_passes_within_a_transaction_and_keys_stay),
        HARNESS_TEST(many_keys_and_many_watchers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
