/* SPDX-License-Identifier: BSD-3-Clause */
/* Clients that don't read what is pushed to them: no key goes for it, and in the end they do. */
#include "base/alloc.h"
#include "engine/client_io.h"
#include "engine/events.h"
#include "engine/metrics.h"
#include "engine/push_limit.h"
#include "support/harness.h"
#include "support/reply_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define KEY_COUNT 2000

static bool is_there(struct harness *h, uint64_t id)
{
    return client_by_id(h->server, id);
}

static void set_keys(struct harness *h, int count)
{
    for (int i = 0; i < count; i++) {
        char line[300];
        (void)snprintf(line, sizeof line, "SET session:%08x %0200d", (unsigned)i % KEY_COUNT, i);
        (void)harness_send(h, line);
    }
}

static size_t key_count(struct harness *h)
{
    return keyspace_count(store_keyspace(h->server->store, 0));
}

/* Room for all keys and a little more. */
static void limit_memory(struct harness *h)
{
    set_keys(h, KEY_COUNT);
    h->server->config->maxmemory = (int64_t)mem_used() + 300000;
    assert_reply(h, "CONFIG SET maxmemory-policy allkeys-lru", "+OK\r\n");
}

/* `readers` don't read while keys are set again and again: each is dropped, the keys stay. */
static void check(struct harness *h, struct client **readers, int count)
{
    uint64_t ids[HARNESS_CLIENTS_MAX];
    size_t most = 0;
    for (int i = 0; i < count; i++)
        ids[i] = readers[i]->id;
    for (int round = 0; round < 20; round++) {
        set_keys(h, KEY_COUNT);
        size_t pushes = reply_pool_pushes(h->server->reply_pool);
        most = pushes > most ? pushes : most;
        assert_true(pushes <= push_limit_bytes(h->server));
    }
    assert_true(most > 100000);
    assert_int_equal(key_count(h), KEY_COUNT);
    assert_int_equal(h->server->counters.evicted_keys, 0);
    assert_true(h->server->counters.client_output_buffer_limit_disconnections > 0);
    for (int i = 0; i < count; i++)
        assert_false(is_there(h, ids[i]));
}

static void monitors_that_do_not_read_take_no_keys_with_them(void **state)
{
    struct harness *h = *state;
    struct client *monitors[3];
    limit_memory(h);
    for (int i = 0; i < 3; i++) {
        monitors[i] = harness_client(h);
        assert_reply_as(h, monitors[i], "MONITOR", "+OK\r\n");
    }
    check(h, monitors, 3);
}

static void trackers_that_do_not_read_take_no_keys_with_them(void **state)
{
    struct harness *h = *state;
    struct client *tracker = harness_client(h);
    limit_memory(h);
    (void)harness_send_as(h, tracker, "HELLO 3");
    assert_reply_as(h, tracker, "CLIENT TRACKING ON BCAST", "+OK\r\n");
    check(h, &tracker, 1);
}

static void subscribers_that_do_not_read_take_no_keys_with_them(void **state)
{
    struct harness *h = *state;
    struct client *subscribers[2];
    limit_memory(h);
    h->server->notify_classes = events_parse_classes("KEA");
    for (int i = 0; i < 2; i++) {
        subscribers[i] = harness_client(h);
        (void)harness_send_as(h, subscribers[i], "PSUBSCRIBE __key*");
    }
    check(h, subscribers, 2);
}

/* Its pushes come behind its replies. */
static void who_hears_of_its_own_changes_is_limited_as_well(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    uint64_t id = client->id;
    struct buf requests = {0};
    limit_memory(h);
    (void)harness_send_as(h, client, "HELLO 3");
    h->server->notify_classes = events_parse_classes("KEA");
    (void)harness_send_as(h, client, "PSUBSCRIBE __key*");
    for (int i = 0; i < 200; i++)
        buf_append_text(&requests, "SET session:00000001 v\r\n");
    for (int i = 0; i < 1000 && is_there(h, id); i++) {
        client_feed(client, buf_bytes(&requests));
        harness_run(h);
    }
    buf_clear(&requests);
    assert_false(is_there(h, id));
    assert_int_equal(key_count(h), KEY_COUNT);
}

static void who_reads_stays(void **state)
{
    struct harness *h = *state;
    struct client *slow = harness_client(h), *reader = harness_client(h);
    uint64_t slow_id = slow->id;
    limit_memory(h);
    assert_reply_as(h, slow, "MONITOR", "+OK\r\n");
    assert_reply_as(h, reader, "MONITOR", "+OK\r\n");
    for (int i = 0; i < 200; i++) {
        set_keys(h, KEY_COUNT / 10);
        (void)harness_replies(h, reader);
    }
    assert_false(is_there(h, slow_id));
    assert_true(is_there(h, reader->id));
    assert_int_equal(key_count(h), KEY_COUNT);
}

static void publish(struct harness *h, int len)
{
    struct buf request = {0};
    buf_printf(&request, "*3\r\n$7\r\nPUBLISH\r\n$7\r\nchannel\r\n$%d\r\n%0*d\r\n", len, len, 0);
    (void)harness_feed(h, h->client, buf_bytes(&request));
    buf_clear(&request);
}

static void one_large_message_drops_nobody(void **state)
{
    struct harness *h = *state;
    struct client *subscribers[2] = {harness_client(h), harness_client(h)};
    for (int i = 0; i < 2; i++)
        (void)harness_send_as(h, subscribers[i], "SUBSCRIBE channel");
    limit_memory(h);
    uint64_t id = subscribers[1]->id;
    publish(h, 3000000);
    assert_true(is_there(h, subscribers[0]->id) && is_there(h, id));
    (void)harness_replies(h, subscribers[0]);
    publish(h, 3000000);
    assert_true(is_there(h, subscribers[0]->id));
    assert_false(is_there(h, id));
}

static void messages_are_overhead_and_not_data(void **state)
{
    struct harness *h = *state;
    struct client *subscribers[2] = {harness_client(h), harness_client(h)};
    for (int i = 0; i < 2; i++)
        (void)harness_send_as(h, subscribers[i], "SUBSCRIBE channel");
    harness_advance(h, 1000);
    size_t before = memory_report(h->server).dataset;
    for (int i = 0; i < 10; i++)
        publish(h, 2000000);
    harness_advance(h, 1000);
    struct memory_report report = memory_report(h->server);
    assert_true(report.dataset < before + 100000);
    assert_true(report.overhead > 20000000);
    assert_true(report.messages > 20000000 && report.messages < 26000000);
    assert_true(reply_has(harness_send(h, "INFO memory"), "\r\nmem_shared_messages:2"));
    assert_true(reply_has(harness_send(h, "MEMORY STATS"), "\r\nshared.messages\r\n:2"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(monitors_that_do_not_read_take_no_keys_with_them),
        HARNESS_TEST(trackers_that_do_not_read_take_no_keys_with_them),
        HARNESS_TEST(subscribers_that_do_not_read_take_no_keys_with_them),
        HARNESS_TEST(who_hears_of_its_own_changes_is_limited_as_well),
        HARNESS_TEST(who_reads_stays),
        HARNESS_TEST(one_large_message_drops_nobody),
        HARNESS_TEST(messages_are_overhead_and_not_data),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
