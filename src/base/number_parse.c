/* SPDX-License-Identifier: BSD-3-Clause */
/* Text to numbers. Integers are parsed by hand: counters are read on every INCR, and only the canonical form
 * may become an integer in memory. Of the floating-point texts, short decimals (nearly all) are exact in a
 * double's 53 bits and need one rounding; the rest goes through the C library, whose rules are the
 * protocol's. */
#include "base/alloc.h"
#include "base/number.h"
#include <endian.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>

/* 19 digits can't overflow 64 bits, so only a 20th is checked. */
enum { SAFE_DIGITS = 19, MOST_DIGITS = 20 };

/* Eight digits at once, as bytes of one word: neighbours are joined to numbers below 100, those to numbers
 * below 10,000, and those to one. */
static inline bool parse_8_digits(const char *digits, uint64_t *number)
{
    uint64_t word;
    memcpy(&word, digits, sizeof word);
    word = le64toh(word);
    /* A byte over '9' carries into its top bit by the sum, one below '0' borrows from it by the
     * difference. */
    if (((word + 0x4646464646464646) | (word - 0x3030303030303030)) & 0x8080808080808080)
        return false;
    word -= 0x3030303030303030;
    word = (word * 10 + (word >> 8)) & 0x00ff00ff00ff00ff;
    word = (word * 100 + (word >> 16)) & 0x0000ffff0000ffff;
    *number = (word * 10000 + (word >> 32)) & 0xffffffff;
    return true;
}

static inline bool parse_magnitude(const char *digits, size_t len, uint64_t *number)
{
    size_t safe = len < SAFE_DIGITS ? len : SAFE_DIGITS, i = 0;
    uint64_t sum = 0, eight;
    unsigned digit;
    if (len == 0 || len > MOST_DIGITS || (digits[0] == '0' && len > 1))
        return false;
    for (; i + 8 <= safe; i += 8) {
        if (!parse_8_digits(digits + i, &eight))
            return false;
        sum = sum * 100000000 + eight;
    }
    for (; i < safe; i++) {
        digit = (unsigned)(unsigned char)digits[i] - '0';
        if (digit > 9)
            return false;
        sum = sum * 10 + digit;
    }
    if (len == MOST_DIGITS) {
        digit = (unsigned)(unsigned char)digits[SAFE_DIGITS] - '0';
        if (digit > 9 || __builtin_mul_overflow(sum, 10, &sum) || __builtin_add_overflow(sum, digit, &sum))
            return false;
    }
    *number = sum;
    return true;
}

bool parse_u64(struct bytes text, uint64_t *number)
{
    return parse_magnitude(text.data, text.len, number);
}

/* Too few to overflow: lifetimes, counts, indexes, most counters. */
static inline bool parse_few_digits(struct bytes text, int64_t *number)
{
    int64_t sum = 0;
    if (text.data[0] == '0' && text.len > 1)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = (unsigned)(unsigned char)text.data[i] - '0';
        if (digit > 9)
            return false;
        sum = sum * 10 + digit;
    }
    *number = sum;
    return true;
}

/* Apart, so that few digits don't pay for its registers. */
__attribute__((noinline)) static bool parse_any_digits(struct bytes text, int64_t *number)
{
    size_t is_negative = text.data[0] == '-';
    uint64_t magnitude;
    if (!parse_magnitude(text.data + is_negative, text.len - is_negative, &magnitude))
        return false;
    if (magnitude > (uint64_t)INT64_MAX + is_negative || (is_negative && magnitude == 0))
        return false;
    *number = (int64_t)(is_negative ? 0 - magnitude : magnitude);
    return true;
}

bool number_parse_i64_digits(struct bytes text, int64_t *number)
{
    return text.len < 8 && text.data[0] != '-' ? parse_few_digits(text, number)
                                               : parse_any_digits(text, number);
}

/* ---- Floating point ---- */

enum { EXACT_DIGITS = 15 };

/* "-12.5" and the like with up to 15 digits. Numerator and denominator are exact, so the quotient is rounded
 * once, to what strtod would say. False means: not of that form. */
