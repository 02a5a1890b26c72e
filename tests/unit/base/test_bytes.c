/* SPDX-License-Identifier: BSD-3-Clause */
/* Views of bytes: comparing, searching, copying. */
#include "base/alloc.h"
#include "base/bytes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void equality_looks_at_length_and_content(void **state)
{
    (void)state;
    assert_true(bytes_equal(BYTES("abc"), bytes_of("abc")));
    assert_false(bytes_equal(BYTES("abc"), BYTES("abd")));
    assert_false(bytes_equal(BYTES("abc"), BYTES("ab")));
    assert_true(bytes_equal(BYTES("a\0b"), bytes_make("a\0b", 3)));
    assert_false(bytes_equal(BYTES("a\0b"), BYTES("a\0c")));
    assert_true(bytes_equal((struct bytes){0}, BYTES("")));
    assert_true(bytes_is(BYTES("get"), "get"));
    assert_false(bytes_is(BYTES("get"), "gets"));
}

static void case_is_that_of_ascii_letters_only(void **state)
{
    (void)state;
    assert_true(bytes_is_nocase(BYTES("KeepTTL"), "keepttl"));
    assert_true(bytes_equal_nocase(BYTES("az09"), BYTES("AZ09")));
    assert_false(bytes_is_nocase(BYTES("ex"), "exa"));
    /* Neighbours of the letters, 32 apart, and letters beyond ASCII. */
    assert_false(bytes_equal_nocase(BYTES("@"), BYTES("`")));
    assert_false(bytes_equal_nocase(BYTES("["), BYTES("{")));
    assert_false(bytes_equal_nocase(BYTES("\xc4"), BYTES("\xe4")));
    assert_true(bytes_equal_nocase((struct bytes){0}, BYTES("")));
}

static void order_is_unsigned_and_shorter_comes_first(void **state)
{
    (void)state;
    assert_true(bytes_compare(BYTES("a"), BYTES("b")) < 0);
    assert_true(bytes_compare(BYTES("b"), BYTES("a")) > 0);
    assert_int_equal(bytes_compare(BYTES("ab"), BYTES("ab")), 0);
    assert_true(bytes_compare(BYTES("ab"), BYTES("abc")) < 0);
    assert_true(bytes_compare(BYTES("\xff"), BYTES("a")) > 0);
    assert_true(bytes_compare((struct bytes){0}, BYTES("a")) < 0);
    assert_int_equal(bytes_compare((struct bytes){0}, (struct bytes){0}), 0);
}

static void prefixes_and_positions_are_found(void **state)
{
    (void)state;
    assert_true(bytes_starts_with(BYTES("session:1"), BYTES("session:")));
    assert_true(bytes_starts_with(BYTES("x"), (struct bytes){0}));
    assert_false(bytes_starts_with(BYTES("se"), BYTES("session")));
    assert_false(bytes_starts_with(BYTES("sessioN"), BYTES("session")));
    assert_int_equal(bytes_index_of(BYTES("a:b:c"), ':'), 1);
    assert_int_equal(bytes_index_of(BYTES("abc"), ':'), 3);
    assert_int_equal(bytes_index_of((struct bytes){0}, ':'), 0);
}

static void a_c_string_is_a_terminated_copy(void **state)
{
    char *text = bytes_to_cstring(bytes_make("abcdef", 3));
    char *nothing = bytes_to_cstring((struct bytes){0});
    (void)state;
    assert_string_equal(text, "abc");
    assert_string_equal(nothing, "");
    mem_free(text);
    mem_free(nothing);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equality_looks_at_length_and_content),
        cmocka_unit_test(case_is_that_of_ascii_letters_only),
        cmocka_unit_test(order_is_unsigned_and_shorter_comes_first),
        cmocka_unit_test(prefixes_and_positions_are_found),
        cmocka_unit_test(a_c_string_is_a_terminated_copy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
