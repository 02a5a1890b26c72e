/* SPDX-License-Identifier: BSD-3-Clause */
/* Inline requests. The rules of quoting are tested with base/split. */
#include "proto/inline.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void words_are_arguments(void **state)
{
    struct resp_args args = {0};
    struct buf words = {0};
    (void)state;
    assert_true(inline_split(BYTES("  SET key \"a b\\n\" '' "), &words, &args));
    assert_int_equal(args.count, 4);
    assert_true(bytes_is(args.items[0], "SET"));
    assert_true(bytes_is(args.items[1], "key"));
    assert_true(bytes_is(args.items[2], "a b\n"));
    assert_int_equal(args.items[3].len, 0);
    buf_clear(&words);
    resp_args_clear(&args);
}

static void the_line_stays_as_it_is(void **state)
{
    const char line[] = "ECHO \"\\x41\\x42\"";
    char copy[sizeof line];
    struct resp_args args = {0};
    struct buf words = {0};
    (void)state;
    memcpy(copy, line, sizeof line);
    assert_true(inline_split(bytes_of(copy), &words, &args));
    assert_string_equal(copy, line);
    assert_true(bytes_is(args.items[1], "AB"));
    buf_clear(&words);
    resp_args_clear(&args);
}

static void arguments_come_behind_those_of_earlier_requests(void **state)
{
    struct resp_args args = {0};
    struct buf first = {0}, second = {0};
    (void)state;
    assert_true(inline_split(BYTES("PING"), &first, &args));
    assert_true(inline_split(BYTES("GET a"), &second, &args));
    assert_int_equal(args.count, 3);
    assert_true(bytes_is(args.items[0], "PING"));
    assert_true(bytes_is(args.items[2], "a"));
    buf_clear(&first);
    buf_clear(&second);
    resp_args_clear(&args);
}

static void an_empty_line_has_no_arguments(void **state)
{
    static const char *const lines[] = {"", "   ", "\t \v\f"};
    struct resp_args args = {0};
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct buf words = {0};
        assert_true(inline_split(bytes_of(lines[i]), &words, &args));
        assert_int_equal(args.count, 0);
        buf_clear(&words);
    }
}

static void unbalanced_quotes_leave_nothing(void **state)
{
    static const char *const lines[] = {"GET \"a", "GET 'a", "GET \"a\"b", "'a'b", "SET a 'b\\'"};
    struct resp_args args = {0};
    (void)state;
    *resp_args_reserve(&args, 1) = BYTES("earlier");
    args.count = 1;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct buf words = {0};
        assert_false(inline_split(bytes_of(lines[i]), &words, &args));
        assert_int_equal(args.count, 1);
        buf_clear(&words);
    }
    resp_args_clear(&args);
}

static void one_letter_is_an_argument(void **state)
{
    struct resp_args args = {0};
    struct buf words = {0};
    (void)state;
    assert_true(inline_split(BYTES("x"), &words, &args));
    assert_int_equal(args.count, 1);
    assert_true(bytes_is(args.items[0], "x"));
    buf_clear(&words);
    resp_args_clear(&args);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_arguments),
        cmocka_unit_test(the_line_stays_as_it_is),
        cmocka_unit_test(arguments_come_behind_those_of_earlier_requests),
        cmocka_unit_test(an_empty_line_has_no_arguments),
        cmocka_unit_test(unbalanced_quotes_leave_nothing),
        cmocka_unit_test(one_letter_is_an_argument),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
