/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/clock.h"
#include "persist/snapshot_pace.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void work_for(int64_t us)
{
    int64_t end = clock_thread_cpu_us() + us;
    while (clock_thread_cpu_us() < end) {
    }
}

static void without_commands_there_is_no_rest(void **state)
{
    struct snapshot_pace pace = {.commands = 7};
    (void)state;
    snapshot_pace_begin(&pace, 7);
    assert_int_equal(snapshot_pace_end(&pace), 0);
}

static void with_commands_the_next_slice_comes_later(void **state)
{
    struct snapshot_pace pace = {0};
    (void)state;
    snapshot_pace_begin(&pace, 1);
    work_for(50);
    assert_true(snapshot_pace_end(&pace) > clock_mono_us());
    snapshot_pace_begin(&pace, 1);
    assert_int_equal(snapshot_pace_end(&pace), 0);
}

static void the_more_is_to_do_the_longer_is_the_rest(void **state)
{
    int64_t idle = snapshot_pace_rest_us(100, 0), half = snapshot_pace_rest_us(100, 0.5);
    int64_t full = snapshot_pace_rest_us(100, 1);
    (void)state;
    assert_true(idle >= 100 && half > idle && full > half);
}

/* The walk is not what there is to do besides the walk. */
static void what_a_slice_takes_is_not_load(void **state)
{
    struct snapshot_pace pace = {0};
    (void)state;
    snapshot_pace_begin(&pace, 1);
    work_for(20000);
    (void)snapshot_pace_end(&pace);
    pace.end_us -= 1000000; /* as if it had waited for a second since */
    snapshot_pace_begin(&pace, 2);
    assert_true(pace.load < 0.01);
    (void)snapshot_pace_end(&pace);
    work_for(20000);
    snapshot_pace_begin(&pace, 3);
    assert_true(pace.load > 0.01);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_commands_there_is_no_rest),
        cmocka_unit_test(with_commands_the_next_slice_comes_later),
        cmocka_unit_test(the_more_is_to_do_the_longer_is_the_rest),
        cmocka_unit_test(what_a_slice_takes_is_not_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
