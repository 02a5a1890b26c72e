/* SPDX-License-Identifier: BSD-3-Clause */
/* Which texts are numbers, and which number they are. */
#include "base/alloc.h"
#include "base/number.h"
#include "base/random.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof array / sizeof((array)[0]))

static void canonical_integers_are_read(void **state)
{
    static const struct {
        const char *text;
        int64_t number;
    } cases[] = {
        {"0", 0},
        {"7", 7},
        {"-1", -1},
        {"10", 10},
        {"1732240923123", 1732240923123},
        {"999999999999999999", 999999999999999999},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        int64_t number;
        assert_true(parse_i64(bytes_of(cases[i].text), &number));
        assert_true(number == cases[i].number);
    }
}

static void anything_else_is_no_integer(void **state)
{
    static const char *const texts[] = {
        "",
        "-",
        "+1",
        " 1",
        "1 ",
        "01",
        "-0",
        "-01",
        "00",
        "1.0",
        "1e3",
        "0x10",
        "abc",
        "--1",
        "1-",
        "12345678901234567a",
        "9223372036854775808",
        "-9223372036854775809",
        "18446744073709551616",
        "99999999999999999999",
        "-99999999999999999999",
        "123456789012345678901",
        "/1",
        ":1",
        "1:",
        "1/",
        "\xb1",
    };
    int64_t number = 42;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (parse_i64(bytes_of(texts[i]), &number))
            fail_msg("\"%s\" was read as %lld", texts[i], (long long)number);
    }
    assert_false(parse_i64((struct bytes){0}, &number));
    assert_false(parse_i64(BYTES("1\0"), &number));
    assert_int_equal(number, 42);
}

/* A single byte, of any value, in each place of a number of each length. */
static void one_wrong_byte_spoils_any_integer(void **state)
{
    char text[20];
    (void)state;
    for (size_t len = 1; len <= 18; len++) {
        for (size_t at = 0; at < len; at++) {
            for (int byte = 0; byte < 256; byte++) {
                bool is_digit = byte >= '0' && byte <= '9', is_valid;
                int64_t number = 0, expected = 0;
                memset(text, '1', len);
                text[at] = (char)byte;
                is_valid = is_digit && !(at == 0 && byte == '0' && len > 1);
                if (at == 0 && byte == '-' && len > 1)
                    continue;
                assert_int_equal(parse_i64(bytes_make(text, len), &number), is_valid);
                for (size_t i = 0; is_valid && i < len; i++)
                    expected = expected * 10 + (text[i] - '0');
                assert_true(number == expected);
            }
        }
    }
}

static void unsigned_integers_use_the_whole_range(void **state)
{
    uint64_t number;
    (void)state;
    assert_true(parse_u64(BYTES("0"), &number));
    assert_true(number == 0);
    assert_true(parse_u64(BYTES("18446744073709551615"), &number));
    assert_true(number == UINT64_MAX);
    assert_false(parse_u64(BYTES("18446744073709551616"), &number));
    assert_false(parse_u64(BYTES("20000000000000000000"), &number));
    assert_false(parse_u64(BYTES("-1"), &number));
    assert_false(parse_u64(BYTES("01"), &number));
    assert_false(parse_u64((struct bytes){0}, &number));
}

static void integers_of_all_lengths_come_back(void **state)
{
    char text[NUMBER_I64_SIZE];
    (void)state;
    for (unsigned shift = 0; shift < 64; shift++) {
        for (int i = 0; i < 200; i++) {
            int64_t number = (int64_t)(random_u64() >> shift), again = 0;
            if (i % 2 == 1)
                number = (int64_t)(0 - (uint64_t)number);
            assert_true(parse_i64(bytes_make(text, print_i64(text, number)), &again));
            assert_true(again == number);
        }
    }
}

static void doubles_follow_strtod(void **state)
{
    static const char *const texts[] = {
        "0",
        "-0",
        "1",
        "+1",
        "3.14",
        ".5",
        "5.",
        "-.5",
        "1e3",
        "1E-3",
        "0x1f",
        "0x1p-3",
        "inf",
        "-inf",
        "+inf",
        "Infinity",
        "00012",
        "0.1",
        "123456789012345",
        "0.12345678901234",
        "1234567890123456",
        "0.1234567890123456789",
        "123456789012345.6",
        "1e308",
        "5e-324",
        "4.9e-322",
        "1.7976931348623157e308",
        "9007199254740993",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        double number = -7, expected = strtod(texts[i], NULL);
        if (!parse_double(bytes_of(texts[i]), &number))
            fail_msg("\"%s\" was refused", texts[i]);
        if (number != expected || signbit(number) != signbit(expected))
            fail_msg("\"%s\" was read as %.17g", texts[i], number);
    }
}

static void no_double_is_what_redis_refuses(void **state)
{
    static const char *const texts[] = {
        "",    " 1",   "\t1", "\v1", "1 ",    "1x",     "x",     "-",  ".",   "-.",
        "nan", "-nan", "NaN", "e5",  "1e999", "-1e999", "1.2.3", "1e", "--1", "1e-999",
    };
    double number = 42;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        if (parse_double(bytes_of(texts[i]), &number))
            fail_msg("\"%s\" was read as %.17g", texts[i], number);
    }
    assert_false(parse_double((struct bytes){0}, &number));
    assert_false(parse_double(BYTES("1\0"), &number));
    assert_false(parse_double(BYTES("1.5e3\0"), &number));
    assert_true(number == 42);
}

