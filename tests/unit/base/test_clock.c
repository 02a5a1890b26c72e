/* SPDX-License-Identifier: BSD-3-Clause */
/* The clocks agree with each other and with the system's. */
#include "base/clock.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

static void one_reading_is_consistent(void **state)
{
    struct clock clock;
    (void)state;
    clock_init(&clock);
    assert_int_equal(clock.mono_ms, clock.mono_us / 1000);
    assert_int_equal(clock.wall_ms, clock.mono_ms + clock.wall_offset_ms);
    assert_in_range(clock.wall_ms / 1000, time(NULL) - 2, time(NULL) + 2);
}

static void the_monotonic_clock_never_goes_back(void **state)
{
    struct clock clock;
    (void)state;
    clock_init(&clock);
    for (int i = 0; i < 100000; i++) {
        int64_t before_us = clock.mono_us, before_wall_ms = clock.wall_ms, offset_ms = clock.wall_offset_ms;
        clock_update(&clock);
        assert_true(clock.mono_us >= before_us);
        assert_int_equal(clock.wall_ms, clock.mono_ms + clock.wall_offset_ms);
        if (clock.wall_offset_ms == offset_ms)
            assert_true(clock.wall_ms >= before_wall_ms);
    }
}

static void a_stepped_wall_clock_is_followed(void **state)
{
    struct clock clock;
    int64_t offset_ms;
    (void)state;
    clock_init(&clock);
    offset_ms = clock.wall_offset_ms;
    /* As if the wall clock had been an hour away at the last reading. */
    clock.wall_offset_ms -= 3600000;
    clock_update(&clock);
    assert_true(llabs(clock.wall_offset_ms - offset_ms) <= 2);
    assert_in_range(clock.wall_ms / 1000, time(NULL) - 2, time(NULL) + 2);
}

static void a_reading_is_followed_when_it_is_a_millisecond_old(void **state)
{
    struct clock clock;
    (void)state;
    clock_init(&clock);
    int64_t read_us = clock.mono_us;
    clock_follow(&clock, clock.stale_ticks - 1);
    assert_int_equal(clock.mono_us, read_us);
    while (clock_mono_us() - read_us < 2000)
        ;
    clock_follow(&clock, clock_ticks());
    assert_true(clock.mono_us >= read_us + 2000);
    assert_true(clock.mono_ms == clock.mono_us / 1000);
}

static void a_manual_clock_stands_still(void **state)
{
    struct clock clock = {.mono_us = 5000000,
                          .mono_ms = 5000,
                          .wall_ms = 1005000,
                          .wall_offset_ms = 1000000,
                          .is_manual = true};
    (void)state;
    clock_update(&clock);
    assert_int_equal(clock.mono_us, 5000000);
    assert_int_equal(clock.mono_ms, 5000);
    assert_int_equal(clock.wall_ms, 1005000);
}

static void ticks_measure_time(void **state)
{
    double rate = clock_ticks_per_us();
    int64_t start_us = clock_mono_us(), elapsed_us;
    uint64_t start = clock_ticks();
    double measured_us;
    (void)state;
    while (clock_mono_us() - start_us < 20000)
        ;
    elapsed_us = clock_mono_us() - start_us;
    measured_us = (double)(clock_ticks() - start) / rate;
    assert_true(rate > 0);
    assert_true(measured_us > (double)elapsed_us * 0.8 - 100);
    assert_true(measured_us < (double)elapsed_us * 1.2 + 10000);
    assert_true(clock_ticks_per_us() == rate);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_reading_is_consistent),
        cmocka_unit_test(the_monotonic_clock_never_goes_back),
        cmocka_unit_test(a_stepped_wall_clock_is_followed),
        cmocka_unit_test(a_reading_is_followed_when_it_is_a_millisecond_old),
        cmocka_unit_test(a_manual_clock_stands_still),
        cmocka_unit_test(ticks_measure_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
