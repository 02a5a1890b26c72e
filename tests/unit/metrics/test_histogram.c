/* SPDX-License-Identifier: BSD-3-Clause */
/* The latency histogram. */
#include "metrics/histogram.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void buckets_cover_every_value_without_gap_or_overlap(void **state)
{
    uint64_t previous_end = 0;
    (void)state;
    assert_int_equal(histogram_bucket(0), 0);
    for (unsigned bucket = 1; bucket < HISTOGRAM_BUCKETS; bucket++) {
        assert_int_equal(histogram_bucket(previous_end + 1), bucket);
        previous_end = histogram_bucket_end(bucket);
        assert_int_equal(histogram_bucket(previous_end), bucket);
    }
    assert_int_equal(previous_end, (UINT64_C(1) << HISTOGRAM_VALUE_BITS) - 1);
}

static void bucket_is_at_most_three_percent_wide(void **state)
{
    (void)state;
    for (uint64_t value = 1; value < UINT64_C(1) << 36; value += value / 3 + 1) {
        uint64_t end = histogram_bucket_end(histogram_bucket(value));
        assert_true(end >= value);
        assert_true((end - value) * 32 <= value);
    }
}

static void huge_value_counts_as_the_largest(void **state)
{
    struct histogram *histogram = histogram_new();
    (void)state;
    histogram_record(histogram, UINT64_MAX);
    assert_int_equal(histogram->buckets[HISTOGRAM_BUCKETS - 1], 1);
    assert_int_equal(histogram->max, UINT64_MAX);
    histogram_free(histogram);
}

static void percentiles_are_those_of_the_values(void **state)
{
    struct histogram *histogram = histogram_new();
    (void)state;
    for (uint64_t value = 1; value <= 50; value++)
        histogram_record(histogram, value);
    assert_int_equal(histogram_percentile(histogram, 0), 1);
    assert_int_equal(histogram_percentile(histogram, 50), 25);
    assert_int_equal(histogram_percentile(histogram, 90), 45);
    assert_int_equal(histogram_percentile(histogram, 100), 50);
    assert_int_equal(histogram->count, 50);
    assert_int_equal(histogram->sum, 1275);
    histogram_free(histogram);
}

static void percentile_is_never_over_the_maximum(void **state)
{
    struct histogram *histogram = histogram_new();
    (void)state;
    histogram_record(histogram, 1000001);
    assert_int_equal(histogram_percentile(histogram, 50), 1000001);
    assert_int_equal(histogram_percentile(histogram, 100), 1000001);
    histogram_free(histogram);
}

static void empty_histogram_has_percentile_zero(void **state)
{
    struct histogram *histogram = histogram_new();
    (void)state;
    assert_int_equal(histogram_percentile(histogram, 99), 0);
    assert_int_equal(histogram_count_to(histogram, UINT64_MAX), 0);
    histogram_free(histogram);
}

static void counts_accumulate_up_to_a_bound(void **state)
{
    struct histogram *histogram = histogram_new();
    (void)state;
    for (uint64_t value = 1; value <= 1024; value *= 2)
        histogram_record(histogram, value);
    assert_int_equal(histogram_count_to(histogram, 0), 0);
    assert_int_equal(histogram_count_to(histogram, 1), 1);
    assert_int_equal(histogram_count_to(histogram, 31), 5);
    assert_int_equal(histogram_count_to(histogram, 32), 6);
    assert_int_equal(histogram_count_to(histogram, UINT64_MAX), 11);
    histogram_free(histogram);
}

static void counts_to_several_bounds_are_those_to_each(void **state)
{
    static const uint64_t bounds[] = {0, 1, 1, 31, 32, 500, UINT64_MAX};
    struct histogram *histogram = histogram_new();
    uint64_t counts[7];
    (void)state;
    for (uint64_t value = 1; value <= 1024; value *= 2)
        histogram_record(histogram, value);
    histogram_counts_to(histogram, bounds, 7, counts);
    for (int i = 0; i < 7; i++)
        assert_int_equal(counts[i], histogram_count_to(histogram, bounds[i]));
    histogram_free(histogram);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buckets_cover_every_value_without_gap_or_overlap),
        cmocka_unit_test(bucket_is_at_most_three_percent_wide),
        cmocka_unit_test(huge_value_counts_as_the_largest),
        cmocka_unit_test(percentiles_are_those_of_the_values),
        cmocka_unit_test(percentile_is_never_over_the_maximum),
        cmocka_unit_test(empty_histogram_has_percentile_zero),
        cmocka_unit_test(counts_accumulate_up_to_a_bound),
        cmocka_unit_test(counts_to_several_bounds_are_those_to_each),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
