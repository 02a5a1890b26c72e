/* SPDX-License-Identifier: BSD-3-Clause */
/* Streams so long that no processor is done with one within a tick: what others do in between, and what they
 * see. */
#include "support/harness.h"
#include "support/notices.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LONG = 20000 };

static void fill(struct harness *h, int count)
{
    char line[64];
    for (int i = 1; i <= count; i++) {
        (void)snprintf(line, sizeof line, "XADD s %d-1 a b", i);
        (void)harness_send(h, line);
    }
    assert_reply(h, "XGROUP CREATE s g 0", "+OK\r\n");
}

/* All entries are pending for the consumer c. */
static struct client *make_pending(struct harness *h)
{
    fill(h, LONG);
    (void)harness_send(h, "XREADGROUP GROUP g c STREAMS s >");
    return harness_client(h);
}

/* The line, then the IDs of all entries. */
static void begin_of_all(struct harness *h, const char *line)
{
    struct buf full = {0};
    buf_append_text(&full, line);
    for (int i = 1; i <= LONG; i++)
        buf_printf(&full, " %d-1", i);
    harness_begin(h, h->client, buf_cstring(&full));
    buf_clear(&full);
}

static void assert_begins(struct bytes reply, const char *expected)
{
    if (!bytes_starts_with(reply, bytes_of(expected)))
        harness_assert(reply, bytes_of(expected), "the begin", __FILE__, __LINE__);
}

/* ---- what is done to each of many IDs ---- */

static void others_see_how_far_it_came(void **state)
{
    struct harness *h = *state;
    struct client *other = make_pending(h);
    begin_of_all(h, "XACK s g");
    assert_meanwhile(h, other, "XACK s g 20000-1", ":1\r\n");
    assert_meanwhile(h, other, "XADD s 20001-1 a b", "$7\r\n20001-1\r\n");
    assert_end(h, h->client, ":19999\r\n");
    assert_reply(h, "XPENDING s g", "*4\r\n:0\r\n$-1\r\n$-1\r\n*-1\r\n");
    assert_reply(h, "XLEN s", ":20001\r\n");
}

static void an_id_that_is_none_is_found_before_anything_is_done(void **state)
{
    struct harness *h = *state;
    struct buf line = {0};
    (void)make_pending(h);
    buf_append_text(&line, "XDEL s");
    for (int i = 1; i <= LONG; i++)
        buf_printf(&line, " %d-1", i);
    buf_append_text(&line, " nonsense");
    assert_reply(h, buf_cstring(&line), "-ERR Invalid stream ID specified as stream command argument\r\n");
    assert_reply(h, "XLEN s", ":20000\r\n");
    buf_clear(&line);
}

static void a_key_may_go_meanwhile(void **state)
{
    struct harness *h = *state;
    struct client *other = make_pending(h);
    begin_of_all(h, "XDEL s");
    assert_meanwhile(h, other, "RENAME s t", "+OK\r\n");
    harness_run(h);
    assert_begins(harness_replies(h, h->client), ":");
    assert_reply(h, "XDEL t 20000-1", ":1\r\n");
}

static void it_is_notified_of_once(void **state)
{
    struct harness *h = *state;
    (void)make_pending(h);
    struct client *listener = notices_listen(h);
    begin_of_all(h, "XDEL s");
    assert_end(h, h->client, ":20000\r\n");
    assert_heard(h, listener, "0 xdel s;");
}

/* Both databases hold one of the name. */
static void it_follows_its_database(void **state)
{
    struct harness *h = *state;
    struct client *other = make_pending(h);
    begin_of_all(h, "XACK s g");
    assert_meanwhile(h, other, "SWAPDB 0 1", "+OK\r\n");
    assert_meanwhile(h, other, "XADD s 1-1 a b", "$3\r\n1-1\r\n");
    assert_end(h, h->client, ":20000\r\n");
    assert_reply(h, "SWAPDB 0 1", "+OK\r\n");
    assert_reply(h, "XPENDING s g", "*4\r\n:0\r\n$-1\r\n$-1\r\n*-1\r\n");
}

static void it_rests_while_writes_are_held_up(void **state)
{
    struct harness *h = *state;
    struct client *other = make_pending(h);
    begin_of_all(h, "XACK s g");
    assert_meanwhile(h, other, "CLIENT PAUSE 1000 WRITE", "+OK\r\n");
    struct bytes first = harness_turn(h, other, "XPENDING s g - + 1");
    char *before = strndup(first.data, first.len);
    for (int i = 0; i < 50; i++)
        assert_meanwhile(h, other, "XPENDING s g - + 1", before);
    free(before);
    assert_meanwhile(h, other, "CLIENT UNPAUSE", "+OK\r\n");
    assert_end(h, h->client, ":20000\r\n");
}

