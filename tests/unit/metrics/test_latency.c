/* SPDX-License-Identifier: BSD-3-Clause */
/* The latency monitor. */
#include "metrics/latency.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int make(void **state)
{
    *state = latency_monitor_new();
    return 0;
}

static int destroy(void **state)
{
    latency_monitor_free(*state);
    return 0;
}

static void worst_spike_of_a_second_is_kept(void **state)
{
    latency_add(*state, "command", 100, 5);
    latency_add(*state, "command", 100, 9);
    latency_add(*state, "command", 100, 7);
    latency_add(*state, "command", 101, 2);
    const struct latency_event *event = latency_find(*state, BYTES("command"));
    assert_int_equal(latency_sample_at(event, 0)->time_s, 100);
    assert_int_equal(latency_sample_at(event, 0)->ms, 9);
    assert_int_equal(latency_sample_at(event, 1)->ms, 2);
    assert_null(latency_sample_at(event, 2));
    assert_int_equal(event->worst_ms, 9);
}

static void oldest_samples_make_room(void **state)
{
    for (int i = 0; i < LATENCY_SAMPLES + 10; i++)
        latency_add(*state, "command", 1000 + i, i);
    const struct latency_event *event = latency_find(*state, BYTES("command"));
    assert_int_equal(latency_sample_at(event, 0)->ms, 10);
    assert_int_equal(latency_sample_at(event, LATENCY_SAMPLES - 1)->ms, LATENCY_SAMPLES + 9);
    assert_null(latency_sample_at(event, LATENCY_SAMPLES));
}

static void summary_tells_mean_and_deviation(void **state)
{
    latency_add(*state, "command", 100, 10);
    latency_add(*state, "command", 110, 20);
    latency_add(*state, "command", 120, 60);
    struct latency_summary summary = latency_summarize(latency_find(*state, BYTES("command")), 150);
    assert_int_equal(summary.count, 3);
    assert_int_equal(summary.min_ms, 10);
    assert_int_equal(summary.max_ms, 60);
    assert_int_equal(summary.mean_ms, 30);
    assert_int_equal(summary.mean_deviation_ms, 20);
    assert_int_equal(summary.period_s, 50);
    assert_int_equal(latency_summarize(NULL, 150).count, 0);
}

static void events_are_reset_one_or_all(void **state)
{
    latency_add(*state, "command", 100, 1);
    latency_add(*state, "fast-command", 100, 1);
    latency_add(*state, "tick", 100, 1);
    assert_int_equal(latency_reset(*state, BYTES("nosuch")), 0);
    assert_int_equal(latency_reset(*state, BYTES("FAST-command")), 1);
    assert_null(latency_find(*state, BYTES("fast-command")));
    assert_non_null(latency_find(*state, BYTES("tick")));
    assert_int_equal(latency_reset(*state, (struct bytes){NULL, 0}), 2);
    assert_null(latency_find(*state, BYTES("tick")));
}

static void huge_spike_is_the_largest_that_can_be_told(void **state)
{
    latency_add(*state, "command", 100, INT64_MAX);
    assert_int_equal(latency_find(*state, BYTES("command"))->worst_ms, UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(worst_spike_of_a_second_is_kept, make, destroy),
        cmocka_unit_test_setup_teardown(oldest_samples_make_room, make, destroy),
        cmocka_unit_test_setup_teardown(summary_tells_mean_and_deviation, make, destroy),
        cmocka_unit_test_setup_teardown(events_are_reset_one_or_all, make, destroy),
        cmocka_unit_test_setup_teardown(huge_spike_is_the_largest_that_can_be_told, make, destroy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
