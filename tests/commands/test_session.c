/* SPDX-License-Identifier: BSD-3-Clause */
/* SESSION.STATS and INFO's sessions, and that commands count as what they are. */
#include "engine/client_io.h"
#include "engine/metrics.h"
#include "engine/tick.h"
#include "support/harness.h"
#include "support/reply_text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* A figure of INFO's line of `prefix`; -1: there is no such line. */
static int64_t figure(struct harness *harness, const char *prefix, const char *name)
{
    char text[4096], wanted[128];
    struct bytes reply = harness_send(harness, "info sessions");
    assert_true(reply.len < sizeof text);
    memcpy(text, reply.data, reply.len);
    text[reply.len] = 0;
    (void)snprintf(wanted, sizeof wanted, ":prefix=%s,", prefix);
    char *line = strstr(text, wanted);
    if (!line)
        return -1;
    *strchr(line, '\r') = 0;
    (void)snprintf(wanted, sizeof wanted, ",%s=", name);
    const char *found = strstr(line, wanted);
    assert_non_null(found);
    return strtoll(found + strlen(wanted), NULL, 10);
}

#define assert_figure(harness, prefix, name, expected) \
    assert_int_equal(figure((harness), (prefix), (name)), (expected))

static void commands_count_as_what_they_are(void **state)
{
    struct harness *harness = *state;
    harness_send(harness, "setex session:a1 3600 one");
    harness_send(harness, "setex session:a1 3600 two");
    harness_send(harness, "setex session:b2 3600 three");
    harness_send(harness, "get session:a1");
    harness_send(harness, "mget session:a1 session:b2 session:c3");
    harness_send(harness, "ttl session:a1");
    harness_send(harness, "exists session:a1");
    assert_figure(harness, "session:", "keys", 2);
    assert_figure(harness, "session:", "created", 2);
    assert_figure(harness, "session:", "refreshed", 1);
    assert_figure(harness, "session:", "read", 3);

    harness_send(harness, "expire session:a1 100");
    harness_send(harness, "append session:a1 x");
    harness_send(harness, "persist session:a1");
    harness_send(harness, "expire session:a1 100 nx");
    harness_send(harness, "expire session:a1 100 nx"); /* refused: does nothing */
    assert_figure(harness, "session:", "refreshed", 4);
    assert_figure(harness, "session:", "read", 3);

    harness_send(harness, "getdel session:b2");
    harness_send(harness, "del session:b2 session:c3");
    assert_figure(harness, "session:", "deleted", 1);
    assert_figure(harness, "session:", "keys", 1);
    harness_advance(harness, 100001);
    assert_figure(harness, "session:", "expired", 1);
    assert_figure(harness, "session:", "keys", 0);
    assert_figure(harness, "session:", "bytes", 0);
}

static void keys_change_class_with_their_name(void **state)
{
    struct harness *harness = *state;
    harness_send(harness, "set session:a1 v");
    harness_send(harness, "rename session:a1 user:a1");
    assert_figure(harness, "session:", "keys", 0);
    assert_figure(harness, "session:", "deleted", 1);
    assert_figure(harness, "user:", "created", 1);
    harness_send(harness, "copy user:a1 cart:a1");
    assert_figure(harness, "user:", "keys", 1);
    assert_figure(harness, "cart:", "keys", 1);
    harness_send(harness, "move cart:a1 3");
    assert_figure(harness, "cart:", "keys", 1);
    harness_send(harness, "swapdb 0 3");
    assert_figure(harness, "user:", "keys", 1);
    harness_send(harness, "flushdb"); /* what was database 3 */
    assert_figure(harness, "cart:", "keys", 0);
    assert_figure(harness, "cart:", "flushed", 1);
    assert_figure(harness, "user:", "keys", 1);
    harness_send(harness, "flushall");
    assert_figure(harness, "user:", "flushed", 1);
    assert_figure(harness, "user:", "deleted", 0);
    assert_figure(harness, "user:", "bytes", 0);
}

static void reads_count_that_leave_no_stamp(void **state)
{
    struct harness *harness = *state;
    harness_send(harness, "set session:a1 v");
    harness_send(harness, "client no-touch on");
    harness_send(harness, "get session:a1");
    harness_send(harness, "set session:a1 w");
    assert_figure(harness, "session:", "read", 1);
    assert_figure(harness, "session:", "refreshed", 1);
    assert_figure(harness, "session:", "created", 1);
}

