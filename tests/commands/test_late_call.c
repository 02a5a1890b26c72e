/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls that are answered late are one call: recorded once and when they take effect, answered to whom they
 * belong, whatever happens in between. */
#include "engine/client_io.h"
#include "engine/events.h"
#include "engine/tick.h"
#include "support/harness.h"
#include "support/reply_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { MANY = 200000 };

#define OK              "+OK\r\n"
#define INVALIDATE_ALL  ">2\r\n$10\r\ninvalidate\r\n_\r\n"
#define INVALIDATE(key) ">2\r\n$10\r\ninvalidate\r\n*1\r\n" key

static void fill(struct harness *h)
{
    struct buf requests = {0};
    for (int i = 0; i < MANY; i++)
        buf_printf(&requests, "set key:%d x\r\n", i);
    harness_feed(h, h->client, buf_bytes(&requests));
    buf_clear(&requests);
}

static void feed(struct client *client, const char *line)
{
    client_feed(client, bytes_of(line));
    client_feed(client, BYTES("\r\n"));
}

/* Sends `line` and lets the server have one turn, in which it can't be done. */
static void begin(struct harness *h, struct client *client, const char *line)
{
    feed(client, line);
    tick(h->server, 0);
    assert_sent(h, client, "");
    assert_int_equal(client->wait.kind, WAIT_WORK);
}

/* The same for another client, whose line is answered within the turn. */
static void meanwhile(struct harness *h, struct client *client, const char *line, const char *expected)
{
    feed(client, line);
    tick(h->server, 0);
    harness_assert(harness_replies(h, client), bytes_of(expected), line, __FILE__, __LINE__);
}

static void speak_resp3(struct harness *h, struct client *client)
{
    assert_true(harness_send_as(h, client, "hello 3").len > 0);
}

/* How often the words, each in quotes, were seen by the monitor, and how far the first is from the begin. */
static size_t place_of(struct bytes seen, const char *words)
{
    const char *at = memmem(seen.data, seen.len, words, strlen(words));
    return at ? (size_t)(at - seen.data) : SIZE_MAX;
}

static int64_t calls_of(struct harness *h, const char *command)
{
    struct bytes name = bytes_of(command);
    bool is_unknown;
    return (int64_t)registry_resolve(h->server->registry, &name, 1, &is_unknown)->calls;
}

/* ---- whose it is ---- */

static void invalidations_of_a_flush_go_to_who_flushed(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    fill(h);
    speak_resp3(h, h->client);
    assert_reply(h, "client tracking on", OK);
    begin(h, h->client, "flushdb");
    meanwhile(h, other, "ping", "+PONG\r\n");
    harness_run(h);
    assert_sent(h, h->client, OK INVALIDATE_ALL);
    assert_sent(h, other, "");
}

#define MAKE_LARGE "setrange large 67108863 x"

static void what_is_pushed_during_a_call_follows_its_reply(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    assert_reply(h, MAKE_LARGE, ":67108864\r\n");
    h->server->notify_classes = events_parse_classes("Em");
    speak_resp3(h, h->client);
    assert_true(harness_send(h, "subscribe __keyevent@0__:keymiss").len > 0);
    begin(h, h->client, "bitop or result large missing");
    meanwhile(h, other, "get gone", "$-1\r\n");
    meanwhile(h, other, "publish __keyevent@0__:keymiss last", ":1\r\n");
    harness_run(h);
#define MISSED(key) ">3\r\n$7\r\nmessage\r\n$22\r\n__keyevent@0__:keymiss\r\n" key "\r\n"
    assert_sent(h, h->client,
                ":67108864\r\n" MISSED("$7\r\nmissing") MISSED("$4\r\ngone") MISSED("$4\r\nlast"));
    assert_sent(h, other, "");
}

static void who_waits_for_others_is_told_at_once(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    speak_resp3(h, h->client);
    assert_true(harness_send(h, "subscribe news").len > 0);
    assert_reply(h, "wait 1 0", "");
    assert_reply_as(h, other, "publish news x", ":1\r\n");
    assert_sent(h, h->client, ">3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$1\r\nx\r\n");
}

/* ---- what is recorded, and when ---- */

static void monitors_see_a_flush_before_what_follows_it(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h), *monitor = harness_client(h);
    fill(h);
    assert_reply_as(h, monitor, "monitor", OK);
    begin(h, h->client, "flushall");
    meanwhile(h, other, "set after 1", OK);
    harness_run(h);
    assert_sent(h, h->client, OK);
    assert_reply(h, "exists after", ":1\r\n");
    struct bytes seen = harness_replies(h, monitor);
    assert_true(place_of(seen, "\"flushall\"") < place_of(seen, "\"set\" \"after\""));
    assert_int_equal(calls_of(h, "flushall"), 1);
}

