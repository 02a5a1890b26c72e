/* SPDX-License-Identifier: BSD-3-Clause */
/* Random numbers: that they vary, keep their bounds and are evenly spread. The bounds on the spread are so
 * wide that a right generator misses them less than once in 10^12 runs. */
#include "base/random.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void secrets_differ(void **state)
{
    unsigned char a[32] = {0}, b[32] = {0};
    (void)state;
    random_fill(a, sizeof a);
    random_fill(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
}

static void hex_fills_what_was_asked(void **state)
{
    char id[201];
    (void)state;
    for (size_t count = 0; count < 200; count++) {
        memset(id, '!', sizeof id);
        random_hex(id, count);
        assert_int_equal(strspn(id, "0123456789abcdef"), count);
        assert_int_equal(id[count], '!');
    }
}

static void numbers_stay_below_their_bound(void **state)
{
    int hits[10] = {0};
    (void)state;
    for (int i = 0; i < 100000; i++)
        hits[random_below(10)]++;
    for (int i = 0; i < 10; i++)
        assert_in_range(hits[i], 9300, 10700);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(random_below(1), 0);
        assert_true(random_below(UINT64_MAX) < UINT64_MAX);
    }
}

static void large_bounds_have_no_bias(void **state)
{
    /* With 3 * 2^62 a careless mapping hits the lowest third twice as often. */
    uint64_t bound = (uint64_t)3 << 62;
    int low = 0;

    (void)state;
    for (int i = 0; i < 30000; i++)
        low += random_below(bound) < bound / 3;
    assert_in_range(low, 9300, 10700);
}

static void all_bits_change(void **state)
{
    int ones[64] = {0};
    (void)state;
    for (int i = 0; i < 10000; i++) {
        uint64_t number = random_u64();
        for (int bit = 0; bit < 64; bit++)
            ones[bit] += (number >> bit & 1) != 0;
    }
    for (int bit = 0; bit < 64; bit++)
        assert_in_range(ones[bit], 4600, 5400);
}

static void *draw(void *out)
{
    *(uint64_t *)out = random_u64();
    return NULL;
}

static void threads_have_their_own_sequences(void **state)
{
    pthread_t threads[2];
    uint64_t first[2] = {0};
    (void)state;
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, draw, &first[i]), 0);
    for (int i = 0; i < 2; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    assert_true(first[0] != first[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(secrets_differ),
        cmocka_unit_test(hex_fills_what_was_asked),
        cmocka_unit_test(numbers_stay_below_their_bound),
        cmocka_unit_test(large_bounds_have_no_bias),
        cmocka_unit_test(all_bits_change),
        cmocka_unit_test(threads_have_their_own_sequences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
