/* SPDX-License-Identifier: BSD-3-Clause */
/* Numbers: whole ones, sizes with units, shares of memory, octal permissions. They differ in how a text is
 * read and shown; the range is checked in one place, before a number is narrowed to its field. */
#include "base/machine.h"
#include "base/number.h"
#include "kind.h"

#include <inttypes.h>

static void append_number(struct buf *out, int64_t number)
{
    char text[NUMBER_I64_SIZE];
    buf_append(out, text, print_i64(text, number));
}

static bool check_range(const struct directive *directive, int64_t *number, struct error *error)
{
    if (*number >= directive->min && *number <= directive->max)
        return true;
    if ((directive->flags & CONFIG_CLAMPED) && *number >= 0 && *number <= INT_MAX) {
        *number = *number < directive->min ? directive->min : directive->max;
        return true;
    }
    bool is_clamped = directive->flags & CONFIG_CLAMPED;
    error_set(error, "argument must be between %" PRId64 " and %" PRId64 " inclusive",
              is_clamped ? 0 : directive->min, is_clamped ? INT_MAX : directive->max);
    return false;
}

static bool parse_whole(const struct directive *directive, struct bytes word, int64_t *number,
                        struct error *error)
{
    if (!parse_i64(word, number)) {
        error_set(error, "argument couldn't be parsed into an integer");
        return false;
    }
    return check_range(directive, number, error);
}

static bool int_parse(const struct directive *directive, const struct bytes *words, size_t count, void *value,
                      struct error *error)
{
    int64_t number;
    (void)count;
    if (!parse_whole(directive, words[0], &number, error))
        return false;
    *(int *)value = (int)number;
    return true;
}

static void int_print(const struct directive *directive, const void *value, struct buf *out)
{
    (void)directive;
    append_number(out, *(const int *)value);
}

static bool long_parse(const struct directive *directive, const struct bytes *words, size_t count,
                       void *value, struct error *error)
{
    (void)count;
    return parse_whole(directive, words[0], value, error);
}

static void long_print(const struct directive *directive, const void *value, struct buf *out)
{
    (void)directive;
    append_number(out, *(const int64_t *)value);
}

static bool bytes_parse(const struct directive *directive, const struct bytes *words, size_t count,
                        void *value, struct error *error)
{
    int64_t number;
    (void)count;
    if (!parse_memory(words[0], &number)) {
        error_set(error, "argument must be a memory value");
        return false;
    }
    if (!check_range(directive, &number, error))
        return false;
    *(int64_t *)value = number;
    return true;
}

void config_write_bytes(struct buf *out, int64_t byte_count)
{
    static const struct {
        int shift;
        const char *unit;
    } units[] = {{30, "gb"}, {20, "mb"}, {10, "kb"}};

    for (size_t i = 0; i < sizeof units / sizeof units[0] && byte_count != 0; i++) {
        if (byte_count % ((int64_t)1 << units[i].shift) == 0) {
            append_number(out, byte_count >> units[i].shift);
            buf_append_text(out, units[i].unit);
            return;
        }
    }
    append_number(out, byte_count);
}

static void bytes_write(const struct directive *directive, const void *value, struct buf *out)
{
    (void)directive;
    config_write_bytes(out, *(const int64_t *)value);
}

/* The number before a % sign, from 0 to 100. */
static bool parse_percent(struct bytes word, int64_t *percent)
{
    return word.len > 1 && word.data[word.len - 1] == '%' &&
           parse_i64(bytes_make(word.data, word.len - 1), percent) && *percent >= 0 && *percent <= 100;
}

static bool memory_parse(const struct directive *directive, const struct bytes *words, size_t count,
                         void *value, struct error *error)
{
    int64_t percent;
    if (!parse_percent(words[0], &percent))
        return bytes_parse(directive, words, count, value, error);
    *(int64_t *)value = (int64_t)(machine_memory() / 100) * percent;
    return true;
}

/* A percentage is kept as a negative number, so that the field tells the two apart. */
static bool share_parse(const struct directive *directive, const struct bytes *words, size_t count,
                        void *value, struct error *error)
{
    struct bytes word = words[0];
    int64_t number;
    (void)count;
    if (parse_memory(word, &number)) {
        if (number > directive->max)
            return check_range(directive, &number, error);
    } else if (word.len > 1 && word.data[word.len - 1] == '%' &&
               parse_i64(bytes_make(word.data, word.len - 1), &number) && number >= 0) {
        number = -number;
        if (number < directive->min) {
            error_set(error, "percentage argument must be less or equal to %" PRId64, -directive->min);
            return false;
        }
    } else {
        error_set(error, "argument must be a memory or percent value");
        return false;
    }
    *(int64_t *)value = number;
    return true;
}

static void share_print(const struct directive *directive, const void *value, struct buf *out)
{
    int64_t number = *(const int64_t *)value;
    (void)directive;
    append_number(out, number < 0 ? -number : number);
    if (number < 0)
        buf_append_char(out, '%');
}

static void share_write(const struct directive *directive, const void *value, struct buf *out)
{
    if (*(const int64_t *)value < 0)
        share_print(directive, value, out);
    else
        bytes_write(directive, value, out);
}

static bool octal_parse(const struct directive *directive, const struct bytes *words, size_t count,
                        void *value, struct error *error)
{
    struct bytes word = words[0];
    int64_t number = 0;
    (void)count;
    bool is_octal = word.len > 0;
    for (size_t i = 0; i < word.len && is_octal; i++) {
        is_octal = word.data[i] >= '0' && word.data[i] <= '7' && number <= INT_MAX;
        number = number * 8 + (word.data[i] - '0');
    }
    if (!is_octal) {
        error_set(error, "argument couldn't be parsed as an octal number");
        return false;
    }
    if (number < directive->min || number > directive->max) {
        error_set(error, "argument must be between %" PRIo64 " and %" PRIo64 " inclusive", directive->min,
                  directive->max);
        return false;
    }
    *(int *)value = (int)number;
    return true;
}

static void octal_print(const struct directive *directive, const void *value, struct buf *out)
{
    (void)directive;
    buf_printf(out, "%o", (unsigned)*(const int *)value);
}

const struct config_kind config_kind_INT = {
    .size = sizeof(int),
    .expected = "a whole number",
    .has_range = true,
    .parse = int_parse,
    .print = int_print,
    .write = int_print,
};
const struct config_kind config_kind_LONG = {
    .size = sizeof(int64_t),
    .expected = "a whole number",
    .has_range = true,
    .parse = long_parse,
    .print = long_print,
    .write = long_print,
};
const struct config_kind config_kind_BYTES = {
    .size = sizeof(int64_t),
    .expected = "a number of bytes, or with a unit: 100kb, 256mb, 1gb",
    .has_range = true,
    .parse = bytes_parse,
    .print = long_print,
    .write = bytes_write,
};
const struct config_kind config_kind_MEMORY = {
    .size = sizeof(int64_t),
    .expected = "a size such as 256mb, or a percentage of the machine's memory such as 60%",
    .has_range = true,
    .parse = memory_parse,
    .print = long_print,
    .write = bytes_write,
};
const struct config_kind config_kind_SHARE = {
    .size = sizeof(int64_t),
    .expected = "a size such as 256mb, or a percentage such as 5%",
    .parse = share_parse,
    .print = share_print,
    .write = share_write,
};
const struct config_kind config_kind_OCTAL = {
    .size = sizeof(int),
    .expected = "permissions in octal, such as 700",
    .parse = octal_parse,
    .print = octal_print,
    .write = octal_print,
};