static void short_decimals_are_rounded_like_strtod(void **state)
{
    char text[64];
    (void)state;
    for (int i = 0; i < 50000; i++) {
        double number = 0;
        int len = snprintf(text, sizeof text, "%s%llu.%0*llu", i % 2 ? "-" : "",
                           (unsigned long long)random_below(100000000), (int)random_below(9) + 1,
                           (unsigned long long)random_below(10));
        assert_true(parse_double(bytes_make(text, (size_t)len), &number));
        assert_true(number == strtod(text, NULL));
    }
}

static void a_long_text_may_be_a_double(void **state)
{
    char *text = mem_alloc(10000);
    double number = 0;
    (void)state;
    memset(text, '0', 10000);
    memcpy(text + 9997, "2.5", 3);
    assert_true(parse_double(bytes_make(text, 10000), &number));
    assert_true(number == 2.5);
    text[5] = 'x';
    assert_false(parse_double(bytes_make(text, 10000), &number));
    mem_free(text);
}

static void limits_of_ranges_are_read_loosely(void **state)
{
    const struct {
        struct bytes text;
        double number;
    } cases[] = {
        {BYTES(""), 0},      {BYTES(" 5"), 5},   {BYTES("1e999"), INFINITY}, {BYTES("-inf"), -INFINITY},
        {BYTES("2.5"), 2.5}, {BYTES("1\0x"), 1}, {BYTES("1e-999"), 0},       {BYTES("0x10"), 16},
    };
    double number;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_true(parse_double_loosely(cases[i].text, &number));
        assert_true(number == cases[i].number);
    }
    assert_false(parse_double_loosely(BYTES("nan"), &number));
    assert_false(parse_double_loosely(BYTES(" "), &number));
    assert_false(parse_double_loosely(BYTES("5 "), &number));
    assert_false(parse_double_loosely(BYTES("x"), &number));
}

static void long_doubles_follow_the_same_rules(void **state)
{
    char text[NUMBER_LONG_DOUBLE_SIZE];
    long double number = 0;
    (void)state;
    assert_true(parse_long_double(BYTES("3.0e3"), &number));
    assert_true(number == 3000.0L);
    assert_true(parse_long_double(BYTES("0.1"), &number));
    assert_true(number == 0.1L);
    assert_true(parse_long_double(BYTES("-inf"), &number));
    assert_true(isinf(number) && number < 0);
    number = 42;
    assert_false(parse_long_double(BYTES(""), &number));
    assert_false(parse_long_double(BYTES(" 1"), &number));
    assert_false(parse_long_double(BYTES("1 "), &number));
    assert_false(parse_long_double(BYTES("nan"), &number));
    assert_false(parse_long_double(BYTES("1e99999"), &number));
    assert_false(parse_long_double(BYTES("1\0"), &number));
    memset(text, '0', sizeof text);
    assert_false(parse_long_double(bytes_make(text, sizeof text), &number));
    assert_true(number == 42);
    assert_true(parse_long_double(bytes_make(text, sizeof text - 1), &number));
    assert_true(number == 0);
}

static void sizes_have_units(void **state)
{
    static const struct {
        const char *text;
        int64_t byte_count;
    } cases[] = {
        {"0", 0},           {"100", 100},
        {"007b", 7},        {"1k", 1000},
        {"1Kb", 1024},      {"64mb", 64 << 20},
        {"3M", 3000000},    {"2gb", 2147483648},
        {"2G", 2000000000}, {"9223372036854775807", INT64_MAX},
    };
    static const char *const refused[] = {
        "", "b", "mb", "-1", "+1", "1 mb", "1kbb", "1t", "1.5gb", "9223372036854775808", "9007199254740992kb",
    };
    int64_t byte_count = 42;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        assert_false(parse_memory(bytes_of(refused[i]), &byte_count));
    assert_int_equal(byte_count, 42);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_true(parse_memory(bytes_of(cases[i].text), &byte_count));
        assert_true(byte_count == cases[i].byte_count);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(canonical_integers_are_read),
        cmocka_unit_test(anything_else_is_no_integer),
        cmocka_unit_test(one_wrong_byte_spoils_any_integer),
        cmocka_unit_test(unsigned_integers_use_the_whole_range),
        cmocka_unit_test(integers_of_all_lengths_come_back),
        cmocka_unit_test(doubles_follow_strtod),
        cmocka_unit_test(no_double_is_what_redis_refuses),
        cmocka_unit_test(short_decimals_are_rounded_like_strtod),
        cmocka_unit_test(a_long_text_may_be_a_double),
        cmocka_unit_test(limits_of_ranges_are_read_loosely),
        cmocka_unit_test(long_doubles_follow_the_same_rules),
        cmocka_unit_test(sizes_have_units),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