static void a_script_in_the_middle_sees_nothing_of_it(void **state)
{
    struct harness *h = *state;
    struct client *other = make_pending(h);
    assert_reply(h, "CONFIG SET busy-reply-threshold 1", "+OK\r\n");
    begin_of_all(h, "XACK s g");
    harness_begin(h, other,
                  "EVAL \"local first = redis.call('XPENDING', 's', 'g')[1] "
                  "for i = 1, 30000000 do end return redis.call('XPENDING', 's', 'g')[1] == first\" 0");
    assert_end(h, other, ":1\r\n");
    assert_end(h, h->client, ":20000\r\n");
}

/* ---- reading for a group ---- */

static void others_may_read_meanwhile(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    fill(h, LONG);
    harness_begin(h, h->client, "XREADGROUP GROUP g c STREAMS s >");
    assert_begins(harness_turn(h, other, "XREADGROUP GROUP g d COUNT 2 STREAMS s >"),
                  "*1\r\n*2\r\n$1\r\ns\r\n*2\r\n*2\r\n$");
    assert_meanwhile(h, other, "XADD s 20001-1 a b", "$7\r\n20001-1\r\n");
    harness_run(h);
    assert_begins(harness_replies(h, h->client), "*1\r\n*2\r\n$1\r\ns\r\n*19998\r\n*2\r\n$3\r\n1-1\r\n");
    assert_reply(h, "XPENDING s g",
                 "*4\r\n:20000\r\n$3\r\n1-1\r\n$7\r\n20000-1\r\n*2\r\n*2\r\n$1\r\nc\r\n$5\r\n19998\r\n"
                 "*2\r\n$1\r\nd\r\n$1\r\n2\r\n");
    assert_reply(h, "XREADGROUP GROUP g d STREAMS s >",
                 "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*2\r\n$7\r\n20001-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n");
}

static void a_stream_may_go_while_it_is_read(void **state)
{
    struct harness *h = *state;
    struct client *other = harness_client(h);
    fill(h, LONG);
    assert_reply(h, "XADD t 1-1 a b", "$3\r\n1-1\r\n");
    assert_reply(h, "XGROUP CREATE t g 0", "+OK\r\n");
    harness_begin(h, h->client, "XREADGROUP GROUP g c STREAMS s t > >");
    assert_meanwhile(h, other, "SET s x", "+OK\r\n");
    harness_run(h);
    struct bytes reply = harness_replies(h, h->client);
    static const char end[] = "*2\r\n$1\r\nt\r\n*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n";
    assert_begins(reply, "*2\r\n*2\r\n$1\r\ns\r\n*");
    assert_true(bytes_equal(bytes_make(reply.data + reply.len - strlen(end), strlen(end)), bytes_of(end)));
}

static void a_long_history_is_told_again(void **state)
{
    struct harness *h = *state;
    struct client *other = make_pending(h);
    assert_reply(h, "XDEL s 19999-1", ":1\r\n");
    harness_begin(h, h->client, "XREADGROUP GROUP g c COUNT 19999 STREAMS s 1-1");
    assert_meanwhile(h, other, "XACK s g 20000-1", ":1\r\n");
    harness_run(h);
    assert_begins(harness_replies(h, h->client), "*1\r\n*2\r\n$1\r\ns\r\n*19998\r\n*2\r\n$3\r\n2-1\r\n");
    assert_reply(
        h, "XPENDING s g - 2-1 2",
        "*2\r\n*4\r\n$3\r\n1-1\r\n$1\r\nc\r\n:0\r\n:1\r\n*4\r\n$3\r\n2-1\r\n$1\r\nc\r\n:0\r\n:2\r\n");
}

/* ---- what is only shown ---- */

/* The number that follows `name` in the reply. */
static long number_behind(struct bytes reply, const char *name)
{
    char *text = strndup(reply.data, reply.len), *at = strstr(text, name);
    assert_non_null(at);
    long number = strtol(at + strlen(name), NULL, 10);
    free(text);
    return number;
}

static void a_list_of_what_is_pending_is_of_one_moment(void **state)
{
    struct harness *h = *state;
    struct client *other = make_pending(h);
    harness_begin(h, h->client, "XPENDING s g - + 100000 c");
    assert_meanwhile(h, other, "XACK s g 20000-1", ":1\r\n");
    assert_meanwhile(h, other, "XGROUP DESTROY s g", ":1\r\n");
    harness_run(h);
    assert_begins(harness_replies(h, h->client), "*20000\r\n*4\r\n$3\r\n1-1\r\n$1\r\nc\r\n:0\r\n:1\r\n");
}

static void who_looks_for_what_idles_looks_at_all(void **state)
{
    struct harness *h = *state;
    struct client *other = make_pending(h);
    harness_begin(h, h->client, "XPENDING s g IDLE 5 - + 1");
    assert_meanwhile(h, other, "PING", "+PONG\r\n");
    assert_end(h, h->client, "*0\r\n");
}

