/* SPDX-License-Identifier: BSD-3-Clause */
/* Channels, patterns, shard channels and their subscribers. */
#include "base/buf.h"
#include "pubsub/pubsub.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { LISTENERS = 4 };

struct fixture {
    struct pubsub *pubsub;
    struct subscriber listeners[LISTENERS];
};

static int set_up(void **state)
{
    static struct fixture fixture;
    fixture.pubsub = pubsub_new();
    *state = &fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < LISTENERS; i++) {
        subscriber_clear(fixture->pubsub, &fixture->listeners[i]);
        assert_false(subscriber_is_listening(&fixture->listeners[i]));
        assert_int_equal(subscriber_memory(&fixture->listeners[i]), 0);
    }
    assert_false(pubsub_has_listeners(fixture->pubsub));
    pubsub_free(fixture->pubsub);
    return 0;
}

static bool subscribe(struct fixture *fixture, int who, enum subscription_kind kind, const char *name)
{
    return pubsub_subscribe(fixture->pubsub, &fixture->listeners[who], kind, bytes_of(name));
}

static bool unsubscribe(struct fixture *fixture, int who, enum subscription_kind kind, const char *name)
{
    return pubsub_unsubscribe(fixture->pubsub, &fixture->listeners[who], kind, bytes_of(name));
}

struct deliveries {
    struct fixture *fixture;
    struct buf log; /* "0 1(a*) " */
};

static void note(void *context, struct subscriber *subscriber, const struct bytes *pattern)
{
    struct deliveries *deliveries = context;
    buf_printf(&deliveries->log, "%d", (int)(subscriber - deliveries->fixture->listeners));
    if (pattern)
        buf_printf(&deliveries->log, "(%.*s)", (int)pattern->len, pattern->data);
    buf_append_char(&deliveries->log, ' ');
}

static void assert_delivered(struct fixture *fixture, enum subscription_kind kind, const char *channel,
                             const char *expected, size_t count)
{
    struct deliveries deliveries = {.fixture = fixture};
    size_t receivers = pubsub_publish(fixture->pubsub, kind, bytes_of(channel), note, &deliveries);
    assert_string_equal(buf_cstring(&deliveries.log), expected);
    assert_int_equal(receivers, count);
    buf_clear(&deliveries.log);
}

static void message_reaches_subscribers_of_the_channel_only(void **state)
{
    struct fixture *fixture = *state;
    assert_true(subscribe(fixture, 0, SUBSCRIBE_CHANNEL, "news"));
    assert_true(subscribe(fixture, 1, SUBSCRIBE_CHANNEL, "news"));
    assert_true(subscribe(fixture, 2, SUBSCRIBE_CHANNEL, "weather"));
    assert_delivered(fixture, SUBSCRIBE_CHANNEL, "news", "0 1 ", 2);
    assert_delivered(fixture, SUBSCRIBE_CHANNEL, "weather", "2 ", 1);
    assert_delivered(fixture, SUBSCRIBE_CHANNEL, "sports", "", 0);
    assert_delivered(fixture, SUBSCRIBE_CHANNEL, "", "", 0);
}

static void second_subscription_to_a_name_changes_nothing(void **state)
{
    struct fixture *fixture = *state;
    assert_true(subscribe(fixture, 0, SUBSCRIBE_CHANNEL, "news"));
    assert_false(subscribe(fixture, 0, SUBSCRIBE_CHANNEL, "news"));
    assert_int_equal(subscriber_count(&fixture->listeners[0], SUBSCRIBE_CHANNEL), 1);
    assert_delivered(fixture, SUBSCRIBE_CHANNEL, "news", "0 ", 1);
}

static void patterns_hear_after_channels_and_once_each(void **state)
{
    struct fixture *fixture = *state;
    subscribe(fixture, 0, SUBSCRIBE_PATTERN, "n*");
    subscribe(fixture, 0, SUBSCRIBE_CHANNEL, "news");
    subscribe(fixture, 1, SUBSCRIBE_PATTERN, "n*");
    subscribe(fixture, 1, SUBSCRIBE_PATTERN, "?ews");
    subscribe(fixture, 2, SUBSCRIBE_PATTERN, "w*");
    assert_delivered(fixture, SUBSCRIBE_CHANNEL, "news", "0 0(n*) 1(n*) 1(?ews) ", 4);
    assert_delivered(fixture, SUBSCRIBE_CHANNEL, "n*", "0(n*) 1(n*) ", 2);
}

static void shard_channels_are_a_world_of_their_own(void **state)
{
    struct fixture *fixture = *state;
    subscribe(fixture, 0, SUBSCRIBE_SHARD, "news");
    subscribe(fixture, 1, SUBSCRIBE_CHANNEL, "news");
    subscribe(fixture, 2, SUBSCRIBE_PATTERN, "*");
    assert_delivered(fixture, SUBSCRIBE_SHARD, "news", "0 ", 1);
    assert_delivered(fixture, SUBSCRIBE_CHANNEL, "news", "1 2(*) ", 2);
    assert_int_equal(pubsub_subscriber_count(fixture->pubsub, SUBSCRIBE_SHARD, BYTES("news")), 1);
    assert_int_equal(pubsub_name_count(fixture->pubsub, SUBSCRIBE_PATTERN), 1);
}

