/* SPDX-License-Identifier: BSD-3-Clause */
/* Fields of hashes as numbers. A sum that can't be kept is refused before anything is written. */
#include "base/number.h"
#include "commands/families.h"
#include "engine/journal.h"
#include "hash_access.h"
#include <math.h>

/* The field, `old` if it was there, keeps its deadline. */
static void set_number(struct call *call, struct edit *edit, const struct hash_field *old,
                       struct bytes digits, const char *event)
{
    hash_set_until(&edit->value, call->argv[2], digits, old->deadline);
    call_edited(call, edit, event);
}

static void cmd_hincrby(struct call *call)
{
    char digits[NUMBER_I64_SIZE];
    int64_t number = 0, increment;
    struct hash_field field = {.deadline = 0};
    struct edit edit;
    if (!call_int(call, 3, &increment) || !call_edit(call, call_key(call, 1), VALUE_HASH, &edit))
        return;
    if (hash_find(&edit.value, call->argv[2], &field) && !parse_i64(field.value, &number)) {
        call_error_format(call, "ERR hash value is not an integer");
        return;
    }
    if (__builtin_add_overflow(number, increment, &number)) {
        call_error(call, ERR_OVERFLOW);
        return;
    }
    set_number(call, &edit, &field, bytes_make(digits, print_i64(digits, number)), "hincrby");
    reply_int(call->reply, number);
}

/* Floating-point numbers add up differently elsewhere. */
static void record_sum(struct call *call, struct bytes sum, bool keeps_deadline)
{
    struct bytes key = call->argv[1], field = call->argv[2];
    if (keeps_deadline)
        call_record(call, 7,
                    (struct bytes[]){BYTES("HSETEX"), key, BYTES("KEEPTTL"), BYTES("FIELDS"), BYTES("1"),
                                     field, sum});
    else
        call_record(call, 4, (struct bytes[]){BYTES("HSET"), key, field, sum});
}

static bool parse_increment(struct call *call, long double *increment)
{
    if (!call_long_double(call, 3, increment))
        return false;
    if (!isnan(*increment) && !isinf(*increment))
        return true;
    call_error_format(call, "ERR value is NaN or Infinity");
    return false;
}

static void cmd_hincrbyfloat(struct call *call)
{
    char digits[NUMBER_LONG_DOUBLE_SIZE];
    long double number = 0, increment;
    struct hash_field field = {.deadline = 0};
    struct edit edit;
    if (!parse_increment(call, &increment) || !call_edit(call, call_key(call, 1), VALUE_HASH, &edit))
        return;
    if (hash_find(&edit.value, call->argv[2], &field) && !parse_long_double(field.value, &number)) {
        call_error_format(call, "ERR hash value is not a float");
        return;
    }
    number += increment;
    if (isnan(number) || isinf(number)) {
        call_error(call, ERR_NAN_OR_INFINITY);
        return;
    }
    struct bytes text = bytes_make(digits, print_long_double_human(digits, number));
    set_number(call, &edit, &field, text, "hincrbyfloat");
    record_sum(call, text, field.deadline != 0);
    reply_bulk(call->reply, text);
}

/* ---- rows ---- */

static const struct command hash_number_commands[] = {
    {
        .name = "hincrby",
        .run = cmd_hincrby,
        .arity = 4,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_HASH,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_UPDATE)},
        .group = "hash",
        .since = "2.0.0",
        .complexity = "O(1)",
        .summary = "Increments the integer value of a field in a hash by a number. Uses 0 as initial value "
                   "if the field doesn't exist.",
        .synopsis = "key field increment:integer",
    },
    {
        .name = "hincrbyfloat",
        .run = cmd_hincrbyfloat,
        .arity = 4,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_HASH,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_UPDATE)},
        .group = "hash",
        .since = "2.6.0",
        .complexity = "O(1)",
        .summary = "Increments the floating point value of a field by a number. Uses 0 as initial value if "
                   "the field doesn't exist.",
        .synopsis = "key field increment:double",
    },
    {0},
};

const struct command_family hash_number_family = {.name = "hash_number", .commands = hash_number_commands};
