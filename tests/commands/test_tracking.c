/* SPDX-License-Identifier: BSD-3-Clause */
/* Client tracking: who is told of which change, when, and in which form. */
#include "engine/client_io.h"
#include "engine/tracking.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define OK               "+OK\r\n"
#define INVALIDATE(keys) ">2\r\n$10\r\ninvalidate\r\n" keys
#define INVALIDATE_K     INVALIDATE("*1\r\n$1\r\nk\r\n")
#define INVALIDATE_ALL   INVALIDATE("_\r\n")
#define MESSAGE(keys)    "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n" keys
#define BROKEN(id)       ">2\r\n$21\r\ntracking-redir-broken\r\n:" id "\r\n"

/* A RESP3 client with tracking on. */
static struct client *tracker(struct harness *h, const char *options)
{
    struct client *client = harness_client(h);
    char line[128];
    client->reply.protocol = 3;
    (void)snprintf(line, sizeof line, "CLIENT TRACKING ON %s", options);
    assert_reply_as(h, client, line, OK);
    return client;
}

/* ---- the default mode ---- */

static void reader_is_told_once_of_a_change(void **state)
{
    struct harness *h = *state;
    struct client *client = tracker(h, "");
    harness_send(h, "SET k 1");
    assert_reply_as(h, client, "GET k", "$1\r\n1\r\n");
    harness_send(h, "SET j 1");
    assert_sent(h, client, "");
    harness_send(h, "SET k 2");
    assert_sent(h, client, INVALIDATE_K);
    harness_send(h, "SET k 3");
    assert_sent(h, client, "");
    harness_send_as(h, client, "GET k");
    harness_send(h, "DEL k");
    assert_sent(h, client, INVALIDATE_K);
}

static void all_keys_of_a_command_are_remembered(void **state)
{
    struct harness *h = *state;
    struct client *client = tracker(h, "");
    harness_send_as(h, client, "MGET a b c");
    harness_send_as(h, client, "SET w 1");
    harness_send_as(h, client, "PUBLISH k x");
    assert_int_equal(tracking_key_count(h->server), 3);
    harness_send(h, "MSET b 1 c 1 d 1 w 1");
    assert_sent(h, client, INVALIDATE("*1\r\n$1\r\nb\r\n") INVALIDATE("*1\r\n$1\r\nc\r\n"));
}

static void every_reader_is_told(void **state)
{
    struct harness *h = *state;
    struct client *a = tracker(h, ""), *b = tracker(h, ""), *c = tracker(h, "");
    harness_send_as(h, c, "GET k");
    harness_send_as(h, a, "GET k");
    harness_send_as(h, b, "GET k");
    harness_send_as(h, a, "GET k");
    harness_send_as(h, b, "GET j");
    assert_int_equal(tracking_client_count(h->server), 3);
    assert_int_equal(tracking_key_count(h->server), 2);
    assert_int_equal(tracking_item_count(h->server), 4);
    harness_send(h, "SET k 1");
    assert_sent(h, a, INVALIDATE_K);
    assert_sent(h, b, INVALIDATE_K);
    assert_sent(h, c, INVALIDATE_K);
    assert_int_equal(tracking_item_count(h->server), 1);
}

static void own_change_is_told_after_the_reply(void **state)
{
    struct harness *h = *state;
    struct client *client = tracker(h, "");
    harness_send_as(h, client, "GET k");
    assert_reply_as(h, client, "SET k 1", OK INVALIDATE_K);
    harness_send_as(h, client, "GET k");
    harness_send_as(h, client, "MULTI");
    harness_send_as(h, client, "SET k 2");
    harness_send_as(h, client, "GET k");
    assert_reply_as(h, client, "EXEC", "*2\r\n+OK\r\n$1\r\n2\r\n" INVALIDATE_K);
    harness_send(h, "SET k 3");
    assert_sent(h, client, INVALIDATE_K);
}

static void noloop_keeps_quiet_about_own_changes(void **state)
{
    struct harness *h = *state;
    struct client *client = tracker(h, "NOLOOP");
    harness_send_as(h, client, "GET k");
    assert_reply_as(h, client, "SET k 1", OK);
    harness_send_as(h, client, "GET k");
    harness_send(h, "SET k 2");
    assert_sent(h, client, INVALIDATE_K);
}

