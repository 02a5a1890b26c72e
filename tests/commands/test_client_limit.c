/* SPDX-License-Identifier: BSD-3-Clause */
/* maxmemory-clients: who is closed, and who isn't. */
#include "base/alloc.h"
#include "engine/client_io.h"
#include "support/harness.h"
#include "support/log_copy.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

static bool is_there(struct harness *harness, uint64_t id)
{
    return client_by_id(harness->server, id);
}

/* Begins a request whose argument of `len` bytes lacks its end, so that the client holds as much. */
static void hold(struct harness *harness, struct client *client, size_t len)
{
    struct buf input = {0};
    buf_printf(&input, "*1\r\n$%zu\r\n", len);
    size_t head = input.len;
    assert_true(buf_try_reserve(&input, len));
    memset(input.data + head, 'v', len);
    input.len += len;
    (void)harness_feed(harness, client, buf_bytes(&input));
    buf_clear(&input);
}

static void the_largest_go_until_the_rest_fits(void **state)
{
    struct harness *harness = *state;
    struct client *small = harness_client(harness), *large = harness_client(harness);
    uint64_t small_id = small->id, large_id = large->id;
    hold(harness, large, 1000000);
    hold(harness, small, 200000);
    assert_reply(harness, "CONFIG SET maxmemory-clients 600000", "+OK\r\n");
    assert_false(is_there(harness, large_id));
    assert_true(is_there(harness, small_id));
    assert_int_equal(harness->server->counters.evicted_clients, 1);
    assert_reply(harness, "CONFIG SET maxmemory-clients 1", "+OK\r\n");
    assert_false(is_there(harness, small_id));
    assert_reply(harness, "PING", "+PONG\r\n");
}

static void what_is_sent_under_the_limit_counts(void **state)
{
    struct harness *harness = *state;
    struct client *client = harness_client(harness);
    uint64_t id = client->id;
    assert_reply(harness, "CONFIG SET maxmemory-clients 340000", "+OK\r\n");
    hold(harness, client, 200000);
    assert_true(is_there(harness, id));
    hold(harness, harness_client(harness), 150000);
    assert_false(is_there(harness, id));
}

/* GETs whose replies nobody takes, until the client is closed or has sent `count`. */
static void ask(struct harness *harness, struct client *client, int count)
{
    uint64_t id = client->id;
    for (int i = 0; i < count && is_there(harness, id); i++) {
        client_feed(client, BYTES("GET key\r\n"));
        harness_run(harness);
    }
}

static void values_on_their_way_count(void **state)
{
    struct harness *harness = *state;
    struct client *reader = harness_client(harness);
    uint64_t id = reader->id;
    assert_reply(harness, "SETRANGE key 299999 x", ":300000\r\n");
    assert_reply(harness, "CONFIG SET maxmemory-clients 1000000", "+OK\r\n");
    ask(harness, reader, 2);
    assert_true(client_claim(reader) > 600000 && client_memory(reader) < 100000);
    (void)harness_replies(harness, reader);
    assert_true(client_claim(reader) < 100000);
    ask(harness, reader, 4);
    assert_false(is_there(harness, id));
}

static void publish(struct harness *harness, int len)
{
    struct buf request = {0};
    buf_printf(&request, "*3\r\n$7\r\nPUBLISH\r\n$7\r\nchannel\r\n$%d\r\n%0*d\r\n", len, len, 0);
    (void)harness_feed(harness, harness->client, buf_bytes(&request));
    harness_run(harness);
    buf_clear(&request);
}

static void published_messages_count_once(void **state)
{
    struct harness *harness = *state;
    struct client *subscribers[3], *reader = harness_client(harness);
    uint64_t ids[3];
    for (int i = 0; i < 3; i++) {
        subscribers[i] = harness_client(harness);
        ids[i] = subscribers[i]->id;
        (void)harness_send_as(harness, subscribers[i], "SUBSCRIBE channel");
    }
    assert_reply(harness, "CONFIG SET maxmemory-clients 1000000", "+OK\r\n");
    assert_reply(harness, "SETRANGE key 299999 x", ":300000\r\n");
    ask(harness, reader, 1);
    publish(harness, 300000);
    publish(harness, 300000);
    assert_true(reply_shared(&subscribers[0]->reply) == reply_shared(&subscribers[2]->reply));
    for (int i = 0; i < 3; i++)
        assert_true(is_there(harness, ids[i]));
    /* One that reads goes on. */
    (void)harness_replies(harness, subscribers[0]);
    publish(harness, 300000);
    assert_false(is_there(harness, ids[1]));
    assert_false(is_there(harness, ids[2]));
    assert_true(is_there(harness, reader->id));
}

static void one_message_makes_nobody_go(void **state)
{
    struct harness *harness = *state;
    struct client *subscriber = harness_client(harness), *kept = harness_client(harness);
    uint64_t id = subscriber->id, kept_id = kept->id;
    (void)harness_send_as(harness, subscriber, "SUBSCRIBE channel");
    assert_reply(harness, "CONFIG SET maxmemory-clients 1000000", "+OK\r\n");
    publish(harness, 3000000);
    assert_true(is_there(harness, id));
    (void)harness_replies(harness, subscriber);
    publish(harness, 3000000);
    assert_true(is_there(harness, id));
    publish(harness, 300000);
    assert_false(is_there(harness, id));
    /* Nor does anybody for what one holds who may not be closed. */
    (void)harness_send_as(harness, kept, "CLIENT NO-EVICT on");
    (void)harness_send_as(harness, kept, "SUBSCRIBE channel");
    for (int i = 0; i < 5; i++)
        publish(harness, 300000);
    assert_true(is_there(harness, kept_id));
    assert_int_equal(harness->server->counters.evicted_clients, 1);
}

