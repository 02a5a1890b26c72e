/* SPDX-License-Identifier: BSD-3-Clause */
/* SESSION.STATS and INFO's sessions, and that commands count as what they are. */
#include "engine/metrics.h"
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
    assert_figure(harness, "a_b_c__d:", "keys", 1);
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
    harness_send(harness, "setex session:a1 3600 12345678901234567890");
    harness_send(harness, "setex session:a1 1800 12345678901234567890");
    /* Header 8, deadline 8, key without prefix 2, value 20: 40 bytes. */
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
    harness_send(harness, "set session:a1 1");
    end_minute(harness);
    harness_send(harness, "set session:b2 1");
    harness_send(harness, "get session:b2");
    end_minute(harness);
    harness->client->reply.protocol = 3;
    assert_reply(
        harness, "session.stats session: minutes 5",
        "%13\r\n" FIGURES(
            "2", "48", "2", "0",
            "1") "$5\r\nsizes\r\n%1\r\n$2\r\n64\r\n:2\r\n"
                 "$4\r\nttls\r\n%0\r\n$11\r\nthis_minute\r\n%5\r\n" MINUTE(
                     "0", "2") "$7\r\nminutes\r\n*2\r\n%5\r\n" MINUTE("1", "2") "%5\r\n" MINUTE("1", "1"));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(commands_count_as_what_they_are),
        HARNESS_TEST(keys_change_class_with_their_name),
        HARNESS_TEST(evicted_keys_are_counted),
        HARNESS_TEST(reset_begins_anew_but_for_what_is_there),
        HARNESS_TEST(info_shows_the_largest_classes),
        HARNESS_TEST(prefixes_dont_take_lines_apart),
        HARNESS_TEST(stats_are_a_map),
        HARNESS_TEST(stats_tell_minute_by_minute),
        HARNESS_TEST(stats_refuse_what_they_dont_know),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
