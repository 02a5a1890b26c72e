/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that go through long lists: what others do in between, and what comes of it. The lists are so long
 * that no processor is done with one within a tick. */
#include "engine/client_io.h"
#include "engine/tick.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { PUSHES = 60, PUSHED = 8000 };

#define OK    "+OK\r\n"
#define COUNT "480000"

/* So many "0", and "end" behind them. */
static struct client *make_long(struct harness *h)
{
    struct buf line = {0};
    buf_append_text(&line, "RPUSH l");
    for (int i = 0; i < PUSHED; i++)
        buf_append_text(&line, " 0");
    for (int i = 0; i < PUSHES; i++)
        (void)harness_send(h, buf_cstring(&line));
    buf_clear(&line);
    assert_reply(h, "RPUSH l end", ":480001\r\n");
    return harness_client(h);
}

static void feed(struct harness *h, struct client *client, const char *line)
{
    client_feed(client, bytes_of(line));
    client_feed(client, BYTES("\r\n"));
    tick(h->server, 0);
}

/* Another client's line is answered within the turn, while the first one waits. */
static void meanwhile(struct harness *h, struct client *client, const char *line, const char *expected)
{
    feed(h, client, line);
    harness_assert(harness_replies(h, client), bytes_of(expected), line, __FILE__, __LINE__);
    assert_true(h->client->flags & CLIENT_BUSY);
}

static void a_place_is_that_of_the_moment_it_was_asked_for(void **state)
{
    struct harness *h = *state;
    struct client *other = make_long(h);
    harness_begin(h, h->client, "LPOS l end");
    meanwhile(h, other, "LPOP l", "$1\r\n0\r\n");
    assert_end(h, h->client, ":" COUNT "\r\n");
    harness_begin(h, h->client, "LPOS l none COUNT 0");
    meanwhile(h, other, "DEL l", ":1\r\n");
    assert_end(h, h->client, "*0\r\n");
}

static void a_range_is_that_of_the_moment_it_was_asked_for(void **state)
{
    struct harness *h = *state;
    struct client *other = make_long(h);
    harness_begin(h, h->client, "LRANGE l 0 -1");
    meanwhile(h, other, "DEL l", ":1\r\n");
    harness_run(h);
    struct bytes reply = harness_replies(h, h->client);
    assert_int_equal(reply.len, sizeof "*480001\r\n" - 1 + 480000 * 7 + sizeof "$3\r\nend\r\n" - 1);
    assert_memory_equal(reply.data + reply.len - 9, "$3\r\nend\r\n", 9);
}

static void who_waited_for_many_is_told_of_them_meanwhile(void **state)
{
    struct harness *h = *state;
    struct client *other = make_long(h);
    struct client *client = harness_client(h), *silent = harness_client(h);
    (void)harness_send_as(h, silent, "CLIENT REPLY OFF");
    harness_begin(h, client, "BLMPOP 0 1 awaited RIGHT COUNT 400000");
    harness_begin(h, silent, "BLMPOP 0 1 awaited LEFT COUNT 80000");
    assert_meanwhile(h, other, "RENAME l awaited", OK);
    assert_meanwhile(h, other, "LLEN awaited", ":1\r\n");
    assert_int_equal(client->wait.kind, WAIT_WORK);
    harness_run(h);
    struct bytes reply = harness_replies(h, client);
    const char *begin = "*2\r\n$7\r\nawaited\r\n*400000\r\n$3\r\nend\r\n";
    assert_true(bytes_starts_with(reply, bytes_of(begin)));
    assert_int_equal(reply.len, strlen(begin) + 399999 * 7);
    assert_end(h, silent, "");
    assert_reply(h, "LRANGE awaited 0 -1", "*1\r\n$1\r\n0\r\n");
}

static void an_element_is_put_beside_one_far_away(void **state)
{
    struct harness *h = *state;
    struct client *other = make_long(h);
    harness_begin(h, h->client, "LINSERT l AFTER end x");
    meanwhile(h, other, "PING", "+PONG\r\n");
    assert_end(h, h->client, ":480002\r\n");
    assert_reply(h, "LINDEX l -1", "$1\r\nx\r\n");
    harness_begin(h, h->client, "LINSERT l BEFORE none y");
    assert_end(h, h->client, ":-1\r\n");
}

static void it_is_looked_for_again_when_the_list_has_changed(void **state)
{
    struct harness *h = *state;
    struct client *other = make_long(h);
    harness_begin(h, h->client, "LINSERT l BEFORE end x");
    meanwhile(h, other, "LTRIM l 479000 -1", OK);
    assert_end(h, h->client, ":1002\r\n");
    assert_reply(h, "LRANGE l -3 -1", "*3\r\n$1\r\n0\r\n$1\r\nx\r\n$3\r\nend\r\n");
}

static void equal_elements_are_removed(void **state)
{
    struct harness *h = *state;
    struct client *other = make_long(h);
    harness_begin(h, h->client, "LREM l 0 0");
    meanwhile(h, other, "LLEN l", ":480001\r\n");
    assert_end(h, h->client, ":" COUNT "\r\n");
    assert_reply(h, "LRANGE l 0 -1", "*1\r\n$3\r\nend\r\n");
    assert_reply(h, "OBJECT ENCODING l", "$8\r\nlistpack\r\n");
}

static void they_are_removed_from_what_the_list_has_become(void **state)
{
    struct harness *h = *state;
    struct client *other = make_long(h);
    harness_begin(h, h->client, "LREM l -479999 0");
    meanwhile(h, other, "LPUSH l first", ":480002\r\n");
    assert_end(h, h->client, ":479999\r\n");
    assert_reply(h, "LRANGE l 0 -1", "*3\r\n$5\r\nfirst\r\n$1\r\n0\r\n$3\r\nend\r\n");
    (void)harness_send(h, "DEL l");
    make_long(h);
    harness_begin(h, h->client, "LREM l 0 0");
    meanwhile(h, other, "SET l string", OK);
    assert_end(h, h->client, "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
}

static void what_is_not_there_is_not_removed(void **state)
{
    struct harness *h = *state;
    make_long(h);
    harness_begin(h, h->client, "LREM l 0 none");
    assert_end(h, h->client, ":0\r\n");
    assert_reply(h, "LLEN l", ":480001\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(a_place_is_that_of_the_moment_it_was_asked_for),
        HARNESS_TEST(a_range_is_that_of_the_moment_it_was_asked_for),
        HARNESS_TEST(who_waited_for_many_is_told_of_them_meanwhile),
        HARNESS_TEST(an_element_is_put_beside_one_far_away),
        HARNESS_TEST(it_is_looked_for_again_when_the_list_has_changed),
        HARNESS_TEST(equal_elements_are_removed),
        HARNESS_TEST(they_are_removed_from_what_the_list_has_become),
        HARNESS_TEST(what_is_not_there_is_not_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
