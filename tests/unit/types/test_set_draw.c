/* SPDX-License-Identifier: BSD-3-Clause */
/* Members of sets that are drawn at random. */
#include "base/alloc.h"
#include "support/stored_set.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const struct collection_limits usual = {.count = 128, .len = 64, .int_count = 512};

enum { DRAWS = 60000 };

/* 99.99% of fair draws stay below this, for 39 degrees of freedom. */
static const double chi_squared_limit = 80;

static void assert_drawn_fairly(const struct stored *stored)
{
    struct collection set = stored_reading(stored);
    struct set_walk walk;
    struct set_member member;
    int count = (int)set_count(&set), times[NAMES] = {0};
    double expected = (double)DRAWS / count, chi_squared = 0;
    assert_int_equal(count, 40);
    for (int i = 0; i < DRAWS; i++) {
        set_draw(&set, &walk, &member);
        times[number_of(member.bytes)]++;
    }
    for (int i = 0; i < NAMES; i++) {
        double difference = times[i] - expected;
        assert_true(times[i] == 0 || i < 40);
        chi_squared += i < 40 ? difference * difference / expected : 0;
    }
    assert_true(chi_squared < chi_squared_limit);
}

static void every_member_is_as_likely_as_any_other(void **state)
{
    (void)state;
    static const struct {
        int first_text, limit;
    } cases[] = {{NAMES, 512}, {20, 512}, {20, 10}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stored stored = {.limits = {.count = cases[i].limit, .len = 500, .int_count = 512}};
        char text[TEXT];
        first_text = cases[i].first_text;
        for (int number = 0; number < 40; number++)
            assert_true(stored_add(&stored, name_of(text, number)));
        assert_int_equal(!stored.large, cases[i].limit > 10);
        assert_drawn_fairly(&stored);
        stored_clear(&stored);
    }
}

/* ---- scanning ---- */

/* Scans in parts of `count`, counting in `times` what is met, while `change` has its way in between. */
static void scan(struct stored *stored, int count, int *times, void (*change)(struct stored *))
{
    uint64_t cursor = 0;
    do {
        struct collection set = stored_reading(stored);
        struct set_walk walk;
        struct set_member member;
        set_walk_scan(&walk, &set, cursor);
        cursor = set_walk_cursor(&walk);
        for (int left = count; set_walk_next(&walk, &member);) {
            times[number_of(member.bytes)]++;
            bool may_pause = set_walk_cursor(&walk) != cursor;
            cursor = set_walk_cursor(&walk);
            if (--left <= 0 && may_pause)
                break;
        }
        if (change)
            change(stored);
    } while (cursor != 0);
}

/* Names from 450 on come and go. */
static void change_others(struct stored *stored)
{
    char text[TEXT];
    for (int i = 0; i < 40; i++) {
        struct bytes name = name_of(text, 450 + chosen(450));
        if (chosen(2))
            (void)stored_add(stored, name);
        else
            (void)stored_remove(stored, name);
    }
}

static void add_names(struct stored *stored, int count)
{
    char text[TEXT];
    for (int i = 0; i < count; i++)
        assert_true(stored_add(stored, name_of(text, i)));
}

static void what_stays_is_met(void **state)
{
    (void)state;
    first_text = 200;
    for (int count = 1; count < 100; count += 33) {
        struct stored stored = {.limits = usual};
        int times[NAMES] = {0};
        add_names(&stored, NAMES);
        scan(&stored, count, times, change_others);
        for (int i = 0; i < 450; i++)
            assert_int_equal(times[i], 1);
        stored_clear(&stored);
    }
}

static void a_packed_set_is_one_part(void **state)
{
    (void)state;
    for (int texts_from = 0; texts_from <= 100; texts_from += 50) {
        struct stored stored = {.limits = usual};
        int times[NAMES] = {0};
        first_text = texts_from;
        stored.limits.len = TEXT;
        add_names(&stored, 100);
        assert_null(stored.large);
        scan(&stored, 1, times, NULL);
        for (int i = 0; i < 100; i++)
            assert_int_equal(times[i], 1);
        stored_clear(&stored);
    }
}

static void a_cursor_from_nowhere_is_the_end_or_a_place(void **state)
{
    (void)state;
    struct stored stored = {.limits = usual};
    struct set_walk walk;
    struct set_member member;
    first_text = 0;
    add_names(&stored, 700);
    struct collection set = stored_reading(&stored);
    set_walk_scan(&walk, &set, UINT64_MAX);
    assert_false(set_walk_next(&walk, &member));
    set_walk_scan(&walk, &set, (uint64_t)1 << 32);
    assert_false(set_walk_next(&walk, &member));
    set_walk_scan(&walk, &set, (uint64_t)1 << 31);
    assert_true(set_walk_next(&walk, &member));
    stored_clear(&stored);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_member_is_as_likely_as_any_other),
        cmocka_unit_test(what_stays_is_met),
        cmocka_unit_test(a_packed_set_is_one_part),
        cmocka_unit_test(a_cursor_from_nowhere_is_the_end_or_a_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
