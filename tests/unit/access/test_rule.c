/* SPDX-License-Identifier: BSD-3-Clause */
#include "access/rule.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void selectors_are_put_together(void **state)
{
    const struct bytes words[] = {BYTES("on"),     BYTES("(~a*"), BYTES(""),  BYTES("+get)"),
                                  BYTES("(+set)"), BYTES("("),    BYTES(")"), BYTES("&b)")};
    static const char *const expected[] = {"on", "(~a*  +get)", "(+set)", "( )", "&b)"};
    struct rule_list list;
    size_t unmatched;
    (void)state;
    assert_true(rule_list_make(words, sizeof words / sizeof words[0], &list, &unmatched));
    assert_int_equal(list.count, sizeof expected / sizeof expected[0]);
    for (size_t i = 0; i < list.count; i++)
        assert_true(bytes_is(list.items[i], expected[i]));
    rule_list_clear(&list);
}

static void a_parenthesis_that_is_not_closed_is_found(void **state)
{
    const struct bytes words[] = {BYTES("(+get)"), BYTES("(~a*"), BYTES("(+set")};
    struct rule_list list;
    size_t unmatched = 9;
    (void)state;
    assert_false(rule_list_make(words, 3, &list, &unmatched));
    assert_int_equal(unmatched, 1);
}

static void no_words_are_no_rules(void **state)
{
    struct rule_list list;
    size_t unmatched;
    (void)state;
    assert_true(rule_list_make(NULL, 0, &list, &unmatched));
    assert_int_equal(list.count, 0);
    rule_list_clear(&list);
}

static void blanks_are_found(void **state)
{
    (void)state;
    assert_false(has_blanks(BYTES("")) || has_blanks(BYTES("a:b*")));
    assert_true(has_blanks(BYTES("a b")) && has_blanks(BYTES("a\0")) && has_blanks(BYTES("\va")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(selectors_are_put_together),
        cmocka_unit_test(a_parenthesis_that_is_not_closed_is_found),
        cmocka_unit_test(no_words_are_no_rules),
        cmocka_unit_test(blanks_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
