/* SPDX-License-Identifier: BSD-3-Clause */
#include "scan_options.h"
#include "base/glob.h"
#include "base/number.h"
#include "key_walk.h"

enum { DEFAULT_COUNT = 10 };

/* By the rules of strtoul, which Redis uses here: a sign and leading zeros are fine, "-1" is the largest
 * number, nothing is zero, and a NUL ends the text. */
static bool parse_cursor(struct bytes text, uint64_t *cursor)
{
    size_t at = 0, digits_at;
    bool is_negative;
    uint64_t number = 0;
    text.len = bytes_index_of(text, '\0');
    is_negative = text.len > 0 && text.data[0] == '-';
    if (is_negative || (text.len > 0 && text.data[0] == '+'))
        at++;
    for (digits_at = at; at < text.len; at++) {
        unsigned digit = (unsigned)(unsigned char)text.data[at] - '0';
        if (digit > 9 || __builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, digit, &number))
            return false;
    }
    *cursor = is_negative ? 0 - number : number;
    return text.len == 0 || at > digits_at;
}

bool call_scan_cursor(struct call *call, int index, uint64_t *cursor)
{
    if (parse_cursor(call->argv[index], cursor))
        return true;
    call_error_format(call, "ERR invalid cursor");
    return false;
}

static int type_by_name(struct bytes name)
{
    for (int type = 0; type < VALUE_TYPE_COUNT; type++) {
        if (value_types[type] && bytes_is_nocase(name, value_types[type]->name))
            return type;
    }
    return TYPE_NONE;
}

static bool parse_count(struct call *call, int index, int64_t *count)
{
    if (!call_int(call, index, count))
        return false;
    if (*count >= 1)
        return true;
    call_syntax_error(call);
    return false;
}

bool call_scan_options(struct call *call, int first, bool takes_type, struct scan_options *options)
{
    *options = (struct scan_options){.pattern = BYTES("*"), .count = DEFAULT_COUNT, .type = TYPE_ANY};
    for (int i = first; i < call->argc; i += 2) {
        bool has_argument = i + 1 < call->argc;
        if (has_argument && call_arg_is(call, i, "count")) {
            if (!parse_count(call, i + 1, &options->count))
                return false;
        } else if (has_argument && call_arg_is(call, i, "match")) {
            options->pattern = call->argv[i + 1];
        } else if (has_argument && takes_type && call_arg_is(call, i, "type")) {
            options->type = type_by_name(call->argv[i + 1]);
        } else {
            call_syntax_error(call);
            return false;
        }
    }
    return true;
}

void reply_scan_head(struct reply *reply, uint64_t cursor)
{
    char digits[NUMBER_I64_SIZE];
    reply_array(reply, 2);
    reply_bulk(reply, bytes_make(digits, print_u64(digits, cursor)));
}

bool scan_matches(const struct scan_options *options, struct bytes name)
{
    return bytes_is(options->pattern, "*") || glob_match(options->pattern, name, false);
}
