/* SPDX-License-Identifier: BSD-3-Clause */
/* Keyspace notifications: which classes are sent, where, and in which order. */
#include "engine/events.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* A client that listens to everything. */
static struct client *listener(struct harness *h, const char *classes)
{
    struct client *client = harness_client(h);
    client->reply.protocol = 3;
    harness_send_as(h, client, "PSUBSCRIBE *");
    h->server->notify_classes = events_parse_classes(classes);
    return client;
}

#define KEYSPACE_K(event_len, event) \
    ">4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$16\r\n__keyspace@0__:k\r\n$" event_len "\r\n" event "\r\n"
#define KEYEVENT_K(channel_len, event) \
    ">4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$" channel_len "\r\n__keyevent@0__:" event "\r\n$1\r\nk\r\n"

static void both_channels_tell_of_a_change(void **state)
{
    struct harness *h = *state;
    struct client *client = listener(h, "KEA");
    harness_send(h, "SET k v");
    assert_sent(h, client, KEYSPACE_K("3", "set") KEYEVENT_K("18", "set"));
    harness_send(h, "DEL k");
    assert_sent(h, client, KEYSPACE_K("3", "del") KEYEVENT_K("18", "del"));
    harness_send(h, "DEL k");
    assert_sent(h, client, "");
}

static void only_the_chosen_classes_are_sent(void **state)
{
    struct harness *h = *state;
    struct client *client = listener(h, "Eg");
    harness_send(h, "SET k v");
    assert_sent(h, client, "");
    harness_send(h, "DEL k");
    assert_sent(h, client, KEYEVENT_K("18", "del"));
    h->server->notify_classes = events_parse_classes("g$");
    harness_send(h, "SET k v");
    assert_sent(h, client, "");
}

static void database_is_named(void **state)
{
    struct harness *h = *state;
    struct client *client = listener(h, "E$");
    harness_send(h, "SELECT 12");
    harness_send(h, "SET k v");
    assert_sent(h, client, ">4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$19\r\n__keyevent@12__:set\r\n$1\r\nk\r\n");
}

static void expiry_is_told_when_it_comes(void **state)
{
    struct harness *h = *state;
    struct client *client = listener(h, "KEx");
    harness_send(h, "SET k v PX 100");
    assert_sent(h, client, "");
    harness_advance(h, 101);
    assert_sent(h, client, KEYSPACE_K("7", "expired") KEYEVENT_K("22", "expired"));
}

static void expiry_is_told_when_a_lookup_finds_it(void **state)
{
    struct harness *h = *state;
    struct client *client = listener(h, "Ex");
    store_set_active_expire(h->server->store, false);
    harness_send(h, "SET k v PX 100");
    harness_advance(h, 101);
    assert_sent(h, client, "");
    harness_send(h, "GET k");
    assert_sent(h, client, KEYEVENT_K("22", "expired"));
}

static void eviction_is_told_and_counted(void **state)
{
    struct harness *h = *state;
    struct client *client = listener(h, "Ee");
    events_removed(h->server, store_keyspace(h->server->store, 0), BYTES("k"), REMOVED_EVICTED);
    assert_sent(h, client, KEYEVENT_K("22", "evicted"));
    assert_int_equal(h->server->counters.evicted_keys, 1);
}

static void miss_is_told_to_those_who_ask(void **state)
{
    struct harness *h = *state;
    struct client *client = listener(h, "KEA");
    harness_send(h, "GET k");
    assert_sent(h, client, "");
    h->server->notify_classes = events_parse_classes("Em");
    harness_send(h, "GET k");
    assert_sent(h, client, KEYEVENT_K("22", "keymiss"));
}

static void keys_may_be_any_bytes(void **state)
{
    struct harness *h = *state;
    struct client *client = listener(h, "K$");
    harness_send(h, "SET \"a\\x00\\r\\n\" v");
    assert_sent(h, client,
                ">4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$19\r\n__keyspace@0__:a\0\r\n\r\n$3\r\nset\r\n");
}

static void published_messages_are_not_counted(void **state)
{
    struct harness *h = *state;
    listener(h, "KEA");
    harness_send(h, "SET k v");
    assert_int_equal(h->server->counters.pubsub_messages, 0);
    assert_int_equal(h->server->counters.pubsub_deliveries, 2);
}

static void own_notification_follows_the_reply(void **state)
{
    struct harness *h = *state;
    h->client->reply.protocol = 3;
    h->server->notify_classes = events_parse_classes("E$");
    harness_send(h, "PSUBSCRIBE *");
    assert_reply(h, "SET k v", "+OK\r\n" KEYEVENT_K("18", "set"));
}

static void letters_mean_classes(void **state)
{
    (void)state;
    assert_int_equal(events_parse_classes(""), 0);
    assert_int_equal(events_parse_classes("KEA"), EVENT_KEYSPACE | EVENT_KEYEVENT | EVENT_ALL);
    assert_int_equal(events_parse_classes("g$lshzxetd"), EVENT_ALL);
    assert_int_equal(events_parse_classes("mn"), EVENT_KEY_MISS | EVENT_NEW);
    assert_false(EVENT_ALL & (EVENT_KEY_MISS | EVENT_NEW | EVENT_KEYSPACE | EVENT_KEYEVENT));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(both_channels_tell_of_a_change),
        HARNESS_TEST(only_the_chosen_classes_are_sent),
        HARNESS_TEST(database_is_named),
        HARNESS_TEST(expiry_is_told_when_it_comes),
        HARNESS_TEST(expiry_is_told_when_a_lookup_finds_it),
        HARNESS_TEST(eviction_is_told_and_counted),
        HARNESS_TEST(miss_is_told_to_those_who_ask),
        HARNESS_TEST(keys_may_be_any_bytes),
        HARNESS_TEST(published_messages_are_not_counted),
        HARNESS_TEST(own_notification_follows_the_reply),
        cmocka_unit_test(letters_mean_classes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