static void a_pause_does_not_hold_back_the_answer_to_a_flush(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    fill(h);
    begin(h, h->client, "flushall");
    meanwhile(h, other, "client pause 1500 write", OK);
    harness_run(h);
    assert_sent(h, h->client, OK);
}

static void a_failed_save_does_not_refuse_what_has_happened(void **state)
{
    struct harness *h = *state;
    fill(h);
    assert_reply(h, "config set save \"3600 1\"", OK);
    begin(h, h->client, "flushdb");
    h->server->status.is_snapshot_failed = true;
    harness_run(h);
    assert_sent(h, h->client, OK);
}

static void a_flush_is_recorded_although_its_client_goes_away(void **state)
{
    struct harness *h = *state;
    struct client *leaver = harness_client(h), *monitor = harness_client(h);
    fill(h);
    assert_reply(h, "config set slowlog-log-slower-than 0", OK);
    assert_reply(h, "slowlog reset", OK);
    assert_reply_as(h, monitor, "monitor", OK);
    begin(h, leaver, "flushall");
    client_close(leaver);
    harness_run(h);
    assert_true(place_of(harness_replies(h, monitor), "\"flushall\"") != SIZE_MAX);
    assert_int_equal(calls_of(h, "flushall"), 1);
    assert_true(place_of(harness_send(h, "slowlog get"), "flushall") != SIZE_MAX);
}

static void an_edit_is_recorded_when_it_takes_effect(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h), *monitor = harness_client(h);
    assert_reply(h, MAKE_LARGE, ":67108864\r\n");
    assert_reply(h, "copy large copy", ":1\r\n");
    uint64_t dirty = h->server->dirty;
    assert_reply_as(h, monitor, "monitor", OK);
    begin(h, h->client, "append copy abc");
    meanwhile(h, other, "set other 1", OK);
    assert_int_equal(h->server->dirty, dirty + 1);
    harness_run(h);
    assert_sent(h, h->client, ":67108867\r\n");
    assert_int_equal(h->server->dirty, dirty + 2);
    struct bytes seen = harness_replies(h, monitor);
    assert_true(place_of(seen, "\"set\" \"other\"") < place_of(seen, "\"append\" \"copy\" \"abc\""));
    assert_int_equal(calls_of(h, "append"), 1);
}

/* An optimistic edit of the key fails when the late one comes first, and not when it comes after. */
static void an_edit_touches_watched_keys_when_it_takes_effect(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    assert_reply(h, MAKE_LARGE, ":67108864\r\n");
    assert_reply(h, "copy large copy", ":1\r\n");
    assert_reply_as(h, other, "watch copy", OK);
    begin(h, h->client, "append copy abc");
    meanwhile(h, other, "multi\r\nset copy short\r\nexec", OK "+QUEUED\r\n*1\r\n" OK);
    assert_reply_as(h, other, "watch copy", OK);
    harness_run(h);
    assert_sent(h, h->client, ":8\r\n");
    assert_reply_as(h, other, "multi", OK);
    assert_reply_as(h, other, "exec", "*-1\r\n");
}

/* ---- what was read ---- */

static void what_is_read_is_remembered_when_it_is_read(void **state)
{
    static const char *const reads[][2] = {{"bitcount large", ":5\r\n"},
                                           {"bitpos large 1 1", ":536870905\r\n"}};
    struct harness *h = *state;
    struct client *other = harness_client(h);
    speak_resp3(h, h->client);
    assert_reply(h, "client tracking on", OK);
    for (size_t i = 0; i < sizeof reads / sizeof reads[0]; i++) {
        assert_reply(h, MAKE_LARGE, ":67108864\r\n");
        assert_reply(h, "setbit large 1 1", ":0\r\n");
        begin(h, h->client, reads[i][0]);
        meanwhile(h, other, "del large", ":1\r\n");
        harness_run(h);
        char expected[128];
        (void)snprintf(expected, sizeof expected, "%s%s", reads[i][1], INVALIDATE("$5\r\nlarge\r\n"));
        harness_assert(harness_replies(h, h->client), bytes_of(expected), reads[i][0], __FILE__, __LINE__);
    }
}

static void a_dump_is_remembered_when_it_is_read(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    speak_resp3(h, h->client);
    assert_reply(h, "client tracking on", OK);
    assert_reply(h, MAKE_LARGE, ":67108864\r\n");
    begin(h, h->client, "dump large");
    meanwhile(h, other, "del large", ":1\r\n");
    harness_run(h);
    struct bytes reply = harness_replies(h, h->client);
    struct bytes push = BYTES(INVALIDATE("$5\r\nlarge\r\n"));
    assert_memory_equal(reply.data + reply.len - push.len, push.data, push.len);
}

