/* SPDX-License-Identifier: BSD-3-Clause */
/* Intrusive lists. */
#include "base/list.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

struct item {
    int number;
    struct list link;
};

/* The numbers in the list's order, as decimal digits. */
static int digits(const struct list *list)
{
    int sum = 0;
    LIST_EACH(link, list)
        sum = sum * 10 + LIST_ENTRY(link, struct item, link)->number;
    return sum;
}

static void members_keep_their_order(void **state)
{
    struct list list;
    struct item items[] = {{.number = 1}, {.number = 2}, {.number = 3}};
    (void)state;
    list_init(&list);
    assert_true(list_is_empty(&list));
    list_append(&list, &items[1].link);
    list_append(&list, &items[2].link);
    list_prepend(&list, &items[0].link);
    assert_false(list_is_empty(&list));
    assert_int_equal(digits(&list), 123);
    list_remove(&items[1].link);
    assert_int_equal(digits(&list), 13);
    assert_true(list_is_unlinked(&items[1].link));
    list_remove(&items[1].link);
    assert_int_equal(digits(&list), 13);
}

static void the_body_may_remove_its_member(void **state)
{
    struct list list;
    struct item items[] = {{.number = 1}, {.number = 2}, {.number = 3}, {.number = 4}};
    (void)state;
    list_init(&list);
    for (size_t i = 0; i < 4; i++)
        list_append(&list, &items[i].link);
    LIST_EACH_SAFE(link, &list) {
        if (LIST_ENTRY(link, struct item, link)->number % 2 == 0)
            list_remove(link);
    }
    assert_int_equal(digits(&list), 13);
    LIST_EACH_SAFE(link, &list)
        list_remove(link);
    assert_true(list_is_empty(&list));
}

static void whole_lists_are_moved(void **state)
{
    struct list list, other;
    struct item items[] = {{.number = 1}, {.number = 2}, {.number = 3}};
    (void)state;
    list_init(&list);
    list_init(&other);
    list_append_all(&list, &other);
    assert_true(list_is_empty(&list));
    list_append(&other, &items[0].link);
    list_append(&other, &items[1].link);
    list_append_all(&list, &other);
    assert_int_equal(digits(&list), 12);
    assert_true(list_is_empty(&other));
    list_append(&other, &items[2].link);
    list_append_all(&list, &other);
    assert_int_equal(digits(&list), 123);
    list_remove(&items[1].link);
    assert_int_equal(digits(&list), 13);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_keep_their_order),
        cmocka_unit_test(the_body_may_remove_its_member),
        cmocka_unit_test(whole_lists_are_moved),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