static void expiry_is_told_too(void **state)
{
    struct harness *h = *state;
    struct client *client = tracker(h, "");
    harness_send(h, "SET k v PX 100");
    harness_send_as(h, client, "GET k");
    harness_advance(h, 101);
    assert_sent(h, client, INVALIDATE_K);
}

static void flush_invalidates_everything(void **state)
{
    struct harness *h = *state;
    struct client *a = tracker(h, ""), *b = tracker(h, "BCAST");
    harness_send_as(h, a, "MGET k j");
    harness_send(h, "FLUSHALL");
    assert_sent(h, a, INVALIDATE_ALL);
    assert_sent(h, b, INVALIDATE_ALL);
    assert_int_equal(tracking_key_count(h->server), 0);
    assert_int_equal(tracking_item_count(h->server), 0);
    harness_send(h, "SET k 1");
    assert_sent(h, a, "");
    assert_reply_as(h, a, "FLUSHDB", OK INVALIDATE_ALL);
}

static void client_that_turned_it_off_is_told_nothing(void **state)
{
    struct harness *h = *state;
    struct client *client = tracker(h, "");
    harness_send_as(h, client, "GET k");
    assert_reply_as(h, client, "CLIENT TRACKING OFF", OK);
    assert_reply_as(h, client, "CLIENT TRACKING OFF", OK);
    harness_send(h, "SET k 1");
    assert_sent(h, client, "");
    harness_send_as(h, client, "CLIENT TRACKING ON");
    harness_send_as(h, client, "GET k");
    harness_send_as(h, client, "CLIENT TRACKING OFF");
    harness_send_as(h, client, "CLIENT TRACKING ON BCAST PREFIX x");
    harness_send(h, "SET k 1");
    assert_sent(h, client, "");
    client_reset(client);
    assert_int_equal(tracking_client_count(h->server), 0);
    assert_int_equal(tracking_prefix_count(h->server), 0);
}

static void resp2_client_is_told_nothing_itself(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "CLIENT TRACKING ON", OK);
    harness_send(h, "GET k");
    assert_reply(h, "SET k 1", OK);
}

/* ---- the bound ---- */

static void oldest_keys_give_way(void **state)
{
    struct harness *h = *state;
    struct client *client = tracker(h, "");
    h->server->config->tracking_table_max_keys = 2;
    harness_send_as(h, client, "MGET a b");
    assert_reply_as(h, client, "GET c", "_\r\n" INVALIDATE("*1\r\n$1\r\na\r\n"));
    assert_int_equal(tracking_key_count(h->server), 2);
    h->server->config->tracking_table_max_keys = 0;
    for (int i = 0; i < 3000; i++) {
        char line[32];
        (void)snprintf(line, sizeof line, "GET key:%d", i);
        harness_send_as(h, client, line);
    }
    assert_int_equal(tracking_key_count(h->server), 3002);
    h->server->config->tracking_table_max_keys = 100;
    harness_run(h);
    assert_int_equal(tracking_key_count(h->server), 100);
    assert_int_equal(tracking_item_count(h->server), 100);
    harness_send(h, "SET key:2950 x");
    assert_int_equal(tracking_key_count(h->server), 99);
}

/* ---- OPTIN and OPTOUT ---- */

static void optin_remembers_what_is_asked_for(void **state)
{
    struct harness *h = *state;
    struct client *client = tracker(h, "OPTIN");
    harness_send_as(h, client, "GET k");
    harness_send(h, "SET k 1");
    assert_sent(h, client, "");
    assert_reply_as(h, client, "CLIENT CACHING YES", OK);
    harness_send_as(h, client, "GET k");
    harness_send_as(h, client, "GET j");
    harness_send(h, "MSET k 1 j 1");
    assert_sent(h, client, INVALIDATE_K);
}

