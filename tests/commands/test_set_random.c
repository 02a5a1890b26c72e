/* SPDX-License-Identifier: BSD-3-Clause */
/* Members of sets that are drawn at random: how many, which, and how fair. */
#include "support/harness.h"
#include "support/reply_take.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#define NIL          "$-1\r\n"
#define NO_INTEGER   "-ERR value is not an integer or out of range\r\n"
#define NOT_POSITIVE "-ERR value is out of range, must be positive\r\n"
#define SYNTAX_ERROR "-ERR syntax error\r\n"

enum { MANY = 1000 };

static void assert_journal(struct harness *h, const char *expected)
{
    assert_true(bytes_equal(harness_journal(h), bytes_of(expected)));
}

/* Counts in `times` which members are in the reply to `line`; returns how many there are. */
static int count_members(struct harness *h, const char *line, int *times)
{
    struct bytes reply = harness_send(h, line);
    int count = (int)take_count(&reply);
    for (int i = 0; i < count; i++)
        times[take_number(&reply)]++;
    return count;
}

/* ---- at random ---- */

static void counts_of_random_members(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SRANDMEMBER none", NIL);
    assert_reply(h, "SRANDMEMBER none 3", "*0\r\n");
    assert_reply(h, "SRANDMEMBER none -3", "*0\r\n");
    harness_send(h, "SADD s m1");
    assert_reply(h, "SRANDMEMBER s", "$2\r\nm1\r\n");
    assert_reply(h, "SRANDMEMBER s 0", "*0\r\n");
    assert_reply(h, "SRANDMEMBER s 7", "*1\r\n$2\r\nm1\r\n");
    assert_reply(h, "SRANDMEMBER s -2", "*2\r\n$2\r\nm1\r\n$2\r\nm1\r\n");
    assert_reply(h, "SRANDMEMBER s 9223372036854775807", "*1\r\n$2\r\nm1\r\n");
    assert_reply(h, "SRANDMEMBER s -9223372036854775808",
                 "-ERR value is out of range, value must between -9223372036854775807 and "
                 "9223372036854775807\r\n");
    assert_reply(h, "SRANDMEMBER s 1 x", SYNTAX_ERROR);
    assert_reply(h, "SRANDMEMBER s x", NO_INTEGER);
    harness_send(h, "HELLO 3");
    assert_reply(h, "SRANDMEMBER s 2", "*1\r\n$2\r\nm1\r\n");
    assert_reply(h, "SRANDMEMBER none", "_\r\n");
}

static void counts_of_popped_members(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "SPOP none", NIL);
    assert_reply(h, "SPOP none 3", "*0\r\n");
    harness_send(h, "SADD s m1");
    assert_reply(h, "SPOP s 0", "*0\r\n");
    assert_reply(h, "SPOP s -1", NOT_POSITIVE);
    assert_reply(h, "SPOP s x", NOT_POSITIVE);
    assert_reply(h, "SPOP s 1 x", SYNTAX_ERROR);
    assert_reply(h, "SPOP s", "$2\r\nm1\r\n");
    assert_reply(h, "EXISTS s", ":0\r\n");
    harness_send(h, "SADD s m1");
    assert_reply(h, "SPOP s 9223372036854775807", "*1\r\n$2\r\nm1\r\n");
    assert_reply(h, "EXISTS s", ":0\r\n");
    harness_send(h, "HELLO 3");
    harness_send(h, "SADD s m1");
    assert_reply(h, "SPOP s 1", "~1\r\n$2\r\nm1\r\n");
    assert_reply(h, "SPOP s 1", "~0\r\n");
    assert_reply(h, "SPOP s", "_\r\n");
}

static void what_is_popped_is_recorded_by_name(void **state)
{
    struct harness *h = *state;
    harness_send(h, "SADD s m1");
    harness_send(h, "SPOP s");
    harness_send(h, "SPOP s 2");
    harness_send(h, "SADD s m1 m2");
    harness_send(h, "SPOP s 3");
    harness_send(h, "CONFIG SET lazyfree-lazy-server-del yes");
    harness_send(h, "SADD s m1");
    harness_send(h, "SPOP s 1");
    assert_journal(h, "SELECT 0\nSADD s m1\nSREM s m1\nSADD s m1 m2\nDEL s\nSADD s m1\nUNLINK s\n");
}

