/* SPDX-License-Identifier: BSD-3-Clause */
#include "access/guess_budget.h"
#include "base/alloc.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { SECOND_US = 1000000 };

static struct guess_budgets *budgets;

static int start(void **state)
{
    (void)state;
    budgets = guess_budgets_new();
    return 0;
}

static int stop(void **state)
{
    (void)state;
    guess_budgets_free(budgets);
    return 0;
}

/* When the address may guess next. */
static int64_t next_us(struct bytes address, int64_t now_us)
{
    const struct guess_budget *budget = guess_budget_find(budgets, address, now_us);
    return !budget ? now_us : guess_budget_next_us(budget);
}

static bool may_guess(struct bytes address, int64_t now_us)
{
    return next_us(address, now_us) <= now_us;
}

/* Guesses at every chance from `from_us` on for a second; returns how often. */
static int guess_for_a_second(struct bytes address, int64_t from_us)
{
    int count = 0;
    for (int64_t now_us = from_us; now_us < from_us + SECOND_US; now_us += 100) {
        while (may_guess(address, now_us)) {
            guess_budget_count(budgets, address, now_us);
            count++;
        }
    }
    return count;
}

static void a_stranger_may_guess(void **state)
{
    (void)state;
    assert_null(guess_budget_find(budgets, BYTES("\x7f\0\0\1"), 0));
}

static void no_second_sees_over_a_thousand_guesses(void **state)
{
    struct bytes address = BYTES("\x0a\0\0\1");
    int first = guess_for_a_second(address, 0);
    int second = guess_for_a_second(address, SECOND_US);
    (void)state;
    assert_in_range(first, 990, 1000);
    assert_in_range(second, 880, 900);
}

static void some_guesses_may_be_made_at_once(void **state)
{
    struct bytes address = BYTES("\x0a\0\0\1");
    (void)state;
    for (int i = 0; i < GUESSES_AT_ONCE; i++) {
        assert_true(may_guess(address, 5));
        guess_budget_count(budgets, address, 5);
    }
    assert_false(may_guess(address, 5));
    assert_false(may_guess(address, 5 + SECOND_US / GUESSES_A_SECOND));
    assert_true(may_guess(address, 6 + SECOND_US / GUESSES_A_SECOND));
}

static void a_budget_is_whole_after_a_while(void **state)
{
    struct bytes address = BYTES("\x0a\0\0\1");
    (void)state;
    guess_for_a_second(address, 0);
    assert_non_null(guess_budget_find(budgets, address, SECOND_US));
    assert_null(guess_budget_find(budgets, address, 2 * SECOND_US));
    assert_in_range(guess_for_a_second(address, 2 * SECOND_US), 990, 1000);
}

static void each_address_has_its_own(void **state)
{
    (void)state;
    guess_for_a_second(BYTES("\x0a\0\0\1"), 0);
    assert_false(may_guess(BYTES("\x0a\0\0\1"), SECOND_US - 100));
    assert_true(may_guess(BYTES("\x0a\0\0\2"), SECOND_US - 100));
    assert_true(may_guess(BYTES(""), SECOND_US - 100));
}

static void addresses_of_one_ip6_network_have_one(void **state)
{
    (void)state;
    guess_for_a_second(BYTES("\x20\1\x0d\xb8\0\0\0\1\0\0\0\0\0\0\0\1"), 0);
    assert_false(may_guess(BYTES("\x20\1\x0d\xb8\0\0\0\1\xff\0\0\0\0\0\0\2"), SECOND_US - 100));
    assert_true(may_guess(BYTES("\x20\1\x0d\xb8\0\0\0\2\0\0\0\0\0\0\0\1"), SECOND_US - 100));
}

static void a_budget_is_kept_as_long_as_somebody_waits(void **state)
{
    struct bytes address = BYTES("\x0a\0\0\1");
    struct guess_budget *budget;
    struct list waiting;
    (void)state;
    guess_budget_count(budgets, address, 0);
    budget = guess_budget_find(budgets, address, 0);
    list_init(&waiting);
    list_append(&budget->waiting, &waiting);
    assert_ptr_equal(guess_budget_find(budgets, address, 100 * SECOND_US), budget);
    list_remove(&waiting);
    assert_null(guess_budget_find(budgets, address, 100 * SECOND_US));
}

/* More of them than there are budgets. */
static void many_addresses_share_what_there_is(void **state)
{
    int waiting_count = 0;
    (void)state;
    for (int i = 0; i < 20000; i++) {
        struct bytes address = bytes_make(&i, sizeof i);
        for (int j = 0; j < GUESSES_AT_ONCE && may_guess(address, 0); j++)
            guess_budget_count(budgets, address, 0);
    }
    for (int i = 0; i < 20000; i++)
        waiting_count += !may_guess(bytes_make(&i, sizeof i), 0);
    /* Nearly all of them have to wait, and a second later nobody has. */
    assert_in_range(waiting_count, 19900, 20000);
    for (int i = 0; i < 20000; i++)
        assert_true(may_guess(bytes_make(&i, sizeof i), SECOND_US));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_stranger_may_guess, start, stop),
        cmocka_unit_test_setup_teardown(no_second_sees_over_a_thousand_guesses, start, stop),
        cmocka_unit_test_setup_teardown(some_guesses_may_be_made_at_once, start, stop),
        cmocka_unit_test_setup_teardown(a_budget_is_whole_after_a_while, start, stop),
        cmocka_unit_test_setup_teardown(each_address_has_its_own, start, stop),
        cmocka_unit_test_setup_teardown(addresses_of_one_ip6_network_have_one, start, stop),
        cmocka_unit_test_setup_teardown(a_budget_is_kept_as_long_as_somebody_waits, start, stop),
        cmocka_unit_test_setup_teardown(many_addresses_share_what_there_is, start, stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
