/* SPDX-License-Identifier: BSD-3-Clause */
/* client-output-buffer-limit: how much a client may leave unread, and for how long. */
#include "base/alloc.h"
#include "engine/client_io.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static bool is_there(struct harness *h, uint64_t id)
{
    return client_by_id(h->server, id);
}

/* Has the client sent `count` times seven bytes, which it doesn't read. */
static void owe(struct harness *h, struct client *client, int count)
{
    for (int i = 0; i < count; i++)
        client_feed(client, BYTES("PING\r\n"));
    harness_run(h);
}

static void up_to_the_hard_limit_a_client_stays(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    uint64_t id = client->id;
    assert_reply(h, "CONFIG SET client-output-buffer-limit \"normal 700 0 0\"", "+OK\r\n");
    owe(h, client, 100);
    assert_true(is_there(h, id));
    owe(h, client, 1);
    assert_false(is_there(h, id));
    assert_int_equal(h->server->counters.client_output_buffer_limit_disconnections, 1);
}

static void over_the_soft_limit_it_stays_for_its_seconds(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    uint64_t id = client->id;
    assert_reply(h, "CONFIG SET client-output-buffer-limit \"normal 0 700 60\"", "+OK\r\n");
    owe(h, client, 100);
    harness_advance(h, 100000);
    owe(h, client, 1);
    harness_advance(h, 60000);
    owe(h, client, 1);
    assert_true(is_there(h, id));
    harness_advance(h, 1);
    owe(h, client, 1);
    assert_false(is_there(h, id));
}

static void who_reads_meanwhile_has_its_seconds_again(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    uint64_t id = client->id;
    assert_reply(h, "CONFIG SET client-output-buffer-limit \"normal 0 700 60\"", "+OK\r\n");
    owe(h, client, 101);
    harness_advance(h, 50000);
    (void)harness_replies(h, client);
    owe(h, client, 1);
    owe(h, client, 100);
    harness_advance(h, 60000);
    owe(h, client, 1);
    assert_true(is_there(h, id));
    harness_advance(h, 1);
    owe(h, client, 1);
    assert_false(is_there(h, id));
}

static void it_is_found_without_another_reply(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    uint64_t id = client->id;
    assert_reply(h, "CONFIG SET client-output-buffer-limit \"normal 0 700 60\"", "+OK\r\n");
    owe(h, client, 101);
    harness_advance(h, 60001);
    for (int i = 0; i < 10; i++)
        harness_advance(h, 100);
    assert_false(is_there(h, id));
}

static void publish(struct harness *h, int len)
{
    struct buf request = {0};
    buf_printf(&request, "*3\r\n$7\r\nPUBLISH\r\n$7\r\nchannel\r\n$%d\r\n%0*d\r\n", len, len, 0);
    (void)harness_feed(h, h->client, buf_bytes(&request));
    buf_clear(&request);
}

/* Who reads it is not behind. */
static void one_large_message_may_wait(void **state)
{
    struct harness *h = *state;
    struct client *subscriber = harness_client(h);
    uint64_t id = subscriber->id;
    (void)harness_send_as(h, subscriber, "SUBSCRIBE channel");
    assert_reply(h, "CONFIG SET client-output-buffer-limit \"normal 100 0 0 pubsub 2000 0 0\"", "+OK\r\n");
    publish(h, 2000000);
    publish(h, 1800);
    assert_true(is_there(h, id));
    publish(h, 200);
    assert_false(is_there(h, id));
}

static void who_has_not_said_who_it_is_may_leave_little(void **state)
{
    struct harness *h = *state;
    struct client *stranger = harness_client(h);
    uint64_t id = stranger->id;
    size_t most = 0;
    assert_reply(h, "CONFIG SET requirepass secret", "+OK\r\n");
    stranger->flags &= ~(uint32_t)CLIENT_AUTHENTICATED;
    while (is_there(h, id)) {
        most = reply_pending(&stranger->reply);
        owe(h, stranger, 1);
    }
    assert_in_range(most, (16 << 10) - 50, 16 << 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(up_to_the_hard_limit_a_client_stays),
        HARNESS_TEST(over_the_soft_limit_it_stays_for_its_seconds),
        HARNESS_TEST(who_reads_meanwhile_has_its_seconds_again),
        HARNESS_TEST(it_is_found_without_another_reply),
        HARNESS_TEST(one_large_message_may_wait),
        HARNESS_TEST(who_has_not_said_who_it_is_may_leave_little),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
