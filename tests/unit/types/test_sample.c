/* SPDX-License-Identifier: BSD-3-Clause */
/* Samples: each rank at most once, each as often as any other. */
#include "types/sample.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 20000 };

static unsigned drawn[MANY];

/* Draws once, and counts how often each rank ever was. */
static uint64_t draw(uint64_t count, uint64_t wanted)
{
    static unsigned char seen[MANY];
    struct sample sample;
    uint64_t rank, got = 0;
    memset(seen, 0, sizeof seen);
    sample_begin(&sample, count, wanted);
    for (; sample_next(&sample, &rank); got++) {
        assert_true(rank < count && !seen[rank]);
        seen[rank] = 1;
        drawn[rank]++;
    }
    return got;
}

static void as_many_as_wanted_are_drawn(void **state)
{
    (void)state;
    for (uint64_t count = 0; count < 40; count++) {
        for (uint64_t wanted = 0; wanted < 50; wanted++)
            assert_int_equal(draw(count, wanted), wanted < count ? wanted : count);
    }
    for (uint64_t wanted = 0; wanted <= MANY; wanted = 3 * wanted + 1)
        assert_int_equal(draw(MANY, wanted), wanted);
    assert_int_equal(draw(MANY, UINT64_MAX), MANY);
}

/* Chi squared: the squared differences from what is to be expected, each in units of its variance, sum up to
 * about the number of ranks, and six deviations off that are never seen. */
static void assert_fair(uint64_t count, uint64_t wanted, int rounds)
{
    memset(drawn, 0, sizeof drawn);
    for (int i = 0; i < rounds; i++)
        (void)draw(count, wanted);
    double share = (double)wanted / (double)count, expected = share * rounds, sum = 0;
    for (uint64_t i = 0; i < count; i++)
        sum += (drawn[i] - expected) * (drawn[i] - expected) / (expected * (1 - share));
    double excess = sum - (double)count;
    assert_true(excess * excess < 36 * 2 * (double)count);
}

static void each_is_as_likely_as_any_other(void **state)
{
    (void)state;
    assert_fair(10, 3, 30000);
    assert_fair(100, 99, 10000);
    assert_fair(1000, 1, 100000);
    assert_fair(MANY, 10, 60000);
    assert_fair(MANY, MANY / 5, 300);
    assert_fair(MANY, MANY / 2, 300);
}

static void few_ranks_ascend(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        struct sample sample;
        uint64_t rank, last = 0;
        sample_begin(&sample, 7000, 50);
        for (bool is_first = true; sample_next(&sample, &rank); is_first = false) {
            assert_true(is_first || rank > last);
            last = rank;
        }
    }
}

static void a_sample_may_be_left(void **state)
{
    (void)state;
    struct sample sample;
    uint64_t rank;
    sample_begin(&sample, MANY, 10);
    assert_true(sample_next(&sample, &rank));
    sample_clear(&sample);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(as_many_as_wanted_are_drawn),
        cmocka_unit_test(each_is_as_likely_as_any_other),
        cmocka_unit_test(few_ranks_ascend),
        cmocka_unit_test(a_sample_may_be_left),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