static bool parse_short_decimal(struct bytes text, double *number)
{
    static const double powers_of_ten[EXACT_DIGITS + 1] = {1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                           1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15};
    size_t i = text.len > 0 && text.data[0] == '-', digit_count = 0, fraction_start = 0;
    bool has_point = false;
    uint64_t sum = 0;
    double magnitude;
    if (text.len > EXACT_DIGITS + 2)
        return false;
    /* Moments, ranks and the like. */
    if (text.len <= EXACT_DIGITS && parse_magnitude(text.data, text.len, &sum)) {
        *number = (double)sum;
        return true;
    }
    sum = 0;
    for (; i < text.len; i++) {
        unsigned digit = (unsigned)(unsigned char)text.data[i] - '0';
        if (digit <= 9) {
            sum = sum * 10 + digit;
            digit_count++;
        } else if (text.data[i] == '.' && !has_point) {
            has_point = true;
            fraction_start = digit_count;
        } else {
            return false;
        }
    }
    if (digit_count == 0 || digit_count > EXACT_DIGITS)
        return false;
    magnitude = (double)sum;
    if (has_point)
        magnitude /= powers_of_ten[digit_count - fraction_start];
    *number = text.data[0] == '-' ? -magnitude : magnitude;
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* strtod over a terminated text of `len` bytes. */
static bool parse_terminated_double(const char *text, size_t len, double *number, bool is_loose)
{
    char *end;
    double parsed;
    errno = 0;
    parsed = strtod(text, &end);
    if ((size_t)(end - text) != len || isnan(parsed))
        return false;
    /* A denormal is reported as out of range too, but is what was meant. */
    if (!is_loose && errno == ERANGE && (isinf(parsed) || parsed == 0))
        return false;
    *number = parsed;
    return true;
}

/* How a range without an end is asked for. */
static bool parse_infinity(struct bytes text, double *number)
{
    if (text.len != 4 || memcmp(text.data + 1, "inf", 3) != 0 || (text.data[0] != '-' && text.data[0] != '+'))
        return false;
    *number = text.data[0] == '-' ? -INFINITY : INFINITY;
    return true;
}

static bool parse_any_double(struct bytes text, double *number, bool is_loose)
{
    char copy[128], *large;
    bool is_valid;
    if (text.len < sizeof copy) {
        memcpy(copy, text.data, text.len);
        copy[text.len] = '\0';
        return parse_terminated_double(copy, text.len, number, is_loose);
    }
    large = mem_try_alloc(text.len + 1);
    if (!large)
        return false;
    memcpy(large, text.data, text.len);
    large[text.len] = '\0';
    is_valid = parse_terminated_double(large, text.len, number, is_loose);
    mem_free(large);
    return is_valid;
}

bool parse_double(struct bytes text, double *number)
{
    if (parse_short_decimal(text, number) || parse_infinity(text, number))
        return true;
    if (text.len == 0 || is_space(text.data[0]))
        return false;
    return parse_any_double(text, number, false);
}

bool parse_double_loosely(struct bytes text, double *number)
{
    text.len = bytes_index_of(text, '\0');
    return parse_short_decimal(text, number) || parse_infinity(text, number) ||
           parse_any_double(text, number, true);
}

bool parse_long_double(struct bytes text, long double *number)
{
    char copy[NUMBER_LONG_DOUBLE_SIZE], *end;
    long double parsed;
    if (text.len == 0 || text.len >= sizeof copy || is_space(text.data[0]))
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    errno = 0;
    parsed = strtold(copy, &end);
    if ((size_t)(end - copy) != text.len || isnan(parsed))
        return false;
    if (errno == ERANGE && (isinf(parsed) || parsed == 0))
        return false;
    *number = parsed;
    return true;
}

/* ---- Sizes of memory ---- */

bool parse_memory(struct bytes text, int64_t *byte_count)
{
    static const struct {
        const char *name;
        int64_t factor;
    } units[] = {
        {"", 1},        {"b", 1},        {"k", 1000},       {"kb", 1024},
        {"m", 1000000}, {"mb", 1 << 20}, {"g", 1000000000}, {"gb", 1 << 30},
    };
    size_t digit_count = 0;
    int64_t sum = 0;

    while (digit_count < text.len && text.data[digit_count] >= '0' && text.data[digit_count] <= '9') {
        if (__builtin_mul_overflow(sum, 10, &sum) ||
            __builtin_add_overflow(sum, text.data[digit_count] - '0', &sum))
            return false;
        digit_count++;
    }
    if (digit_count == 0)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (bytes_is_nocase(bytes_make(text.data + digit_count, text.len - digit_count), units[i].name)) {
            if (__builtin_mul_overflow(sum, units[i].factor, &sum))
                return false;
            *byte_count = sum;
            return true;
        }
    }
    return false;
}