/* The harness replays what was recorded. */
static void many_popped_members_are_recorded(void **state)
{
    struct harness *h = *state;
    int times[3 * MANY] = {0};
    harness_fill_set(h, "s", 3 * MANY);
    harness_fill_set(h, "small", 100);
    assert_int_equal(count_members(h, "SPOP s 2500", times), 2500);
    assert_int_equal(count_members(h, "SPOP s 1000", times), 500);
    for (int i = 0; i < 3 * MANY; i++)
        assert_int_equal(times[i], 1);
    (void)count_members(h, "SPOP small 40", times);
    (void)count_members(h, "SPOP small 59", times);
    assert_reply(h, "SCARD small", ":1\r\n");
    for (int i = 0; i < 3 * MANY; i++)
        assert_true(times[i] <= 2);
}

/* Sums up how often each of `count` members is in the replies to `line`, and fails unless that is what chance
 * makes of equal shares: six deviations of chi squared are never seen. `before` is sent each time before. */
static void assert_fair(struct harness *h, const char *before, const char *line, int count, int rounds)
{
    static int drawn[MANY];
    double total = 0, sum = 0;
    memset(drawn, 0, sizeof drawn);
    for (int i = 0; i < rounds; i++) {
        harness_send(h, before);
        total += count_members(h, line, drawn);
    }
    double expected = total / count, share = expected / rounds;
    /* Without repetition a member can't be drawn more often than there are rounds. */
    double variance = share < 1 ? expected * (1 - share) : expected;
    for (int i = 0; i < count; i++)
        sum += (drawn[i] - expected) * (drawn[i] - expected) / variance;
    assert_true((sum - count) * (sum - count) < 36 * 2 * (double)count);
}

static void random_members_are_fair(void **state)
{
    struct harness *h = *state;
    harness_fill_set(h, "small", 50);
    harness_fill_set(h, "large", MANY);
    assert_fair(h, "PING", "SRANDMEMBER small 1", 50, 20000);
    assert_fair(h, "PING", "SRANDMEMBER small 20", 50, 2000);
    assert_fair(h, "PING", "SRANDMEMBER small 45", 50, 2000);
    assert_fair(h, "PING", "SRANDMEMBER small -1000", 50, 100);
    assert_fair(h, "PING", "SRANDMEMBER large 5", MANY, 20000);
    assert_fair(h, "PING", "SRANDMEMBER large 500", MANY, 200);
    assert_fair(h, "PING", "SRANDMEMBER large -5000", MANY, 20);
}

static void popped_members_are_fair(void **state)
{
    struct harness *h = *state;
    harness_drop_journal(h);
    harness_fill_set(h, "small", 50);
    harness_fill_set(h, "large", MANY);
    assert_fair(h, "COPY small s REPLACE", "SPOP s 1", 50, 20000);
    assert_fair(h, "COPY small s REPLACE", "SPOP s 20", 50, 2000);
    assert_fair(h, "COPY large s REPLACE", "SPOP s 100", MANY, 1000);
}

static void distinct_members_are_distinct(void **state)
{
    struct harness *h = *state;
    harness_fill_set(h, "large", MANY);
    for (int count = 1; count <= MANY; count = 2 * count + 1) {
        int times[MANY] = {0};
        char line[64];
        (void)snprintf(line, sizeof line, "SRANDMEMBER large %d", count);
        assert_int_equal(count_members(h, line, times), count);
        for (int i = 0; i < MANY; i++)
            assert_true(times[i] <= 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(counts_of_random_members),
        HARNESS_TEST(counts_of_popped_members),
        HARNESS_TEST(what_is_popped_is_recorded_by_name),
        HARNESS_TEST(many_popped_members_are_recorded),
        HARNESS_TEST(random_members_are_fair),
        HARNESS_TEST(popped_members_are_fair),
        HARNESS_TEST(distinct_members_are_distinct),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
