/* SPDX-License-Identifier: BSD-3-Clause */
/* Publish/subscribe: what confirms, what is delivered in which protocol, what is counted. */
#include "base/alloc.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct client *resp3_client(struct harness *h)
{
    struct client *client = harness_client(h);
    client->reply.protocol = 3;
    return client;
}

static void subscriptions_are_confirmed_one_by_one(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SUBSCRIBE a b a",
                 "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"
                 "*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:2\r\n"
                 "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:2\r\n");
    assert_reply(h, "PSUBSCRIBE n*", "*3\r\n$10\r\npsubscribe\r\n$2\r\nn*\r\n:3\r\n");
    assert_reply(h, "SSUBSCRIBE a", "*3\r\n$10\r\nssubscribe\r\n$1\r\na\r\n:1\r\n");
    assert_reply(h, "UNSUBSCRIBE b nobody",
                 "*3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:2\r\n"
                 "*3\r\n$11\r\nunsubscribe\r\n$6\r\nnobody\r\n:2\r\n");
    assert_reply(h, "PUNSUBSCRIBE", "*3\r\n$12\r\npunsubscribe\r\n$2\r\nn*\r\n:1\r\n");
    assert_reply(h, "SUNSUBSCRIBE a", "*3\r\n$12\r\nsunsubscribe\r\n$1\r\na\r\n:0\r\n");
    assert_reply(h, "UNSUBSCRIBE", "*3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:0\r\n");
}

static void leaving_nothing_answers_nil(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "UNSUBSCRIBE", "*3\r\n$11\r\nunsubscribe\r\n$-1\r\n:0\r\n");
    assert_reply(h, "PUNSUBSCRIBE", "*3\r\n$12\r\npunsubscribe\r\n$-1\r\n:0\r\n");
    assert_reply(h, "SUNSUBSCRIBE", "*3\r\n$12\r\nsunsubscribe\r\n$-1\r\n:0\r\n");
    assert_reply(h, "SUBSCRIBE a", "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n");
    assert_reply(h, "PUNSUBSCRIBE", "*3\r\n$12\r\npunsubscribe\r\n$-1\r\n:1\r\n");
    assert_reply_as(h, resp3_client(h), "UNSUBSCRIBE", ">3\r\n$11\r\nunsubscribe\r\n_\r\n:0\r\n");
}

static void all_channels_are_left_at_once(void **state)
{
    struct harness *h = *state;
    struct client *client = resp3_client(h);
    harness_send_as(h, client, "SUBSCRIBE a b");
    harness_send_as(h, client, "PSUBSCRIBE *");
    assert_reply_as(h, client, "UNSUBSCRIBE",
                    ">3\r\n$11\r\nunsubscribe\r\n$1\r\na\r\n:2\r\n"
                    ">3\r\n$11\r\nunsubscribe\r\n$1\r\nb\r\n:1\r\n");
    assert_reply(h, "PUBLISH a x", ":1\r\n");
    assert_sent(h, client, ">4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$1\r\na\r\n$1\r\nx\r\n");
}

static void who_was_killed_before_receives_nothing(void **state)
{
    struct harness *h = *state;
    struct client *client = resp3_client(h);
    struct buf input = {0};
    harness_send_as(h, client, "SUBSCRIBE a");
    buf_printf(&input, "CLIENT KILL ID %llu\r\nPUBLISH a x\r\n", (unsigned long long)client->id);
    struct bytes replies = harness_feed(h, h->client, buf_bytes(&input));
    assert_true(bytes_is(replies, ":1\r\n:0\r\n"));
    buf_clear(&input);
}

static void message_reaches_each_protocol_in_its_form(void **state)
{
    struct harness *h = *state;
    struct client *old = harness_client(h), *new = resp3_client(h), *other = resp3_client(h);
    harness_send_as(h, old, "SUBSCRIBE news");
    harness_send_as(h, new, "SUBSCRIBE news");
    harness_send_as(h, other, "SUBSCRIBE news");
    assert_reply(h, "PUBLISH news \"hel\\x00lo\"", ":3\r\n");
    assert_sent(h, old, "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$6\r\nhel\0lo\r\n");
    assert_sent(h, new, ">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$6\r\nhel\0lo\r\n");
    assert_sent(h, other, ">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$6\r\nhel\0lo\r\n");
    assert_reply(h, "PUBLISH nobody x", ":0\r\n");
    assert_sent(h, old, "");
}

static void each_matching_pattern_delivers_by_itself(void **state)
{
    struct harness *h = *state;
    struct client *a = harness_client(h), *b = resp3_client(h);
    harness_send_as(h, a, "PSUBSCRIBE n* ?ews w*");
    harness_send_as(h, a, "SUBSCRIBE news");
    harness_send_as(h, b, "PSUBSCRIBE ?ews");
    assert_reply(h, "PUBLISH news 1", ":4\r\n");
    assert_sent(h, a,
                "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\n1\r\n"
                "*4\r\n$8\r\npmessage\r\n$2\r\nn*\r\n$4\r\nnews\r\n$1\r\n1\r\n"
                "*4\r\n$8\r\npmessage\r\n$4\r\n?ews\r\n$4\r\nnews\r\n$1\r\n1\r\n");
    assert_sent(h, b, ">4\r\n$8\r\npmessage\r\n$4\r\n?ews\r\n$4\r\nnews\r\n$1\r\n1\r\n");
}

