/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers to text. A double is shown with the fewest digits that still read back as the same double. Between
 * 2^-64 and 2^53 (scores, timestamps) those are found exactly in 128-bit integers: digits of the fraction are
 * produced until what remains is less than half the distance to the neighbouring double. Beyond, the C
 * library tries 15 to 17 digits. */
#include "base/number.h"
#include "base/panic.h"
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char digit_pairs[] = "00010203040506070809101112131415161718192021222324"
                                  "25262728293031323334353637383940414243444546474849"
                                  "50515253545556575859606162636465666768697071727374"
                                  "75767778798081828384858687888990919293949596979899";

unsigned count_digits(uint64_t number)
{
    /* The smallest numbers of 1, 2, 3, … digits. */
    static const uint64_t thresholds[] = {
        0,
        10,
        100,
        1000,
        10000,
        100000,
        1000000,
        10000000,
        100000000,
        1000000000,
        10000000000,
        100000000000,
        1000000000000,
        10000000000000,
        100000000000000,
        1000000000000000,
        10000000000000000,
        100000000000000000,
        1000000000000000000,
        10000000000000000000U,
    };
    unsigned bits = 64 - (unsigned)__builtin_clzll(number | 1);
    unsigned guess = bits * 1233 >> 12; /* bits * log10(2), rounded down */

    return guess + (number >= thresholds[guess]);
}

size_t print_u64(char *out, uint64_t number)
{
    size_t len = count_digits(number);
    char *at = out + len;
    while (number >= 100) {
        at -= 2;
        memcpy(at, digit_pairs + number % 100 * 2, 2);
        number /= 100;
    }
    if (number >= 10)
        memcpy(out, digit_pairs + number * 2, 2);
    else
        out[0] = (char)('0' + number);
    return len;
}

size_t print_i64(char *out, int64_t number)
{
    if (number >= 0)
        return print_u64(out, (uint64_t)number);
    out[0] = '-';
    return 1 + print_u64(out + 1, 0 - (uint64_t)number);
}

/* ---- Doubles ---- */

/* A positive number: `digits` as an integer, times 10^exponent. */
struct decimal {
    char digits[40];
    int count;
    int exponent;
};

__extension__ typedef unsigned __int128 wide;

enum { MANTISSA_BITS = 53, WIDEST_FRACTION = 64 + MANTISSA_BITS };

/* Exact shortest digits of mantissa / 2^fraction_bits, a number with a fraction. Everything is counted in
 * halves of the mantissa's last bit, so that half the distance to the next double is one unit; to the
 * previous one it is half of that when the mantissa is the smallest of its exponent, so the unit is halved
 * once more. */
static void find_digits_exactly(uint64_t mantissa, int fraction_bits, struct decimal *decimal)
{
    wide one = (wide)1 << (fraction_bits + 2);
    wide rest = ((wide)mantissa << 2) & (one - 1);
    wide above = 2, below = mantissa == (uint64_t)1 << (MANTISSA_BITS - 1) ? 1 : 2;
    uint64_t whole = fraction_bits < 64 ? mantissa >> fraction_bits : 0;
    bool is_even = mantissa % 2 == 0; /* then the ends of the interval read back as this number too */
    bool may_stop_low, may_stop_high;

    decimal->count = whole == 0 ? 0 : (int)print_u64(decimal->digits, whole);
    decimal->exponent = 0;
    do {
        unsigned digit;
        rest *= 10;
        above *= 10;
        below *= 10;
        digit = (unsigned)(rest >> (fraction_bits + 2));
        rest &= one - 1;
        may_stop_low = is_even ? rest <= below : rest < below;
        may_stop_high = is_even ? one - rest <= above : one - rest < above;
        if (may_stop_high && (!may_stop_low || rest * 2 >= one))
            digit++;
        decimal->exponent--;
        if (digit != 0 || decimal->count != 0) /* no leading zeros */
            decimal->digits[decimal->count++] = (char)('0' + digit);
    } while (!may_stop_low && !may_stop_high);
}

/* The same by trying "d.ddde-xx" (with a point always) with more and more digits. Any 15 digits make a
 * different double, except among denormals, so there is nothing to be found below. */
static void find_digits_by_trial(double number, struct decimal *decimal)
{
    char text[32], *mark;
    for (int fraction = number < DBL_MIN ? 0 : 14; fraction <= 16; fraction++) {
        (void)snprintf(text, sizeof text, "%#.*e", fraction, number);
        if (strtod(text, NULL) == number)
            break;
    }
    mark = strchr(text, 'e');
    ASSERT(mark);
    decimal->exponent = (int)strtol(mark + 1, NULL, 10);
    decimal->digits[0] = text[0];
    decimal->count = (int)(mark - text) - 1;
    memcpy(decimal->digits + 1, text + 2, (size_t)decimal->count - 1);
    while (decimal->count > 1 && decimal->digits[decimal->count - 1] == '0')
        decimal->count--;
    decimal->exponent -= decimal->count - 1;
}