static void all_of_a_stream_is_shown_as_it_was(void **state)
{
    struct harness *h = *state;
    struct client *other = make_pending(h);
    harness_begin(h, h->client, "XINFO STREAM s FULL COUNT 0");
    assert_meanwhile(h, other, "XADD s 20001-1 a b", "$7\r\n20001-1\r\n");
    assert_meanwhile(h, other, "XGROUP CREATE s late 0", "+OK\r\n");
    harness_run(h);
    struct bytes reply = harness_replies(h, h->client);
    assert_int_equal(number_behind(reply, "$7\r\nentries\r\n*"), LONG);
    assert_int_equal(number_behind(reply, "$6\r\ngroups\r\n*"), 1);
    assert_int_equal(number_behind(reply, "$9\r\npel-count\r\n:"), LONG);
    assert_int_equal(number_behind(reply, "$7\r\npending\r\n*"), LONG);
    assert_int_equal(number_behind(reply, "$9\r\nconsumers\r\n*"), 1);
}

/* ---- claiming ---- */

static void what_others_took_meanwhile_stays_theirs(void **state)
{
    struct harness *h = *state;
    struct client *other = make_pending(h);
    harness_begin(h, h->client, "XAUTOCLAIM s g d 0 0 COUNT 100000 JUSTID");
    assert_meanwhile(h, other, "XACK s g 20000-1", ":1\r\n");
    harness_run(h);
    assert_begins(harness_replies(h, h->client), "*3\r\n$3\r\n0-0\r\n*19999\r\n$3\r\n1-1\r\n");
    assert_reply(h, "XPENDING s g",
                 "*4\r\n:19999\r\n$3\r\n1-1\r\n$7\r\n19999-1\r\n*1\r\n*2\r\n$1\r\nd\r\n$5\r\n19999\r\n");
}

static void a_group_may_go_while_it_is_claimed_from(void **state)
{
    struct harness *h = *state;
    struct client *other = make_pending(h);
    harness_begin(h, h->client, "XAUTOCLAIM s g d 0 0 COUNT 100000");
    assert_meanwhile(h, other, "XGROUP DESTROY s g", ":1\r\n");
    harness_run(h);
    assert_begins(harness_replies(h, h->client), "*3\r\n$3\r\n0-0\r\n*");
    begin_of_all(h, "XDEL s");
    harness_run(h);
    assert_sent(h, h->client, ":20000\r\n");
}

static void many_are_claimed_by_their_ids(void **state)
{
    struct harness *h = *state;
    struct client *other = make_pending(h);
    begin_of_all(h, "XCLAIM s g d 0");
    assert_meanwhile(h, other, "XDEL s 20000-1", ":1\r\n");
    harness_run(h);
    assert_begins(harness_replies(h, h->client), "*19999\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n");
    assert_reply(h, "XPENDING s g - + 1 c", "*0\r\n");
    assert_reply(h, "XPENDING s g - + 1 d", "*1\r\n*4\r\n$3\r\n1-1\r\n$1\r\nd\r\n:0\r\n:2\r\n");
}

static void options_follow_very_many_ids(void **state)
{
    struct harness *h = *state;
    struct buf line = {0};
    (void)make_pending(h);
    buf_append_text(&line, "XCLAIM s g d 0");
    for (int i = 1; i <= LONG; i++)
        buf_printf(&line, " %d-1", i);
    size_t len = line.len;
    buf_append_text(&line, " MAYBE");
    assert_reply(h, buf_cstring(&line), "-ERR Unrecognized XCLAIM option 'MAYBE'\r\n");
    assert_reply(h, "XPENDING s g - + 1 d", "*0\r\n");
    line.len = len;
    buf_append_text(&line, " JUSTID RETRYCOUNT 7");
    assert_begins(harness_send(h, buf_cstring(&line)), "*20000\r\n$3\r\n1-1\r\n$3\r\n2-1\r\n");
    assert_reply(h, "XPENDING s g - + 1 d", "*1\r\n*4\r\n$3\r\n1-1\r\n$1\r\nd\r\n:0\r\n:7\r\n");
    buf_clear(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(others_see_how_far_it_came),
        HARNESS_TEST(an_id_that_is_none_is_found_before_anything_is_done),
        HARNESS_TEST(a_key_may_go_meanwhile),
        HARNESS_TEST(it_is_notified_of_once),
        HARNESS_TEST(it_follows_its_database),
        HARNESS_TEST(it_rests_while_writes_are_held_up),
        HARNESS_TEST(a_script_in_the_middle_sees_nothing_of_it),
        HARNESS_TEST(others_may_read_meanwhile),
        HARNESS_TEST(a_stream_may_go_while_it_is_read),
        HARNESS_TEST(a_long_history_is_told_again),
        HARNESS_TEST(a_list_of_what_is_pending_is_of_one_moment),
        HARNESS_TEST(who_looks_for_what_idles_looks_at_all),
        HARNESS_TEST(all_of_a_stream_is_shown_as_it_was),
        HARNESS_TEST(what_others_took_meanwhile_stays_theirs),
        HARNESS_TEST(a_group_may_go_while_it_is_claimed_from),
        HARNESS_TEST(many_are_claimed_by_their_ids),
        HARNESS_TEST(options_follow_very_many_ids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