static void shard_messages_reach_shard_subscribers_only(void **state)
{
    struct harness *h = *state;
    struct client *shard = harness_client(h), *plain = harness_client(h);
    harness_send_as(h, shard, "SSUBSCRIBE c");
    harness_send_as(h, plain, "SUBSCRIBE c");
    harness_send_as(h, plain, "PSUBSCRIBE *");
    assert_reply(h, "SPUBLISH c x", ":1\r\n");
    assert_sent(h, shard, "*3\r\n$8\r\nsmessage\r\n$1\r\nc\r\n$1\r\nx\r\n");
    assert_sent(h, plain, "");
    assert_reply(h, "PUBLISH c x", ":2\r\n");
    assert_sent(h, shard, "");
}

static void large_message_arrives_whole(void **state)
{
    struct harness *h = *state;
    struct client *a = harness_client(h), *b = harness_client(h);
    struct buf message = {0}, expected = {0};
    struct bytes publish[3] = {BYTES("PUBLISH"), BYTES("c")};
    harness_send_as(h, a, "SUBSCRIBE c");
    harness_send_as(h, b, "SUBSCRIBE c");
    for (int i = 0; i < 50000; i++)
        buf_printf(&message, "%d;", i);
    publish[2] = buf_bytes(&message);
    assert_true(bytes_is(harness_request_bytes(h, h->client, 3, publish), ":2\r\n"));
    buf_printf(&expected, "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$%zu\r\n", message.len);
    buf_append_bytes(&expected, buf_bytes(&message));
    buf_append_text(&expected, "\r\n");
    assert_true(bytes_equal(harness_replies(h, a), buf_bytes(&expected)));
    assert_true(bytes_equal(harness_replies(h, b), buf_bytes(&expected)));
    buf_clear(&message);
    buf_clear(&expected);
}

/* It was read straight into its place, and is sent from there: to all of them without a copy. */
static void large_message_is_not_copied(void **state)
{
    struct harness *h = *state;
    enum { LEN = 3000000, HALF = LEN / 2 };
    struct client *publisher = harness_client(h), *by_channel = h->client, *by_pattern = harness_client(h);
    struct buf request = {0}, expected = {0};
    (void)harness_send(h, "SUBSCRIBE c");
    (void)harness_send_as(h, by_pattern, "HELLO 3");
    (void)harness_send_as(h, by_pattern, "PSUBSCRIBE *");
    buf_printf(&request, "*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n$%d\r\n%0*d", (int)LEN, (int)HALF, 7);
    (void)harness_feed(h, publisher, buf_bytes(&request));
    request.len = 0;
    /* What stands for the end is passed over, and not passed on. */
    buf_printf(&request, "%0*dXY", (int)HALF, 8);
    size_t before = mem_used();
    harness_assert(harness_feed(h, publisher, buf_bytes(&request)), BYTES(":2\r\n"), "PUBLISH", __FILE__,
                   __LINE__);
    assert_true(mem_used() < before + LEN);
    buf_printf(&expected, "*3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$%d\r\n%0*d%0*d\r\n", (int)LEN, (int)HALF, 7,
               (int)HALF, 8);
    harness_assert(harness_replies(h, by_channel), buf_bytes(&expected), "(message)", __FILE__, __LINE__);
    expected.len = 0;
    buf_printf(&expected, ">4\r\n$8\r\npmessage\r\n$1\r\n*\r\n$1\r\nc\r\n$%d\r\n%0*d%0*d\r\n", (int)LEN,
               (int)HALF, 7, (int)HALF, 8);
    harness_assert(harness_replies(h, by_pattern), buf_bytes(&expected), "(message)", __FILE__, __LINE__);
    assert_int_equal(reply_pool_messages(h->server->reply_pool), 0);
    buf_clear(&request);
    buf_clear(&expected);
}

static void own_message_follows_the_reply(void **state)
{
    struct harness *h = *state;
    h->client->reply.protocol = 3;
    harness_send(h, "SUBSCRIBE c");
    assert_reply(h, "PUBLISH c x", ":1\r\n>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n");
    harness_send(h, "MULTI");
    harness_send(h, "PUBLISH c x");
    harness_send(h, "STRLEN k");
    harness_send(h, "SET k v");
    assert_reply(h, "EXEC", "*3\r\n:1\r\n:0\r\n+OK\r\n>3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$1\r\nx\r\n");
}