static void who_left_hears_nothing(void **state)
{
    struct fixture *fixture = *state;
    for (int who = 0; who < LISTENERS; who++)
        subscribe(fixture, who, SUBSCRIBE_CHANNEL, "news");
    assert_true(unsubscribe(fixture, 1, SUBSCRIBE_CHANNEL, "news"));
    assert_false(unsubscribe(fixture, 1, SUBSCRIBE_CHANNEL, "news"));
    assert_false(unsubscribe(fixture, 0, SUBSCRIBE_CHANNEL, "never heard of"));
    assert_false(unsubscribe(fixture, 0, SUBSCRIBE_PATTERN, "news"));
    assert_delivered(fixture, SUBSCRIBE_CHANNEL, "news", "0 3 2 ", 3);
    assert_true(unsubscribe(fixture, 2, SUBSCRIBE_CHANNEL, "news"));
    assert_true(unsubscribe(fixture, 0, SUBSCRIBE_CHANNEL, "news"));
    assert_delivered(fixture, SUBSCRIBE_CHANNEL, "news", "3 ", 1);
    assert_true(unsubscribe(fixture, 3, SUBSCRIBE_CHANNEL, "news"));
    assert_int_equal(pubsub_name_count(fixture->pubsub, SUBSCRIBE_CHANNEL), 0);
    assert_false(pubsub_has_listeners(fixture->pubsub));
}

static void names_may_be_any_bytes(void **state)
{
    struct fixture *fixture = *state;
    struct subscriber *listener = &fixture->listeners[0];
    assert_true(pubsub_subscribe(fixture->pubsub, listener, SUBSCRIBE_CHANNEL, BYTES("a\0b")));
    assert_true(pubsub_subscribe(fixture->pubsub, listener, SUBSCRIBE_CHANNEL, BYTES("a\0c")));
    assert_true(pubsub_subscribe(fixture->pubsub, listener, SUBSCRIBE_CHANNEL, BYTES("")));
    assert_int_equal(pubsub_subscriber_count(fixture->pubsub, SUBSCRIBE_CHANNEL, BYTES("a\0b")), 1);
    assert_int_equal(pubsub_subscriber_count(fixture->pubsub, SUBSCRIBE_CHANNEL, BYTES("a")), 0);
    assert_delivered(fixture, SUBSCRIBE_CHANNEL, "", "0 ", 1);
}

struct visits {
    struct fixture *fixture;
    struct buf names;
};

static void leave(void *context, struct bytes name)
{
    struct visits *visits = context;
    buf_append_bytes(&visits->names, name);
    buf_append_char(&visits->names, ' ');
    pubsub_unsubscribe(visits->fixture->pubsub, &visits->fixture->listeners[0], SUBSCRIBE_PATTERN, name);
}

static void visited_names_may_be_left(void **state)
{
    struct fixture *fixture = *state;
    struct visits visits = {.fixture = fixture};
    subscribe(fixture, 0, SUBSCRIBE_PATTERN, "c*");
    subscribe(fixture, 0, SUBSCRIBE_PATTERN, "a*");
    subscribe(fixture, 0, SUBSCRIBE_PATTERN, "b*");
    subscribe(fixture, 1, SUBSCRIBE_PATTERN, "a*");
    subscriber_each(&fixture->listeners[0], SUBSCRIBE_PATTERN, leave, &visits);
    assert_string_equal(buf_cstring(&visits.names), "c* a* b* ");
    assert_int_equal(subscriber_count(&fixture->listeners[0], SUBSCRIBE_PATTERN), 0);
    assert_delivered(fixture, SUBSCRIBE_CHANNEL, "a", "1(a*) ", 1);
    buf_clear(&visits.names);
}

static void count_name(void *context, struct bytes name)
{
    (void)name;
    ++*(size_t *)context;
}

static void thousands_of_subscribers_and_channels(void **state)
{
    enum { MANY = 5000 };
    static struct subscriber crowd[MANY];
    struct fixture *fixture = *state;
    size_t names = 0;
    char name[32];
    for (int i = 0; i < MANY; i++) {
        assert_true(pubsub_subscribe(fixture->pubsub, &crowd[i], SUBSCRIBE_CHANNEL, BYTES("all")));
        snprintf(name, sizeof name, "channel:%d", i);
        assert_true(subscribe(fixture, 0, SUBSCRIBE_CHANNEL, name));
    }
    assert_int_equal(pubsub_subscriber_count(fixture->pubsub, SUBSCRIBE_CHANNEL, BYTES("all")), MANY);
    assert_int_equal(subscriber_count(&fixture->listeners[0], SUBSCRIBE_CHANNEL), MANY);
    pubsub_each(fixture->pubsub, SUBSCRIBE_CHANNEL, count_name, &names);
    assert_int_equal(names, MANY + 1);
    for (int i = 0; i < MANY; i += 2)
        subscriber_clear(fixture->pubsub, &crowd[i]);
    assert_int_equal(pubsub_subscriber_count(fixture->pubsub, SUBSCRIBE_CHANNEL, BYTES("all")), MANY / 2);
    for (int i = 1; i < MANY; i += 2)
        assert_true(pubsub_unsubscribe(fixture->pubsub, &crowd[i], SUBSCRIBE_CHANNEL, BYTES("all")));
    assert_delivered(fixture, SUBSCRIBE_CHANNEL, "all", "", 0);
    assert_delivered(fixture, SUBSCRIBE_CHANNEL, "channel:4711", "0 ", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(message_reaches_subscribers_of_the_channel_only),
        TEST(second_subscription_to_a_name_changes_nothing),
        TEST(patterns_hear_after_channels_and_once_each),
        TEST(shard_channels_are_a_world_of_their_own),
        TEST(who_left_hears_nothing),
        TEST(names_may_be_any_bytes),
        TEST(visited_names_may_be_left),
        TEST(thousands_of_subscribers_and_channels),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