static void evicted_keys_are_counted(void **state)
{
    struct harness *harness = *state;
    harness_send(harness, "set session:a1 v");
    harness->server->config->maxmemory_policy = MAXMEMORY_ALLKEYS_LRU;
    harness->server->config->maxmemory = 1;
    harness_run(harness);
    harness->server->config->maxmemory = 0;
    assert_figure(harness, "session:", "evicted", 1);
    assert_figure(harness, "session:", "keys", 0);
}

static void reset_begins_anew_but_for_what_is_there(void **state)
{
    struct harness *harness = *state;
    harness_send(harness, "setex session:a1 100 v");
    harness_send(harness, "set user:a1 v");
    harness_send(harness, "del user:a1");
    harness_send(harness, "config resetstat");
    assert_figure(harness, "session:", "created", 0);
    assert_figure(harness, "session:", "keys", 1);
    assert_figure(harness, "user:", "keys", -1);
}

static void info_shows_the_largest_classes(void **state)
{
    struct harness *harness = *state;
    assert_reply(harness, "info sessions",
                 "$47\r\n# Sessions\r\nsession_live:0\r\nsession_classes:0\r\n\r\n");
    for (char c = 'a'; c <= 'z'; c++) {
        char line[64];
        (void)snprintf(line, sizeof line, "set %c%c:1 v", c, c);
        harness_send(harness, line);
    }
    harness_send(harness, "set zz:2 v");
    struct bytes reply = harness_send(harness, "info sessions");
    assert_true(
        reply_has(reply, "\r\nsession_live:27\r\nsession_classes:26\r\nsession26:prefix=zz:,keys=2,"));
    assert_figure(harness, "aa:", "keys", 1);
    assert_figure(harness, "yy:", "keys", -1); /* the twenty-first of equals comes no more */
    assert_true(reply_has(harness_send(harness, "info"), "# Sessions\r\n"));
}

static void prefixes_dont_take_lines_apart(void **state)
{
    struct harness *harness = *state;
    harness_send(harness, "set \"a=b,c\\r\\nd:x\" v");
    assert_figure(harness, "a\\x3db\\x2cc\\x0d\\x0ad:", "keys", 1);
}

#define FIGURES(keys, bytes, created, refreshed, read)                                   \
    "$4\r\nkeys\r\n:" keys "\r\n$5\r\nbytes\r\n:" bytes "\r\n$7\r\ncreated\r\n:" created \
    "\r\n$9\r\nrefreshed\r\n:" refreshed "\r\n$4\r\nread\r\n:" read                      \
    "\r\n$7\r\ndeleted\r\n:0\r\n$7\r\nexpired"                                           \
    "\r\n:0\r\n$7\r\nevicted\r\n:0\r\n$7\r\nflushed\r\n:0\r\n"
#define MINUTE(created, live)                                                                      \
    "$7\r\ncreated\r\n:" created "\r\n$7\r\ndeleted\r\n:0\r\n$7\r\nexpired\r\n:0\r\n$7\r\nevicted" \
    "\r\n:0\r\n$4\r\nlive\r\n:" live "\r\n"

static void stats_are_a_map(void **state)
{
    struct harness *harness = *state;
    harness_send(harness, "setex session:a1 3600 1234567890123456789012");
    harness_send(harness, "setex session:a1 1800 1234567890123456789012");
    /* Header 8, deadline 8, key without prefix 2, value 22: 40 bytes. */
    assert_reply(harness, "session.stats session:",
                 "*24\r\n" FIGURES("1", "40", "1", "1",
                                   "0") "$5\r\nsizes\r\n*2\r\n$2\r\n64\r\n:1\r\n"
                                        "$4\r\nttls\r\n*4\r\n$4\r\n2048\r\n:1\r\n$4\r\n4096\r\n:1\r\n"
                                        "$11\r\nthis_minute\r\n*10\r\n" MINUTE("1", "1"));
    harness->client->reply.protocol = 3;
    assert_reply(harness, "session.stats session:",
                 "%12\r\n" FIGURES("1", "40", "1", "1",
                                   "0") "$5\r\nsizes\r\n%1\r\n$2\r\n64\r\n:1\r\n"
                                        "$4\r\nttls\r\n%2\r\n$4\r\n2048\r\n:1\r\n$4\r\n4096\r\n:1\r\n"
                                        "$11\r\nthis_minute\r\n%5\r\n" MINUTE("1", "1"));
    assert_reply(harness, "SESSION.STATS",
                 "%13\r\n" FIGURES(
                     "1", "40", "1", "1",
                     "0") "$5\r\nsizes\r\n%1\r\n$2\r\n64\r\n:1\r\n"
                          "$4\r\nttls\r\n%2\r\n$4\r\n2048\r\n:1\r\n$4\r\n4096\r\n:1\r\n"
                          "$11\r\nthis_minute\r\n%5\r\n" MINUTE(
                              "1", "1") "$7\r\nclasses\r\n%1\r\n$8\r\nsession:\r\n%9\r\n" FIGURES("1", "40",
                                                                                                  "1", "1",
                                                                                                  "0"));
    assert_reply(harness, "session.stats nosuch:", "_\r\n");
    assert_reply(harness, "session.stats \"\"", "_\r\n");
}

