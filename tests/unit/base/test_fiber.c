/* SPDX-License-Identifier: BSD-3-Clause */
/* A fiber stands still and goes on, with all that it had in hand. */
#include "base/fiber.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct counting {
    struct fiber *fiber;
    long steps;
    double sum;
    uintptr_t misaligned;
};

/* Deep in the stack, with numbers in registers that calls keep. */
static double count(struct counting *counting, int depth)
{
    _Alignas(16) volatile char aligned[32] = {0};
    double a = depth * 0.5, b = depth * 0.25;
    long c = depth, d = depth * 2;
    counting->misaligned |= (uintptr_t)aligned & 15;
    if (depth > 0)
        a += count(counting, depth - 1);
    counting->steps++;
    fiber_pause(counting->fiber);
    return a + b + (double)(c + d);
}

static void run(void *context)
{
    struct counting *counting = context;
    counting->sum = count(counting, 99);
}

static void what_it_had_in_hand_is_there_again(void **state)
{
    (void)state;
    struct counting counting = {.fiber = fiber_new()};
    assert_non_null(counting.fiber);
    for (int round = 0; round < 3; round++) {
        fiber_set(counting.fiber, run, &counting);
        for (int i = 0; i < 100; i++) {
            assert_int_equal(counting.steps, 100 * round + i);
            fiber_resume(counting.fiber);
        }
        fiber_resume(counting.fiber);
        assert_true(counting.sum == 99 * 100 / 2 * 3.75);
        counting.sum = 0;
    }
    assert_int_equal(counting.misaligned, 0);
    fiber_free(counting.fiber);
}

static void one_that_never_ran_can_be_freed(void **state)
{
    (void)state;
    fiber_free(fiber_new());
    fiber_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_had_in_hand_is_there_again),
        cmocka_unit_test(one_that_never_ran_can_be_freed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
