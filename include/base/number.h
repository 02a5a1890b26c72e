/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers to text and back, by Redis' rules. Parsers leave the result untouched when they return false;
 * printers write no NUL and return the length. */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include "base/bytes.h"
#include <stdint.h>

/* What the printers need at the most. */
#define NUMBER_I64_SIZE         21
#define NUMBER_DOUBLE_SIZE      40
#define NUMBER_LONG_DOUBLE_SIZE 5120
#define NUMBER_HUMAN_SIZE       24

bool number_parse_i64_digits(struct bytes text, int64_t *number);

/* The one canonical form only: optional minus, no plus, no spaces, no leading zeros, no "-0". So the text can
 * be restored from the number: true also answers whether `text` may be stored as an integer. */
static inline bool parse_i64(struct bytes text, int64_t *number)
{
    /* Most that is not a number is seen here: values are long or begin with a letter. */
    if (text.len == 0 || text.len > 20 || (unsigned char)text.data[0] > '9')
        return false;
    return number_parse_i64_digits(text, number);
}

/* The same for 0 to 2^64-1. */
bool parse_u64(struct bytes text, uint64_t *number);

/* What strtod takes (decimal, hexadecimal, "inf"), but no leading space, nothing behind it, no NaN and
 * nothing out of range. */
bool parse_double(struct bytes text, double *number);

/* A limit of a range of scores: spaces in front, nothing at all (0) and what is out of range are fine, too,
 * and a NUL ends the text. */
bool parse_double_loosely(struct bytes text, double *number);

/* The same as parse_double for INCRBYFLOAT and its kin; texts of 5 kB and more are refused. */
bool parse_long_double(struct bytes text, long double *number);

/* A size of the configuration file: "100", "100b", "1k" = 1000, "1kb" = 1024, likewise m, mb, g, gb in any
 * case. No sign; false too when it doesn't fit. */
bool parse_memory(struct bytes text, int64_t *byte_count);

/* `out` has room for NUMBER_I64_SIZE bytes. */
size_t print_i64(char *out, int64_t number);
size_t print_u64(char *out, uint64_t number);

/* The shortest digits that read back as `number`, as RESP3 doubles and scores are shown: "3", "0.1", "1e+21",
 * "inf", "-inf", "nan", "-0". `out` has room for NUMBER_DOUBLE_SIZE bytes. */
size_t print_double(char *out, double number);

/* At most 17 digits behind the point, no trailing zeros, never an exponent: INCRBYFLOAT's result. `out` has
 * room for NUMBER_LONG_DOUBLE_SIZE bytes. */
size_t print_long_double_human(char *out, long double number);

/* INFO's used_memory_human: "512B", "865.20K", "1.50M". NUL-terminated, for `out` of NUMBER_HUMAN_SIZE
 * bytes. */
void print_human_bytes(char *out, uint64_t byte_count);

/* Decimal digits of `number`: 1 to 20. */
unsigned count_digits(uint64_t number);

#endif