static void optin_holds_for_a_whole_transaction(void **state)
{
    struct harness *h = *state;
    struct client *client = tracker(h, "OPTIN");
    harness_send_as(h, client, "CLIENT CACHING yes");
    harness_send_as(h, client, "MULTI");
    harness_send_as(h, client, "GET a");
    harness_send_as(h, client, "GET b");
    harness_send_as(h, client, "EXEC");
    harness_send_as(h, client, "GET c");
    harness_send(h, "MSET a 1 b 1 c 1");
    assert_sent(h, client, INVALIDATE("*1\r\n$1\r\na\r\n") INVALIDATE("*1\r\n$1\r\nb\r\n"));
}

static void choice_ends_with_a_refused_command(void **state)
{
    struct harness *h = *state;
    struct client *client = tracker(h, "OPTIN");
    static const char *const refused[] = {"NOSUCH", "CLIENT NOSUCH", "CLIENT", "GET"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        harness_send_as(h, client, "CLIENT CACHING yes");
        harness_send_as(h, client, refused[i]);
        harness_send_as(h, client, "GET k");
        harness_send(h, "SET k 1");
        assert_sent(h, client, "");
    }
}

static void optout_forgets_what_is_asked_for(void **state)
{
    struct harness *h = *state;
    struct client *client = tracker(h, "OPTOUT");
    assert_reply_as(h, client, "CLIENT CACHING NO", OK);
    harness_send_as(h, client, "GET j");
    harness_send_as(h, client, "GET k");
    harness_send(h, "MSET j 1 k 1");
    assert_sent(h, client, INVALIDATE_K);
}

/* ---- redirection ---- */

static void resp2_subscriber_gets_messages(void **state)
{
    struct harness *h = *state;
    struct client *receiver = harness_client(h);
    assert_int_equal(receiver->id, 2);
    assert_reply(h, "CLIENT TRACKING ON REDIRECT 2", OK);
    harness_send(h, "GET k");
    harness_send(h, "SET k 1");
    assert_sent(h, receiver, "");
    harness_send_as(h, receiver, "SUBSCRIBE __redis__:invalidate");
    harness_send(h, "GET k");
    assert_reply(h, "SET k 1", OK);
    assert_sent(h, receiver, MESSAGE("*1\r\n$1\r\nk\r\n"));
    assert_reply(h, "FLUSHALL", OK);
    assert_sent(h, receiver, MESSAGE("$-1\r\n"));
    receiver->reply.protocol = 3;
    harness_send(h, "GET k");
    harness_send(h, "SET k 1");
    assert_sent(h, receiver, INVALIDATE_K);
}

static void lost_receiver_is_told_of(void **state)
{
    struct harness *h = *state;
    struct client *receiver = harness_client(h);
    struct client *client = tracker(h, "REDIRECT 2");
    assert_reply_as(h, client, "CLIENT GETREDIR", ":2\r\n");
    harness_send_as(h, client, "GET k");
    receiver->flags |= CLIENT_CLOSE_AFTER_REPLY;
    harness_send(h, "SET k 1");
    assert_sent(h, client, BROKEN("2"));
    assert_reply_as(
        h, client, "CLIENT TRACKINGINFO",
        "%3\r\n$5\r\nflags\r\n~2\r\n$2\r\non\r\n$15\r\nbroken_redirect\r\n$8\r\nredirect\r\n:2\r\n"
        "$8\r\nprefixes\r\n*0\r\n");
    assert_reply_as(h, client, "CLIENT TRACKING ON", OK);
    assert_false(client->flags & CLIENT_TRACKING_BROKEN_REDIRECT);
}

/* ---- broadcast ---- */

static void broadcast_tells_once_a_tick_and_prefix(void **state)
{
    struct harness *h = *state;
    struct client *all = tracker(h, "BCAST"), *some = tracker(h, "BCAST PREFIX b: PREFIX a:");
    assert_int_equal(tracking_prefix_count(h->server), 3);
    harness_send(h, "MSET c:1 x b:2 x a:1 x b:1 x b:2 y");
    assert_sent(h, all, INVALIDATE("*4\r\n$3\r\na:1\r\n$3\r\nb:1\r\n$3\r\nb:2\r\n$3\r\nc:1\r\n"));
    assert_sent(h, some, INVALIDATE("*1\r\n$3\r\na:1\r\n") INVALIDATE("*2\r\n$3\r\nb:1\r\n$3\r\nb:2\r\n"));
    harness_send(h, "SET c:1 y");
    assert_sent(h, some, "");
    harness_send(h, "DEL a:1 nosuch");
    assert_sent(h, some, INVALIDATE("*1\r\n$3\r\na:1\r\n"));
}