static void find_digits(double number, struct decimal *decimal)
{
    int exponent;
    double fraction = frexp(number, &exponent);
    int fraction_bits = MANTISSA_BITS - exponent;
    if (fraction_bits > 0 && fraction_bits <= WIDEST_FRACTION)
        find_digits_exactly((uint64_t)ldexp(fraction, MANTISSA_BITS), fraction_bits, decimal);
    else
        find_digits_by_trial(number, decimal);
}

static size_t lay_out_scientific(char *out, const struct decimal *decimal, int exponent)
{
    char *at = out;
    *at++ = decimal->digits[0];
    if (decimal->count > 1) {
        *at++ = '.';
        memcpy(at, decimal->digits + 1, (size_t)decimal->count - 1);
        at += decimal->count - 1;
    }
    *at++ = 'e';
    *at++ = exponent < 0 ? '-' : '+';
    at += print_u64(at, (uint64_t)abs(exponent));
    return (size_t)(at - out);
}

static size_t lay_out_with_point(char *out, const struct decimal *decimal)
{
    int whole_count = decimal->count + decimal->exponent;
    size_t count = (size_t)decimal->count, before, zeros;
    if (whole_count > 0) {
        before = (size_t)whole_count;
        memcpy(out, decimal->digits, before);
        out[before] = '.';
        memcpy(out + before + 1, decimal->digits + before, count - before);
        return count + 1;
    }
    zeros = (size_t)-whole_count;
    memcpy(out, "0.", 2);
    memset(out + 2, '0', zeros);
    memcpy(out + 2 + zeros, decimal->digits, count);
    return 2 + zeros + count;
}

/* Chooses among the notations as Redis 7.2 does. */
static size_t lay_out(char *out, const struct decimal *decimal)
{
    int exponent = decimal->exponent + decimal->count - 1; /* of the first digit */
    size_t count = (size_t)decimal->count;
    if (decimal->exponent >= 0 && exponent < decimal->count + 7) {
        memcpy(out, decimal->digits, count);
        memset(out + count, '0', (size_t)decimal->exponent);
        return count + (size_t)decimal->exponent;
    }
    if (decimal->exponent < 0 && (decimal->exponent > -7 || abs(exponent) < 4))
        return lay_out_with_point(out, decimal);
    return lay_out_scientific(out, decimal, exponent);
}

static size_t print_constant(char *out, const char *text)
{
    size_t len = strlen(text);
    memcpy(out, text, len);
    return len;
}

size_t print_double(char *out, double number)
{
    static const double integer_limit = 4611686018427387904.0; /* 2^62 */
    bool is_negative = signbit(number) != 0;
    struct decimal decimal;
    if (isnan(number))
        return print_constant(out, "nan");
    if (isinf(number))
        return print_constant(out, is_negative ? "-inf" : "inf");
    if (number == 0)
        return print_constant(out, is_negative ? "-0" : "0");
    if (number >= -integer_limit && number <= integer_limit && (double)(int64_t)number == number)
        return print_i64(out, (int64_t)number);
    find_digits(fabs(number), &decimal);
    if (is_negative)
        *out = '-';
    return is_negative + lay_out(out + is_negative, &decimal);
}

size_t print_long_double_human(char *out, long double number)
{
    int len;
    if (isnan(number))
        return print_constant(out, "nan");
    if (isinf(number))
        return print_constant(out, number < 0 ? "-inf" : "inf");
    len = snprintf(out, NUMBER_LONG_DOUBLE_SIZE, "%.17Lf", number);
    ASSERT(len > 0 && len < NUMBER_LONG_DOUBLE_SIZE);
    while (out[len - 1] == '0')
        len--;
    if (out[len - 1] == '.')
        len--;
    if (len == 2 && memcmp(out, "-0", 2) == 0)
        return print_constant(out, "0");
    return (size_t)len;
}

void print_human_bytes(char *out, uint64_t byte_count)
{
    static const char units[] = "KMGTP";
    double scaled = (double)byte_count;
    size_t unit = 0;
    if (byte_count < 1024 || byte_count >> 60 != 0) {
        (void)snprintf(out, NUMBER_HUMAN_SIZE, "%lluB", (unsigned long long)byte_count);
        return;
    }
    while (byte_count >> (10 * (unit + 2)) != 0)
        unit++;
    scaled /= (double)((uint64_t)1 << (10 * (unit + 1)));
    (void)snprintf(out, NUMBER_HUMAN_SIZE, "%.2f%c", scaled, units[unit]);
}
