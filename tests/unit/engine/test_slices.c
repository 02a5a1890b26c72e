/* SPDX-License-Identifier: BSD-3-Clause */
/* Jobs take turns, and whoever rests isn't called. */
#include "base/clock.h"
#include "engine/slices.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct counted {
    struct slice_job job;
    int calls, calls_wanted;
};

static bool count_call(struct slice_job *job, int64_t budget_us)
{
    struct counted *counted = LIST_ENTRY(job, struct counted, job);
    assert_true(budget_us > 0);
    return ++counted->calls == counted->calls_wanted;
}

static struct counted counted_new(int calls_wanted)
{
    return (struct counted){.job = {.name = "counted", .run = count_call}, .calls_wanted = calls_wanted};
}

static void jobs_are_called_until_they_are_done(void **state)
{
    struct slices slices;
    struct counted one = counted_new(3), other = counted_new(1);
    (void)state;
    slices_init(&slices);
    assert_int_equal(slices_next_us(&slices), INT64_MAX);
    slices_add(&slices, &one.job);
    slices_add(&slices, &other.job);
    assert_int_equal(slices_next_us(&slices), 0);
    while (slices_next_us(&slices) == 0)
        slices_run(&slices, 1000);
    assert_int_equal(one.calls, 3);
    assert_int_equal(other.calls, 1);
    assert_int_equal(slices.run_count, 4);
}

static void a_job_that_rests_is_not_called(void **state)
{
    struct slices slices;
    struct counted rests = counted_new(2), works = counted_new(1);
    int64_t until_us = clock_mono_us() + 3600 * (int64_t)1000000;
    (void)state;
    slices_init(&slices);
    rests.job.rest_until_us = until_us;
    slices_add(&slices, &rests.job);
    slices_add(&slices, &works.job);
    slices_run(&slices, 1000);
    assert_int_equal(rests.calls, 0);
    assert_int_equal(works.calls, 1);
    assert_true(slices_next_us(&slices) == until_us);
    rests.job.rest_until_us = clock_mono_us();
    while (slices_next_us(&slices) != INT64_MAX)
        slices_run(&slices, 1000);
    assert_int_equal(rests.calls, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_are_called_until_they_are_done),
        cmocka_unit_test(a_job_that_rests_is_not_called),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
