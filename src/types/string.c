/* SPDX-License-Identifier: BSD-3-Clause */
/* Strings, and which of the three encodings one gets. A text is kept as a number only when the number prints
 * back to the very same text, so what a client stored is what it reads, whatever the encoding. */
#include "base/number.h"
#include "base/panic.h"
#include "rows.h"
#include "types/value.h"

/* The longest text that can be an integer, and the longest that is "embstr". */
#define INT_TEXT_MAX 20
#define EMBSTR_MAX   44

_Static_assert(STRING_SCRATCH >= NUMBER_I64_SIZE, "digits of every integer fit");

static const char *encoding_name(const struct value *value)
{
    static const char *const names[] = {
        [STRING_INT] = "int", [STRING_EMBSTR] = "embstr", [STRING_RAW] = "raw"};
    ASSERT((unsigned)value->encoding <= STRING_RAW);
    return names[value->encoding];
}

const struct value_row string_row = {.name = "string", .number = 0, .encoding_name = encoding_name};

struct value string_value(struct bytes bytes)
{
    int64_t integer;
    if (bytes.len <= INT_TEXT_MAX && parse_i64(bytes, &integer))
        return string_value_int(integer);
    return string_value_text(bytes);
}

struct value string_value_text(struct bytes bytes)
{
    return (struct value){
        .type = VALUE_STRING,
        .encoding = bytes.len <= EMBSTR_MAX ? STRING_EMBSTR : STRING_RAW,
        .bytes = bytes,
    };
}

struct value string_value_int(int64_t integer)
{
    return (struct value){.type = VALUE_STRING, .encoding = STRING_INT, .integer = integer};
}

struct value string_value_blob(struct blob *blob)
{
    return (struct value){
        .type = VALUE_STRING, .encoding = STRING_RAW, .bytes = blob_bytes(blob), .blob = blob};
}

struct bytes string_bytes(const struct value *value, char scratch[static STRING_SCRATCH])
{
    if (value->encoding == STRING_INT)
        return bytes_make(scratch, print_i64(scratch, value->integer));
    return value->bytes;
}

size_t string_length(const struct value *value)
{
    if (value->encoding != STRING_INT)
        return value->bytes.len;
    if (value->integer < 0)
        return 1 + count_digits(0 - (uint64_t)value->integer);
    return count_digits((uint64_t)value->integer);
}

bool string_to_i64(const struct value *value, int64_t *number)
{
    if (value->encoding != STRING_INT)
        return parse_i64(value->bytes, number);
    *number = value->integer;
    return true;
}