static void end_minute(struct harness *harness)
{
    harness_advance(harness, 60000);
    sampler_run(harness->server);
}

static void stats_tell_minute_by_minute(void **state)
{
    struct harness *harness = *state;
    /* Header 8, key without prefix 2, value 6: 16 bytes each. */
    harness_send(harness, "set session:a1 sixsix");
    end_minute(harness);
    harness_send(harness, "set session:b2 sixsix");
    harness_send(harness, "get session:b2");
    end_minute(harness);
    harness->client->reply.protocol = 3;
    struct bytes stats = harness_send(harness, "session.stats session: minutes 5");
    assert_true(bytes_starts_with(stats, BYTES("%13\r\n" FIGURES("2", "32", "2", "0", "1"))));
    assert_true(reply_has(stats, "$11\r\nthis_minute\r\n%5\r\n" MINUTE("0", "2") "$7\r\nminutes\r\n*2\r\n"));
    assert_true(reply_has(stats, "*2\r\n%5\r\n" MINUTE("1", "2") "%5\r\n" MINUTE("1", "1")));
    struct bytes reply = harness_send(harness, "session.stats minutes 1");
    assert_true(reply_has(reply, "$7\r\nminutes\r\n*1\r\n%5\r\n" MINUTE("1", "2") "$7\r\nclasses\r\n"));
}

static void stats_refuse_what_they_dont_know(void **state)
{
    struct harness *harness = *state;
    assert_reply(harness, "session.stats minutes 0",
                 "-ERR value is out of range, value must between 1 and 1440\r\n");
    assert_reply(harness, "session.stats minutes x", "-ERR value is not an integer or out of range\r\n");
    assert_reply(harness, "session.stats a 3", "-ERR syntax error\r\n");
    assert_reply(harness, "session.stats a b minutes 3", "-ERR syntax error\r\n");
    assert_reply(harness, "session.stats minutes", "$-1\r\n"); /* a prefix like others */
}

/* ---- SESSION.TOP ---- */

static void largest_come_first(void **state)
{
    struct harness *harness = *state;
    assert_reply(harness, "session.top", "*0\r\n");
    harness_send(harness, "setrange session:a1 9999 x");
    harness_send(harness, "setrange session:b2 999 x");
    harness_send(harness, "setrange session:c3 101 x");
    harness_send(harness, "setrange cart:a1 3999 x");
    struct bytes reply = harness_send(harness, "session.top by size count 3");
    assert_true(bytes_starts_with(reply, BYTES("*6\r\n$10\r\nsession:a1\r\n:1")));
    assert_true(reply_has(reply, "\r\n$7\r\ncart:a1\r\n:4"));
    assert_true(reply_has(reply, "\r\n$10\r\nsession:b2\r\n:10"));
    harness->client->reply.protocol = 3;
    /* Header 8, key without prefix 2, value 102: 112 bytes. */
    assert_true(
        reply_has(harness_send(harness, "SESSION.TOP session:"), "\r\n$10\r\nsession:c3\r\n:112\r\n"));
    assert_reply(harness, "session.top nosuch: count 5", "%0\r\n");
}