static void it_may_be_a_share_of_maxmemory(void **state)
{
    struct harness *harness = *state;
    struct client *client = harness_client(harness);
    uint64_t id = client->id;
    hold(harness, client, 600000);
    assert_reply(harness, "CONFIG SET maxmemory-clients 5%", "+OK\r\n");
    assert_true(is_there(harness, id)); /* of nothing */
    assert_reply(harness, "CONFIG SET maxmemory 100mb", "+OK\r\n");
    assert_true(is_there(harness, id));
    assert_reply(harness, "CONFIG SET maxmemory 10mb", "+OK\r\n");
    assert_false(is_there(harness, id));
}

static void who_said_no_evict_does_not_count(void **state)
{
    struct harness *harness = *state;
    struct client *exempt = harness_client(harness), *other = harness_client(harness);
    uint64_t other_id = other->id;
    assert_reply_as(harness, exempt, "CLIENT NO-EVICT ON", "+OK\r\n");
    assert_reply(harness, "CONFIG SET maxmemory-clients 300000", "+OK\r\n");
    hold(harness, exempt, 1000000);
    hold(harness, other, 100000);
    assert_true(is_there(harness, other_id));
    assert_int_equal(harness->server->counters.evicted_clients, 0);
}

/* Repeats `words`, with a number behind, until the client is closed. */
static void assert_adds_up(struct harness *harness, const char *words)
{
    struct client *client = harness_client(harness);
    uint64_t id = client->id;
    for (int i = 0; is_there(harness, id); i++) {
        struct buf input = {0};
        assert_true(i < 10000);
        buf_printf(&input, "%s%04d\r\n", words, i);
        client_feed(client, buf_bytes(&input));
        buf_clear(&input);
        harness_run(harness);
        if (is_there(harness, id))
            (void)harness_replies(harness, client);
    }
    assert_reply(harness, "PING", "+PONG\r\n");
}

static void subscriptions_watches_and_prefixes_count(void **state)
{
    assert_reply(*state, "CONFIG SET maxmemory-clients 128kb", "+OK\r\n");
    assert_adds_up(*state, "SUBSCRIBE ");
    assert_adds_up(*state, "PSUBSCRIBE ");
    assert_adds_up(*state, "SSUBSCRIBE ");
    assert_adds_up(*state, "WATCH ");
    assert_adds_up(*state, "CLIENT TRACKING ON BCAST PREFIX p");
}

static void a_large_argument_shows_as_input(void **state)
{
    struct harness *harness = *state;
    struct client *client = harness_client(harness);
    struct buf line = {0};
    hold(harness, client, 100000);
    client_describe(client, &line);
    assert_non_null(strstr(buf_cstring(&line), " qbuf=100000 "));
    buf_clear(&line);
}

/* It would be missing at the next script. */
static void the_client_of_scripts_never_goes(void **state)
{
    enum { CLIENTS = 6 };
    struct harness *harness = *state;
    uint64_t ids[CLIENTS], gone = 0;
    assert_reply(harness, "CLIENT NO-EVICT ON", "+OK\r\n");
    assert_reply(harness, "CONFIG SET maxmemory-clients 128kb", "+OK\r\n");
    assert_reply(harness, "EVAL 'return 1' 0", ":1\r\n");
    for (int i = 0; i < CLIENTS; i++) {
        struct client *client = harness_client(harness);
        ids[i] = client->id;
        hold(harness, client, 25000);
    }
    for (int i = 0; i < CLIENTS; i++)
        gone += !is_there(harness, ids[i]);
    assert_true(gone > 0);
    assert_int_equal(harness->server->counters.evicted_clients, gone);
    assert_reply(harness, "EVAL 'return 1' 0", ":1\r\n");
}

static int set_up(void **state)
{
    *state = harness_new();
    return 0;
}

static int tear_down(void **state)
{
    harness_free(*state);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

static void the_log_says_who_went(void **state)
{
    struct harness *harness = *state;
    struct client *client = harness_client(harness);
    char name[64];
    (void)snprintf(name, sizeof name, "Evicting client: id=%llu ", (unsigned long long)client->id);
    hold(harness, client, 600000);
    log_copy_begin();
    assert_reply(harness, "CONFIG SET maxmemory-clients 500000", "+OK\r\n");
    harness_run(harness);
    assert_true(log_copy_has(name));
    log_copy_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_largest_go_until_the_rest_fits),
        TEST(what_is_sent_under_the_limit_counts),
        TEST(values_on_their_way_count),
        TEST(published_messages_count_once),
        TEST(one_message_makes_nobody_go),
        TEST(it_may_be_a_share_of_maxmemory),
        TEST(who_said_no_evict_does_not_count),
        TEST(subscriptions_watches_and_prefixes_count),
        TEST(a_large_argument_shows_as_input),
        TEST(the_client_of_scripts_never_goes),
        TEST(the_log_says_who_went),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
