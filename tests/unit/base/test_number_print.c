/* SPDX-License-Identifier: BSD-3-Clause */
/* How numbers look. */
#include "base/number.h"
#include "base/random.h"
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT_OF(array) (sizeof array / sizeof((array)[0]))

static void integers_print_like_printf(void **state)
{
    char text[NUMBER_I64_SIZE], expected[32];
    uint64_t edge = 1;
    (void)state;
    for (int i = 0; i < 20; i++, edge *= 10) {
        for (uint64_t number = edge - 1; number <= edge + 1; number++) {
            size_t len = (size_t)snprintf(expected, sizeof expected, "%llu", (unsigned long long)number);
            assert_int_equal(count_digits(number), len);
            assert_int_equal(print_u64(text, number), len);
            assert_memory_equal(text, expected, len);
        }
    }
    assert_int_equal(print_u64(text, UINT64_MAX), 20);
    assert_memory_equal(text, "18446744073709551615", 20);
    assert_int_equal(print_i64(text, INT64_MIN), 20);
    assert_memory_equal(text, "-9223372036854775808", 20);
    assert_int_equal(print_i64(text, -1), 2);
    assert_memory_equal(text, "-1", 2);
    assert_int_equal(print_i64(text, INT64_MAX), 19);
    assert_memory_equal(text, "9223372036854775807", 19);
}

static void assert_double(double number, const char *expected)
{
    char text[NUMBER_DOUBLE_SIZE + 1];
    text[print_double(text, number)] = '\0';
    assert_string_equal(text, expected);
}