static void broadcast_with_noloop_leaves_own_keys_out(void **state)
{
    struct harness *h = *state;
    struct client *client = tracker(h, "BCAST NOLOOP"), *other = tracker(h, "BCAST");
    client_feed(client, BYTES("SET a 1\r\nSET b 1\r\n"));
    client_feed(h->client, BYTES("SET b 2\r\nSET c 2\r\n"));
    harness_run(h);
    assert_sent(h, client, OK OK INVALIDATE("*2\r\n$1\r\nb\r\n$1\r\nc\r\n"));
    assert_sent(h, other, INVALIDATE("*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n"));
    harness_send_as(h, client, "SET a 3");
    assert_sent(h, client, "");
}

static void broadcast_begins_with_the_prefix(void **state)
{
    struct harness *h = *state;
    struct client *all = tracker(h, "BCAST"), *late = harness_client(h);
    late->reply.protocol = 3;
    client_feed(late, BYTES("SET a:1 x\r\nCLIENT TRACKING ON BCAST PREFIX a:\r\nSET a:2 x\r\n"));
    harness_run(h);
    assert_sent(h, late, OK OK OK INVALIDATE("*1\r\n$3\r\na:2\r\n"));
    assert_sent(h, all, INVALIDATE("*2\r\n$3\r\na:1\r\n$3\r\na:2\r\n"));
}

static void prefixes_can_be_added(void **state)
{
    struct harness *h = *state;
    struct client *client = tracker(h, "BCAST PREFIX b");
    assert_reply_as(h, client, "CLIENT TRACKING ON BCAST PREFIX a PREFIX c", OK);
    assert_reply_as(h, client, "CLIENT TRACKINGINFO",
                    "%3\r\n$5\r\nflags\r\n~2\r\n$2\r\non\r\n$5\r\nbcast\r\n$8\r\nredirect\r\n:0\r\n"
                    "$8\r\nprefixes\r\n*3\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n");
    harness_send_as(h, client, "CLIENT TRACKING OFF");
    assert_int_equal(tracking_prefix_count(h->server), 0);
}

/* ---- the commands ---- */

static void options_that_do_not_go_together_are_refused(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "CLIENT TRACKING MAYBE", "-ERR syntax error\r\n");
    assert_reply(h, "CLIENT TRACKING ON NOSUCH", "-ERR syntax error\r\n");
    assert_reply(h, "CLIENT TRACKING ON PREFIX", "-ERR syntax error\r\n");
    assert_reply(h, "CLIENT TRACKING ON PREFIX a",
                 "-ERR PREFIX option requires BCAST mode to be enabled\r\n");
    assert_reply(h, "CLIENT TRACKING ON BCAST OPTIN",
                 "-ERR OPTIN and OPTOUT are not compatible with BCAST\r\n");
    assert_reply(h, "CLIENT TRACKING ON OPTIN OPTOUT",
                 "-ERR You can't specify both OPTIN mode and OPTOUT mode\r\n");
    assert_reply(h, "CLIENT TRACKING ON REDIRECT x", "-ERR value is not an integer or out of range\r\n");
    assert_reply(h, "CLIENT TRACKING ON REDIRECT 99",
                 "-ERR The client ID you want redirect to does not exist\r\n");
    assert_reply(h, "CLIENT TRACKING ON REDIRECT 1 REDIRECT 1",
                 "-ERR A client can only redirect to a single other client\r\n");
    assert_false(tracking_is_on(h->client));
}

static void modes_do_not_change_on_the_fly(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "CLIENT TRACKING ON OPTIN", OK);
    assert_reply(
        h, "CLIENT TRACKING ON BCAST",
        "-ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then "
        "re-enabling it with a different mode.\r\n");
    assert_reply(
        h, "CLIENT TRACKING ON OPTOUT",
        "-ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then "
        "re-enabling it with a different mode.\r\n");
    assert_reply(h, "CLIENT TRACKING ON OPTIN NOLOOP", OK);
}

