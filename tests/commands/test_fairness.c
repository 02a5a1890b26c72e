/* SPDX-License-Identifier: BSD-3-Clause */
/* What is drawn at random is drawn fairly: by chi squared, from a sequence that is always the same. */
#include "base/random.h"
#include "support/harness.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

enum { ELEMENTS = 40, DRAWS = 40000 };

/* 99.99 % of fair draws stay below this, for 39 degrees of freedom. */
static const double chi_squared_limit = 80;

struct tally {
    int times[ELEMENTS];
    int total;
};

/* Elements are named e00 to e39; what else is in a reply has no such name. */
static void count_names(struct tally *tally, struct bytes reply)
{
    for (size_t i = 0; i + 2 < reply.len; i++) {
        const char *at = reply.data + i;
        if (at[0] != 'e' || at[1] < '0' || at[1] > '3' || at[2] < '0' || at[2] > '9')
            continue;
        tally->times[(at[1] - '0') * 10 + at[2] - '0']++;
        tally->total++;
    }
}

static void assert_fair(const struct tally *tally)
{
    double expected = (double)DRAWS / ELEMENTS, chi_squared = 0;
    assert_int_equal(tally->total, DRAWS);
    for (int i = 0; i < ELEMENTS; i++) {
        double difference = tally->times[i] - expected;
        chi_squared += difference * difference / expected;
    }
    assert_true(chi_squared < chi_squared_limit);
    /* Each at most once a draw is spread more evenly than this, but not as evenly as dealt in turn. */
    assert_true(chi_squared > 1);
}

/* One that has as many elements as there are names. */
static void fill(struct harness *h, const char *command, const char *before, const char *behind)
{
    struct buf line = {0};
    buf_printf(&line, "%s key", command);
    for (int i = 0; i < ELEMENTS; i++)
        buf_printf(&line, "%s e%02d%s", before, i, behind);
    (void)harness_send(h, buf_cstring(&line));
    buf_clear(&line);
}

static void fill_type(struct harness *h, char type)
{
    (void)harness_send(h, "DEL key");
    if (type == 'h')
        fill(h, "HSET", "", " x");
    else if (type == 's')
        fill(h, "SADD", "", "");
    else
        fill(h, "ZADD", " 1", "");
}

/* The line draws `count` elements, and is sent until all are drawn. */
static void assert_draws_fairly(struct harness *h, char type, const char *line, int count)
{
    struct tally tally = {.total = 0};
    bool removes = bytes_starts_with(bytes_of(line), BYTES("SPOP"));
    random_seed(20240229);
    fill_type(h, type);
    for (int drawn = 0; drawn < DRAWS; drawn += count) {
        count_names(&tally, harness_send(h, line));
        if (removes)
            fill_type(h, type);
    }
    assert_fair(&tally);
}

static void draw_all_ways(struct harness *h)
{
    assert_draws_fairly(h, 'h', "HRANDFIELD key", 1);
    assert_draws_fairly(h, 'h', "HRANDFIELD key 10", 10);
    assert_draws_fairly(h, 'h', "HRANDFIELD key -40000 WITHVALUES", DRAWS);
    assert_draws_fairly(h, 's', "SRANDMEMBER key", 1);
    assert_draws_fairly(h, 's', "SRANDMEMBER key 10", 10);
    assert_draws_fairly(h, 's', "SRANDMEMBER key -40000", DRAWS);
    assert_draws_fairly(h, 'z', "ZRANDMEMBER key", 1);
    assert_draws_fairly(h, 'z', "ZRANDMEMBER key 10", 10);
    assert_draws_fairly(h, 'z', "ZRANDMEMBER key -40000 WITHSCORES", DRAWS);
    assert_draws_fairly(h, 's', "SPOP key", 1);
    assert_draws_fairly(h, 's', "SPOP key 10", 10);
}

static void small_collections_are_drawn_from_fairly(void **state)
{
    draw_all_ways(*state);
}

static void large_collections_are_drawn_from_fairly(void **state)
{
    struct harness *h = *state;
    assert_reply(h, "CONFIG SET hash-max-listpack-entries 8", "+OK\r\n");
    assert_reply(h, "CONFIG SET set-max-listpack-entries 8", "+OK\r\n");
    assert_reply(h, "CONFIG SET zset-max-listpack-entries 8", "+OK\r\n");
    draw_all_ways(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HARNESS_TEST(small_collections_are_drawn_from_fairly),
        HARNESS_TEST(large_collections_are_drawn_from_fairly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