/* Databases that are exchanged in between: the keys are those of the one that was selected then. */
static void keys_are_those_of_the_database_that_was_asked(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    fill(h);
    begin(h, h->client, "keys *");
    meanwhile(h, other, "swapdb 0 1", OK);
    meanwhile(h, other, "set foreign 1", OK);
    harness_run(h);
    struct bytes reply = harness_replies(h, h->client);
    assert_memory_equal(reply.data, "*200000\r\n", 9);
    assert_true(place_of(reply, "foreign") == SIZE_MAX);
    assert_reply(h, "dbsize", ":1\r\n");
}

static void silence_of_late_answers_is_kept(void **state)
{
    struct harness *h = *state;
    fill(h);
    feed(h->client, "client reply skip");
    begin(h, h->client, "keys *");
    feed(h->client, "ping");
    harness_run(h);
    assert_sent(h, h->client, "+PONG\r\n");
    assert_reply(h, "client reply off", "");
    begin(h, h->client, "flushall");
    feed(h->client, "client reply on");
    harness_run(h);
    assert_sent(h, h->client, OK);
}

static void answers_come_in_order_whatever_takes_long(void **state)
{
    struct harness *h = *state;
    fill(h);
    begin(h, h->client, "keys nothing\r\nreset\r\nkeys nothing\r\nflushall\r\ndbsize");
    harness_run(h);
    assert_sent(h, h->client, "*0\r\n+RESET\r\n*0\r\n" OK ":0\r\n");
}

static void time_of_all_slices_counts(void **state)
{
    struct harness *h = *state;
    fill(h);
    assert_reply(h, "config set slowlog-log-slower-than 500", OK);
    assert_reply(h, "slowlog reset", OK);
    begin(h, h->client, "keys nothing");
    harness_run(h);
    assert_sent(h, h->client, "*0\r\n");
    assert_true(place_of(harness_send(h, "slowlog get"), "nothing") != SIZE_MAX);
    assert_int_equal(calls_of(h, "keys"), 1);
}

/* ---- run by the server ---- */

static struct bytes run_as(struct harness *h, int argc, const struct bytes *argv)
{
    struct reply reply;
    reply_init(&reply, h->server->reply_pool);
    reply.protocol = 2;
    assert_true(call_run_as(h->client, argc, argv, &reply));
    h->replies.len = 0;
    reply_text_drain(&reply, SIZE_MAX, &h->replies);
    reply_clear(&reply);
    return buf_bytes(&h->replies);
}

static void server_runs_commands_with_a_reply_of_their_own(void **state)
{
    struct harness *h = *state;
    struct bytes set[] = {BYTES("set"), BYTES("k"), BYTES("v")},
                 wait[] = {BYTES("wait"), BYTES("1"), BYTES("0")};
    harness_assert(run_as(h, 3, set), BYTES(OK), "set", __FILE__, __LINE__);
    assert_sent(h, h->client, "");
    assert_reply(h, "get k", "$1\r\nv\r\n");
    /* It passes through admission, and never waits. */
    harness_assert(run_as(h, 1, set), BYTES("-ERR wrong number of arguments for 'set' command\r\n"), "set",
                   __FILE__, __LINE__);
    harness_assert(run_as(h, 3, wait), BYTES(":0\r\n"), "wait", __FILE__, __LINE__);
    h->server->status.is_loading = true;
    harness_assert(run_as(h, 3, set), BYTES("-LOADING Redis is loading the dataset in memory\r\n"), "set",
                   __FILE__, __LINE__);
    h->server->status.is_loading = false;
    assert_reply(h, "client pause 1000", OK);
    assert_false(call_run_as(h->client, 3, set, &h->client->reply));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(invalidations_of_a_flush_go_to_who_flushed),
        HARNESS_TEST(what_is_pushed_during_a_call_follows_its_reply),
        HARNESS_TEST(who_waits_for_others_is_told_at_once),
        HARNESS_TEST(monitors_see_a_flush_before_what_follows_it),
        HARNESS_TEST(a_pause_does_not_hold_back_the_answer_to_a_flush),
        HARNESS_TEST(a_failed_save_does_not_refuse_what_has_happened),
        HARNESS_TEST(a_flush_is_recorded_although_its_client_goes_away),
        HARNESS_TEST(an_edit_is_recorded_when_it_takes_effect),
        HARNESS_TEST(an_edit_touches_watched_keys_when_it_takes_effect),
        HARNESS_TEST(what_is_read_is_remembered_when_it_is_read),
        HARNESS_TEST(a_dump_is_remembered_when_it_is_read),
        HARNESS_TEST(keys_are_those_of_the_database_that_was_asked),
        HARNESS_TEST(silence_of_late_answers_is_kept),
        HARNESS_TEST(answers_come_in_order_whatever_takes_long),
        HARNESS_TEST(time_of_all_slices_counts),
        HARNESS_TEST(server_runs_commands_with_a_reply_of_their_own),
    };
    return cmocka_run_group_tests_name("late calls", tests, NULL, NULL);
}