static void overlapping_prefixes_are_refused(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "CLIENT TRACKING ON BCAST PREFIX x PREFIX foobar PREFIX foo",
                 "-ERR Prefix 'foobar' overlaps with another provided prefix 'foo'. Prefixes for a single "
                 "client must not overlap.\r\n");
    assert_reply(h, "CLIENT TRACKING ON BCAST PREFIX foo", OK);
    assert_reply(h, "CLIENT TRACKING ON BCAST PREFIX f",
                 "-ERR Prefix 'f' overlaps with an existing prefix 'foo'. Prefixes for a single client must "
                 "not overlap.\r\n");
    assert_reply(
        h, "CLIENT TRACKING ON BCAST PREFIX foo",
        "-ERR Prefix 'foo' overlaps with an existing prefix 'foo'. Prefixes for a single client must "
        "not overlap.\r\n");
}

static void caching_needs_its_mode(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "CLIENT CACHING YES",
                 "-ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
                 "OPTOUT mode enabled\r\n");
    harness_send(h, "CLIENT TRACKING ON OPTOUT");
    assert_reply(h, "CLIENT CACHING YES",
                 "-ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.\r\n");
    assert_reply(h, "CLIENT CACHING MAYBE", "-ERR syntax error\r\n");
    harness_send(h, "CLIENT TRACKING OFF");
    harness_send(h, "CLIENT TRACKING ON OPTIN");
    assert_reply(h, "CLIENT CACHING NO",
                 "-ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.\r\n");
}

static void info_tells_the_state(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "CLIENT GETREDIR", ":-1\r\n");
    assert_reply(h, "CLIENT TRACKINGINFO",
                 "*6\r\n$5\r\nflags\r\n*1\r\n$3\r\noff\r\n$8\r\nredirect\r\n:-1\r\n$8\r\nprefixes\r\n*0\r\n");
    harness_send(h, "CLIENT TRACKING ON OPTIN NOLOOP");
    harness_send(h, "CLIENT CACHING YES");
    assert_reply(h, "CLIENT GETREDIR", ":0\r\n");
    assert_reply(
        h, "CLIENT TRACKINGINFO",
        "*6\r\n$5\r\nflags\r\n*4\r\n$2\r\non\r\n$5\r\noptin\r\n$11\r\ncaching-yes\r\n$6\r\nnoloop\r\n"
        "$8\r\nredirect\r\n:0\r\n$8\r\nprefixes\r\n*0\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(reader_is_told_once_of_a_change),
        HARNESS_TEST(all_keys_of_a_command_are_remembered),
        HARNESS_TEST(every_reader_is_told),
        HARNESS_TEST(own_change_is_told_after_the_reply),
        HARNESS_TEST(noloop_keeps_quiet_about_own_changes),
        HARNESS_TEST(expiry_is_told_too),
        HARNESS_TEST(flush_invalidates_everything),
        HARNESS_TEST(client_that_turned_it_off_is_told_nothing),
        HARNESS_TEST(resp2_client_is_told_nothing_itself),
        HARNESS_TEST(oldest_keys_give_way),
        HARNESS_TEST(optin_remembers_what_is_asked_for),
        HARNESS_TEST(optin_holds_for_a_whole_transaction),
        HARNESS_TEST(choice_ends_with_a_refused_command),
        HARNESS_TEST(optout_forgets_what_is_asked_for),
        HARNESS_TEST(resp2_subscriber_gets_messages),
        HARNESS_TEST(lost_receiver_is_told_of),
        HARNESS_TEST(broadcast_tells_once_a_tick_and_prefix),
        HARNESS_TEST(broadcast_with_noloop_leaves_own_keys_out),
        HARNESS_TEST(broadcast_begins_with_the_prefix),
        HARNESS_TEST(prefixes_can_be_added),
        HARNESS_TEST(options_that_do_not_go_together_are_refused),
        HARNESS_TEST(modes_do_not_change_on_the_fly),
        HARNESS_TEST(overlapping_prefixes_are_refused),
        HARNESS_TEST(caching_needs_its_mode),
        HARNESS_TEST(info_tells_the_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
