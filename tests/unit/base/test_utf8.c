/* SPDX-License-Identifier: BSD-3-Clause */
/* What is a character of UTF-8 and what isn't. */
#include "base/buf.h"
#include "base/utf8.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void characters_have_their_length(void **state)
{
    (void)state;
    assert_int_equal(utf8_length(BYTES("a")), 1);
    assert_int_equal(utf8_length(BYTES("\0")), 1);
    assert_int_equal(utf8_length(BYTES("\xc3\xa4x")), 2);
    assert_int_equal(utf8_length(BYTES("\xe2\x82\xac")), 3);
    assert_int_equal(utf8_length(BYTES("\xf0\x9f\x8e\x89")), 4);
    assert_int_equal(utf8_length(BYTES("\xf4\x8f\xbf\xbf")), 4);
}

static void what_is_cut_off_or_wrong_is_none(void **state)
{
    static const char *const wrong[] = {
        "\x80",             /* a following byte alone */
        "\xc3",             /* cut off */
        "\xe2\x82",         /* cut off */
        "\xf0\x9f\x8e",     /* cut off */
        "\xc3(",            /* not followed by what must follow */
        "\xe2\x82(",        /* the same, later */
        "\xc0\x80",         /* overlong */
        "\xc1\xbf",         /* overlong */
        "\xe0\x9f\xbf",     /* overlong */
        "\xf0\x8f\xbf\xbf", /* overlong */
        "\xed\xa0\x80",     /* a surrogate */
        "\xf4\x90\x80\x80", /* beyond the last character */
        "\xf5\x80\x80\x80", /* beyond the last character */
        "\xff",
    };
    (void)state;
    assert_int_equal(utf8_length((struct bytes){NULL, 0}), 0);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(utf8_length(bytes_of(wrong[i])), 0);
}

static void check_name(struct bytes name, const char *expected)
{
    struct buf out = {0};
    utf8_append_name(&out, name);
    assert_string_equal(buf_cstring(&out), expected);
    buf_clear(&out);
}

static void no_two_names_look_alike(void **state)
{
    (void)state;
    check_name(BYTES(""), "");
    check_name(BYTES("a\xc3\xa4\"b"), "a\xc3\xa4\"b");
    check_name(BYTES("\xff"), "\\xff");
    check_name(BYTES("\\xff"), "\\\\xff");
    check_name(BYTES("\\\xff\xc3"), "\\\\\\xff\\xc3");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_two_names_look_alike),
        cmocka_unit_test(characters_have_their_length),
        cmocka_unit_test(what_is_cut_off_or_wrong_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
