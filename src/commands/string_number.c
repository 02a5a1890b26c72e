/* SPDX-License-Identifier: BSD-3-Clause */
/* Strings as numbers. A sum that can't be kept is refused before anything is written. */
#include "base/number.h"
#include "commands/families.h"
#include "engine/edit.h"
#include "engine/journal.h"
#include "string_access.h"
#include <math.h>

static const struct deadline kept = {.mode = DEADLINE_KEEP};

/* Adds `increment` to the number at `key`, a missing one being 0. */
static void add(struct call *call, int64_t increment)
{
    struct key key = call_key(call, 1);
    const struct entry *entry;
    int64_t number = 0;
    if (!call_string_to_edit(call, key, &entry))
        return;
    if (entry) {
        struct value value = entry_value(entry);
        if (!string_to_i64(&value, &number)) {
            call_error(call, ERR_NOT_INTEGER);
            return;
        }
    }
    if (__builtin_add_overflow(number, increment, &number)) {
        call_error(call, ERR_OVERFLOW);
        return;
    }
    call_set(call, key, string_value_int(number), kept, EVENT_STRING, "incrby");
    reply_int(call->reply, number);
}

static void cmd_incr(struct call *call)
{
    add(call, 1);
}

static void cmd_decr(struct call *call)
{
    add(call, -1);
}

static void cmd_incrby(struct call *call)
{
    int64_t increment;
    if (call_int(call, 2, &increment))
        add(call, increment);
}

static void cmd_decrby(struct call *call)
{
    int64_t decrement;
    if (!call_int(call, 2, &decrement))
        return;
    if (decrement == INT64_MIN) {
        call_error_format(call, "ERR decrement would overflow");
        return;
    }
    add(call, -decrement);
}

static void cmd_incrbyfloat(struct call *call)
{
    struct key key = call_key(call, 1);
    char digits[NUMBER_LONG_DOUBLE_SIZE];
    const struct entry *entry;
    long double number, increment;
    struct bytes text;
    if (!call_string_to_edit(call, key, &entry) || !read_float(call, entry, &number) ||
        !call_long_double(call, 2, &increment))
        return;
    number += increment;
    if (isnan(number) || isinf(number)) {
        call_error(call, ERR_NAN_OR_INFINITY);
        return;
    }
    text = bytes_make(digits, print_long_double_human(digits, number));
    call_set(call, key, string_value_text(text), kept, EVENT_STRING, "incrbyfloat");
    /* Floating-point numbers add up differently elsewhere. */
    call_record(call, 4, (struct bytes[]){BYTES("SET"), key.name, text, BYTES("KEEPTTL")});
    reply_bulk(call->reply, text);
}

static const struct command string_number_commands[] = {
    {
        .name = "incr",
        .run = cmd_incr,
        .arity = 2,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_STRING,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_UPDATE)},
        .group = "string",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Increments the integer value of a key by one. Uses 0 as initial value if the key "
                   "doesn't exist.",
        .synopsis = "key",
    },
    {
        .name = "decr",
        .run = cmd_decr,
        .arity = 2,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_STRING,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_UPDATE)},
        .group = "string",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Decrements the integer value of a key by one. Uses 0 as initial value if the key "
                   "doesn't exist.",
        .synopsis = "key",
    },
    {
        .name = "incrby",
        .run = cmd_incrby,
        .arity = 3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_STRING,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_UPDATE)},
        .group = "string",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Increments the integer value of a key by a number. Uses 0 as initial value if the key "
                   "doesn't exist.",
        .synopsis = "key increment:integer",
    },
    {
        .name = "decrby",
        .run = cmd_decrby,
        .arity = 3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_STRING,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_UPDATE)},
        .group = "string",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Decrements a number from the integer value of a key. Uses 0 as initial value if the key "
                   "doesn't exist.",
        .synopsis = "key decrement:integer",
    },
    {
        .name = "incrbyfloat",
        .run = cmd_incrbyfloat,
        .arity = 3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_STRING,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_UPDATE)},
        .group = "string",
        .since = "2.6.0",
        .complexity = "O(1)",
        .summary = "Increment the floating point value of a key by a number. Uses 0 as initial value if the "
                   "key doesn't exist.",
        .synopsis = "key increment:double",
    },
    {0},
};

const struct command_family string_number_family = {.name = "string_number",
                                                    .commands = string_number_commands};