static void subscribed_resp2_client_may_do_little_else(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SUBSCRIBE c");
    assert_reply(h, "GET k",
                 "-ERR Can't execute 'get': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
                 "allowed in this context\r\n");
    harness_send(h, "UNSUBSCRIBE");
    assert_reply(h, "GET k", "$-1\r\n");
    harness_send(h, "SSUBSCRIBE c");
    assert_reply(h, "SET k v",
                 "-ERR Can't execute 'set': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
                 "allowed in this context\r\n");
    h->client->reply.protocol = 3;
    assert_reply(h, "SET k v", "+OK\r\n");
}

static void transaction_may_subscribe_but_not_to_shard_channels(void **state)
{
    struct harness *h = *state;
    harness_send(h, "MULTI");
    harness_send(h, "SUBSCRIBE c");
    harness_send(h, "SSUBSCRIBE c");
    assert_reply(h, "EXEC",
                 "*2\r\n*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n"
                 "-ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client\r\n");
}

static void active_channels_are_listed(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    assert_reply(h, "PUBSUB CHANNELS", "*0\r\n");
    harness_send_as(h, client, "SUBSCRIBE news");
    harness_send_as(h, client, "PSUBSCRIBE w*");
    harness_send_as(h, client, "SSUBSCRIBE shard");
    assert_reply(h, "PUBSUB CHANNELS", "*1\r\n$4\r\nnews\r\n");
    assert_reply(h, "PUBSUB CHANNELS n*", "*1\r\n$4\r\nnews\r\n");
    assert_reply(h, "PUBSUB CHANNELS x*", "*0\r\n");
    assert_reply(h, "PUBSUB SHARDCHANNELS", "*1\r\n$5\r\nshard\r\n");
    assert_reply(h, "PUBSUB SHARDCHANNELS s? ", "*0\r\n");
    assert_reply(h, "PUBSUB CHANNELS a b",
                 "-ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP.\r\n");
}

static void subscribers_and_patterns_are_counted(void **state)
{
    struct harness *h = *state;
    struct client *a = harness_client(h), *b = harness_client(h);
    harness_send_as(h, a, "SUBSCRIBE x");
    harness_send_as(h, b, "SUBSCRIBE x y");
    harness_send_as(h, a, "PSUBSCRIBE x* y*");
    harness_send_as(h, b, "PSUBSCRIBE x*");
    harness_send_as(h, b, "SSUBSCRIBE x");
    assert_reply(h, "PUBSUB NUMSUB", "*0\r\n");
    assert_reply(h, "PUBSUB NUMSUB x y z", "*6\r\n$1\r\nx\r\n:2\r\n$1\r\ny\r\n:1\r\n$1\r\nz\r\n:0\r\n");
    assert_reply(h, "PUBSUB SHARDNUMSUB x y", "*4\r\n$1\r\nx\r\n:1\r\n$1\r\ny\r\n:0\r\n");
    assert_reply(h, "PUBSUB NUMPAT", ":2\r\n");
    assert_reply(h, "PUBSUB NUMPAT x", "-ERR wrong number of arguments for 'pubsub|numpat' command\r\n");
    assert_int_equal(h->server->counters.pubsub_messages, 0);
}

static void client_that_goes_leaves_all_channels(void **state)
{
    struct harness *h = *state;
    struct client *client = harness_client(h);
    harness_send_as(h, client, "SUBSCRIBE c");
    harness_send_as(h, client, "PSUBSCRIBE c*");
    client_reset(client);
    assert_reply(h, "PUBLISH c x", ":0\r\n");
    assert_reply(h, "PUBSUB NUMPAT", ":0\r\n");
}

static void help_names_the_subcommands(void **state)
{
    struct harness *h = *state;
    struct bytes help = harness_send(h, "PUBSUB HELP");
    assert_true(bytes_starts_with(
        help, BYTES("*14\r\n+PUBSUB <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n"
                    "+CHANNELS [<pattern>]\r\n")));
    assert_reply(h, "PUBSUB NOSUCH", "-ERR unknown subcommand 'NOSUCH'. Try PUBSUB HELP.\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(subscriptions_are_confirmed_one_by_one),
        HARNESS_TEST(leaving_nothing_answers_nil),
        HARNESS_TEST(all_channels_are_left_at_once),
        HARNESS_TEST(who_was_killed_before_receives_nothing),
        HARNESS_TEST(message_reaches_each_protocol_in_its_form),
        HARNESS_TEST(each_matching_pattern_delivers_by_itself),
        HARNESS_TEST(shard_messages_reach_shard_subscribers_only),
        HARNESS_TEST(large_message_arrives_whole),
        HARNESS_TEST(large_message_is_not_copied),
        HARNESS_TEST(own_message_follows_the_reply),
        HARNESS_TEST(subscribed_resp2_client_may_do_little_else),
        HARNESS_TEST(transaction_may_subscribe_but_not_to_shard_channels),
        HARNESS_TEST(active_channels_are_listed),
        HARNESS_TEST(subscribers_and_patterns_are_counted),
        HARNESS_TEST(client_that_goes_leaves_all_channels),
        HARNESS_TEST(help_names_the_subcommands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