static void doubles_look_as_in_redis(void **state)
{
    static const struct {
        double number;
        const char *text;
    } cases[] = {
        {0.0, "0"},
        {-0.0, "-0"},
        {3.0, "3"},
        {-17.0, "-17"},
        {0.1, "0.1"},
        {-2.5, "-2.5"},
        {3.14, "3.14"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {1732240923.123456, "1732240923.123456"},
        {1732240923.1234567, "1.7322409231234567e+9"},
        {1e15, "1000000000000000"},
        {4611686018427387904.0, "4611686018427387904"},
        {9.5e18, "9.5e+18"},
        {1e19, "1e+19"},
        {1.2345678901234567e19, "12345678901234567000"},
        {1e20, "1e+20"},
        {1e21, "1e+21"},
        {-1.5e100, "-1.5e+100"},
        {1e23, "1e+23"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {0.01, "0.01"},
        {0.001, "0.001"},
        {0.0001, "0.0001"},
        {0.000001, "0.000001"},
        {0.0000001, "1e-7"},
        {0.00001234, "1.234e-5"},
        {0.0012345678, "0.0012345678"},
        {0.00012345678, "1.2345678e-4"},
        {1e-19, "1e-19"},
        {1e-20, "1e-20"},
        {2.5e-25, "2.5e-25"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {4.9406564584124654e-324, "5e-324"},
        {2251799813685249.5, "2251799813685249.5"},
        {9007199254740991.0, "9007199254740991"},
        {9.999999999999998, "9.999999999999998"},
        {0.9999999999999999, "0.9999999999999999"},
        {99.99999999999999, "99.99999999999999"},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++)
        assert_double(cases[i].number, cases[i].text);
    assert_double((double)INFINITY, "inf");
    assert_double((double)-INFINITY, "-inf");
    assert_double((double)NAN, "nan");
    assert_double(-(double)NAN, "nan");
}

/* What is printed reads back as the same double, and with no digit fewer could have. */
static void assert_shortest(double number)
{
    char text[NUMBER_DOUBLE_SIZE + 1], shorter[64];
    int digit_count = 0;
    if (number == floor(number))
        return; /* integers keep their zeros */
    text[print_double(text, number)] = '\0';
    if (strtod(text, NULL) != number)
        fail_msg("%.17g is printed as %s", number, text);
    for (const char *at = text; *at != '\0' && *at != 'e'; at++) {
        if (*at >= '1' && *at <= '9')
            digit_count++;
        else if (*at == '0' && digit_count > 0)
            digit_count++;
    }
    if (digit_count < 2)
        return;
    (void)snprintf(shorter, sizeof shorter, "%.*e", digit_count - 2, number);
    if (strtod(shorter, NULL) == number)
        fail_msg("%s is printed as %s", shorter, text);
}

static void random_doubles_are_shortest(void **state)
{
    (void)state;
    for (int exponent = -80; exponent < 52; exponent++) {
        for (int i = 0; i < 100; i++)
            assert_shortest(ldexp(1.0 + ldexp((double)(random_u64() >> 12), -52), exponent));
        /* The distance to the neighbour below a power of two is half of that to the one above. */
        assert_shortest(ldexp(1.0, exponent));
        assert_shortest(nextafter(ldexp(1.0, exponent), 0));
        assert_shortest(nextafter(ldexp(1.0, exponent), 1e300));
    }
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = random_u64();
        double number;
        memcpy(&number, &bits, sizeof number);
        if (isfinite(number) && fabs(number) < 4e18)
            assert_shortest(number);
    }
}

static void what_was_short_stays_short(void **state)
{
    char typed[64], text[NUMBER_DOUBLE_SIZE + 1];
    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint64_t whole = random_below(10000000), fraction = random_below(10000);
        (void)snprintf(typed, sizeof typed, "%llu.%04llu1", (unsigned long long)whole,
                       (unsigned long long)fraction);
        if (whole == 0)
            continue;
        text[print_double(text, strtod(typed, NULL))] = '\0';
        assert_string_equal(text, typed);
    }
}

static void assert_human(long double number, const char *expected)
{
    char text[NUMBER_LONG_DOUBLE_SIZE];
    size_t len = print_long_double_human(text, number);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(text, expected, len);
}

static void long_doubles_have_neither_exponent_nor_idle_zeros(void **state)
{
    (void)state;
    assert_human(0.0L, "0");
    assert_human(-0.0L, "0");
    assert_human(-1e-30L, "0");
    assert_human(3.0L, "3");
    assert_human(100.0L, "100");
    assert_human(10.5L + 0.1L, "10.6");
    assert_human(-2.50L, "-2.5");
    assert_human(1e20L, "100000000000000000000");
    assert_human((long double)INFINITY, "inf");
    assert_human((long double)-INFINITY, "-inf");
    assert_human((long double)NAN, "nan");
    assert_true(print_long_double_human((char[NUMBER_LONG_DOUBLE_SIZE]){0}, LDBL_MAX) > 300);
}

static void assert_human_bytes(uint64_t byte_count, const char *expected)
{
    char text[NUMBER_HUMAN_SIZE];
    print_human_bytes(text, byte_count);
    assert_string_equal(text, expected);
}

static void sizes_are_shown_with_two_digits(void **state)
{
    (void)state;
    assert_human_bytes(0, "0B");
    assert_human_bytes(1023, "1023B");
    assert_human_bytes(1024, "1.00K");
    assert_human_bytes(885965, "865.20K");
    assert_human_bytes((1 << 20) - 1, "1024.00K");
    assert_human_bytes(3 << 19, "1.50M");
    assert_human_bytes((uint64_t)5 << 30, "5.00G");
    assert_human_bytes((uint64_t)5 << 40, "5.00T");
    assert_human_bytes((uint64_t)5 << 50, "5.00P");
    assert_human_bytes((uint64_t)1 << 60, "1152921504606846976B");
    assert_human_bytes(UINT64_MAX, "18446744073709551615B");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_print_like_printf),
        cmocka_unit_test(doubles_look_as_in_redis),
        cmocka_unit_test(random_doubles_are_shortest),
        cmocka_unit_test(what_was_short_stays_short),
        cmocka_unit_test(long_doubles_have_neither_exponent_nor_idle_zeros),
        cmocka_unit_test(sizes_are_shown_with_two_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