/* Enough keys that the walk goes on in slices, while another client works. */
static void largest_of_many_are_found_in_slices(void **state)
{
    struct harness *harness = *state;
    struct client *other = harness_client(harness);
    char line[64];
    for (int i = 0; i < 200000; i++) {
        (void)snprintf(line, sizeof line, "set session:%d 1", i);
        client_feed(harness->client, bytes_of(line));
        client_feed(harness->client, BYTES("\r\n"));
        if (i % 1000 == 0)
            harness_run(harness);
    }
    harness_run(harness);
    harness_replies(harness, harness->client);
    harness_send(harness, "setrange session:77777 1000 x");
    harness_send(harness, "setrange session:99999 500 x");

    client_feed(harness->client, BYTES("session.top session: count 2\r\n"));
    tick(harness->server, 0);
    assert_false(list_is_empty(&harness->server->slices.jobs));
    assert_sent(harness, harness->client, "");
    client_feed(other, BYTES("del session:99999\r\nswapdb 2 3\r\nswapdb 0 1\r\n"));
    tick(harness->server, 0);
    assert_false(list_is_empty(&harness->server->slices.jobs));
    harness_run(harness);
    assert_sent(harness, other, ":1\r\n+OK\r\n+OK\r\n");
    struct bytes reply = harness_replies(harness, harness->client);
    assert_true(reply_has(reply, "$13\r\nsession:77777\r\n:10"));
    assert_false(reply_has(reply, "session:99999"));
    harness_send(harness, "swapdb 0 1");

    /* A client that goes takes its walk along. */
    client_feed(other, BYTES("session.top\r\n"));
    tick(harness->server, 0);
    assert_false(list_is_empty(&harness->server->slices.jobs));
    client_close(other);
    harness_run(harness);
    assert_true(list_is_empty(&harness->server->slices.jobs));

    /* In a transaction it is done at once. */
    harness_send(harness, "multi");
    harness_send(harness, "session.top count 1");
    assert_true(
        bytes_starts_with(harness_send(harness, "exec"), BYTES("*1\r\n*2\r\n$13\r\nsession:77777\r\n")));
}

static void most_refreshed_are_estimated(void **state)
{
    struct harness *harness = *state;
    for (int i = 0; i < 5000; i++) {
        harness_send(harness, "setex session:busy1 100 v");
        harness_send(harness, "expire user:busy2 100");
    }
    assert_reply(harness, "session.top user: by refreshes", "*0\r\n"); /* it was never there */
    struct bytes reply = harness_send(harness, "session.top by refreshes");
    assert_true(bytes_starts_with(reply, BYTES("*2\r\n$13\r\nsession:busy1\r\n:")));
    int64_t refreshes = strtoll(reply.data + strlen("*2\r\n$13\r\nsession:busy1\r\n:"), NULL, 10);
    assert_in_range(refreshes, 1000, 10000);
    harness_send(harness, "select 1");
    assert_reply(harness, "session.top by refreshes", "*0\r\n");
    harness_send(harness, "select 0");
    harness_send(harness, "del session:busy1");
    assert_reply(harness, "session.top by refreshes", "*0\r\n");
}

static void top_refuses_what_it_doesnt_know(void **state)
{
    struct harness *harness = *state;
    assert_reply(harness, "session.top by age", "-ERR syntax error\r\n");
    assert_reply(harness, "session.top x: order size", "-ERR syntax error\r\n");
    assert_reply(harness, "session.top count 0",
                 "-ERR value is out of range, value must between 1 and 1000\r\n");
    assert_reply(harness, "session.top by size count 1001",
                 "-ERR value is out of range, value must between 1 and 1000\r\n");
}

/* Who may see keys is for ACL to say: figures are @dangerous like INFO, names of keys are for
 * administrators. */
static void names_of_keys_are_for_administrators(void **state)
{
    struct harness *harness = *state;
    assert_true(reply_has(harness_send(harness, "acl cat admin"), "session.top"));
    assert_true(reply_has(harness_send(harness, "acl cat dangerous"), "session.top"));
    assert_true(reply_has(harness_send(harness, "acl cat dangerous"), "session.stats"));
    assert_false(reply_has(harness_send(harness, "acl cat admin"), "session.stats"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(commands_count_as_what_they_are),
        HARNESS_TEST(keys_change_class_with_their_name),
        HARNESS_TEST(reads_count_that_leave_no_stamp),
        HARNESS_TEST(evicted_keys_are_counted),
        HARNESS_TEST(reset_begins_anew_but_for_what_is_there),
        HARNESS_TEST(info_shows_the_largest_classes),
        HARNESS_TEST(prefixes_dont_take_lines_apart),
        HARNESS_TEST(stats_are_a_map),
        HARNESS_TEST(stats_tell_minute_by_minute),
        HARNESS_TEST(stats_refuse_what_they_dont_know),
        HARNESS_TEST(largest_come_first),
        HARNESS_TEST(largest_of_many_are_found_in_slices),
        HARNESS_TEST(most_refreshed_are_estimated),
        HARNESS_TEST(top_refuses_what_it_doesnt_know),
        HARNESS_TEST(names_of_keys_are_for_administrators),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
