/* SPDX-License-Identifier: BSD-3-Clause */
#include "access/denials.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int setup(void **state)
{
    static struct denials denials;
    denials_init(&denials);
    *state = &denials;
    return 0;
}

static int teardown(void **state)
{
    denials_clear(*state);
    return 0;
}

static void add(struct denials *denials, const char *object, int64_t now_ms)
{
    const struct denial_report report = {.reason = DENIAL_KEY,
                                         .context = DENIAL_IN_MULTI,
                                         .object = bytes_of(object),
                                         .user = BYTES("alice"),
                                         .client = BYTES("id=1"),
                                         .now_ms = now_ms};
    denials_add(denials, &report, 128);
}

static const struct denial *at(const struct denials *denials, size_t index)
{
    const struct list *link = denials->list.next;
    while (index-- > 0)
        link = link->next;
    return LIST_ENTRY(link, const struct denial, link);
}

static void the_last_one_comes_first(void **state)
{
    struct denials *denials = *state;
    add(denials, "a", 1000);
    add(denials, "b", 2000);
    assert_int_equal(denials->count, 2);
    assert_string_equal(at(denials, 0)->object, "b");
    assert_int_equal(at(denials, 0)->id, 1);
    assert_string_equal(at(denials, 1)->object, "a");
    assert_string_equal(at(denials, 1)->user, "alice");
    assert_string_equal(at(denials, 1)->client, "id=1");
}

static void the_same_within_a_minute_is_counted(void **state)
{
    struct denials *denials = *state;
    add(denials, "a", 1000);
    add(denials, "b", 2000);
    add(denials, "a", 61000);
    assert_int_equal(denials->count, 2);
    assert_int_equal(at(denials, 0)->count, 2);
    assert_int_equal(at(denials, 0)->id, 0);
    assert_int_equal(at(denials, 0)->created_ms, 1000);
    assert_int_equal(at(denials, 0)->updated_ms, 61000);
    add(denials, "a", 121001);
    assert_int_equal(denials->count, 3);
}

static void what_differs_is_remembered_by_itself(void **state)
{
    struct denial_report report = {.object = BYTES("a"), .user = BYTES("alice"), .client = BYTES("id=1")};
    struct denials *denials = *state;
    denials_add(denials, &report, 128);
    report.context = DENIAL_IN_SCRIPT;
    denials_add(denials, &report, 128);
    report.reason = DENIAL_LOGIN;
    denials_add(denials, &report, 128);
    report.user = BYTES("bob");
    denials_add(denials, &report, 128);
    report.object = BYTES("a\0b");
    denials_add(denials, &report, 128);
    assert_int_equal(denials->count, 5);
}

static void no_more_is_remembered_than_there_may_be(void **state)
{
    const struct denial_report report = {.object = BYTES("z"), .user = BYTES("u"), .client = BYTES("")};
    struct denials *denials = *state;
    add(denials, "a", 0);
    add(denials, "b", 0);
    denials_add(denials, &report, 2);
    assert_int_equal(denials->count, 2);
    assert_string_equal(at(denials, 1)->object, "b");
    denials_add(denials, &report, 0);
    assert_int_equal(denials->count, 0);
}

static void names_are_those_of_redis(void **state)
{
    (void)state;
    assert_string_equal(denial_reason_name(DENIAL_LOGIN), "auth");
    assert_string_equal(denial_context_name(DENIAL_IN_SCRIPT), "lua");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_last_one_comes_first),
        TEST(the_same_within_a_minute_is_counted),
        TEST(what_differs_is_remembered_by_itself),
        TEST(no_more_is_remembered_than_there_may_be),
        TEST(names_are_those_of_redis),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
