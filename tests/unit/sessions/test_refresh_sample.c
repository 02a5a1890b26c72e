/* SPDX-License-Identifier: BSD-3-Clause */
/* Keys that are refreshed often are found among many that aren't, and about how often. */
#include "sessions/refresh_sample.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static struct refresh_sample sample;
static struct refreshed_key keys[REFRESH_RECORDS_MAX];

static int begin(void **state)
{
    (void)state;
    refresh_sample_init(&sample);
    return 0;
}

static int end(void **state)
{
    (void)state;
    refresh_sample_clear(&sample);
    return 0;
}

/* As the keyspace's hashes: any number that belongs to the key. */
static uint64_t hash_of(uint64_t number)
{
    uint64_t mixed = (number + 1) * 0x9e3779b97f4a7c15;
    return mixed ^ mixed >> 31;
}

static void refresh(int database, const char *kind, unsigned number)
{
    char key[64];
    int len = snprintf(key, sizeof key, "%s:%u", kind, number);
    struct bytes name = bytes_make(key, (size_t)len);
    refresh_sample_count(&sample, database, &name, hash_of(number + (uint64_t)kind[0] * 1000003));
}

/* The estimate for a key; 0 when it isn't remembered. */
static uint64_t estimate(int database, const char *key)
{
    size_t count = refresh_sample_top(&sample, keys);
    for (size_t i = 0; i < count; i++) {
        if (keys[i].database == database && bytes_is(keys[i].key, key))
            return keys[i].refreshes;
    }
    return 0;
}

static void nothing_is_known_at_first(void **state)
{
    (void)state;
    assert_int_equal(refresh_sample_top(&sample, keys), 0);
    refresh_sample_halve(&sample);
    refresh_sample_reset(&sample);
    assert_int_equal(refresh_sample_top(&sample, keys), 0);
}

/* Ten keys that are refreshed 20,000 times each, among 200,000 sessions with a refresh or two. */
static void frequent_ones_stay_among_many(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 200000; i++) {
        refresh(0, "quiet", i);
        refresh(0, "busy", i % 10);
        if (i % 2 == 0)
            refresh(0, "other", i);
    }
    size_t count = refresh_sample_top(&sample, keys);
    assert_true(count > 10 && count <= REFRESH_RECORDS_MAX);
    for (size_t i = 0; i < 10; i++) {
        assert_true(bytes_starts_with(keys[i].key, BYTES("busy:")));
        /* 312 samples are expected; seven standard deviations are 40%. */
        assert_in_range(keys[i].refreshes, 12000, 28000);
    }
    for (size_t i = 1; i < count; i++)
        assert_true(keys[i - 1].refreshes >= keys[i].refreshes);
    assert_true(keys[10].refreshes < 2000);
}

static void counts_are_halved(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100000; i++)
        refresh(0, "busy", 1);
    uint64_t before = estimate(0, "busy:1");
    assert_in_range(before, 80000, 120000);
    refresh_sample_halve(&sample);
    assert_in_range(estimate(0, "busy:1"), before / 2 - 64, before / 2);
    refresh_sample_reset(&sample);
    assert_int_equal(estimate(0, "busy:1"), 0);
}

static void databases_are_told_apart(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 100000; i++)
        refresh(i % 4 == 0 ? 1 : 0, "busy", 1);
    assert_in_range(estimate(0, "busy:1"), 60000, 90000);
    assert_in_range(estimate(1, "busy:1"), 15000, 35000);
}

static void long_keys_are_passed_over(void **state)
{
    static char text[REFRESH_KEY_MAX + 1];
    struct bytes key = bytes_make(text, sizeof text);
    (void)state;
    for (unsigned i = 0; i < 10000; i++)
        refresh_sample_count(&sample, 0, &key, 1);
    assert_int_equal(refresh_sample_top(&sample, keys), 0);
    key.len--;
    for (unsigned i = 0; i < 10000; i++)
        refresh_sample_count(&sample, 0, &key, 1);
    assert_int_equal(refresh_sample_top(&sample, keys), 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_known_at_first), TEST(frequent_ones_stay_among_many), TEST(counts_are_halved),
        TEST(databases_are_told_apart),  TEST(long_keys_are_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
