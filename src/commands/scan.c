/* SPDX-License-Identifier: BSD-3-Clause */
/* KEYS and SCAN: what to walk over, and how the reply begins. */
#include "base/number.h"
#include "commands/families.h"
#include "engine/call.h"
#include "key_walk.h"

enum { DEFAULT_COUNT = 10, STEPS_A_KEY = 10 };

static void cmd_keys(struct call *call)
{
    key_walk_run(call, &(struct key_walk){
                           .pattern = call->argv[1],
                           .type = TYPE_ANY,
                           .visit_count = UINT64_MAX,
                           .step_count = UINT64_MAX,
                           .shows_once = true,
                       });
}

/* ---- SCAN ---- */

static void scan_head(struct reply *reply, const struct key_walk *walk)
{
    char digits[NUMBER_I64_SIZE];
    reply_array(reply, 2);
    reply_bulk(reply, bytes_make(digits, print_u64(digits, walk->cursor)));
}

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

static int type_by_name(struct bytes name)
{
    for (int type = 0; type < VALUE_TYPE_COUNT; type++) {
        if (value_types[type] && bytes_is_nocase(name, value_types[type]->name))
            return type;
    }
    return TYPE_NONE;
}

/* A table with few keys in it is looked into more often than it has keys, but not without end. */
static uint64_t steps_for(uint64_t count)
{
    uint64_t steps;
    return __builtin_mul_overflow(count, STEPS_A_KEY, &steps) ? UINT64_MAX : steps + 1;
}

static bool parse_scan_options(struct call *call, struct key_walk *walk)
{
    int64_t count = DEFAULT_COUNT;
    for (int i = 2; i < call->argc; i += 2) {
        if (i + 1 == call->argc) {
            call_syntax_error(call);
            return false;
        }
        if (call_arg_is(call, i, "count")) {
            if (!call_int(call, i + 1, &count))
                return false;
            if (count < 1) {
                call_syntax_error(call);
                return false;
            }
        } else if (call_arg_is(call, i, "match")) {
            walk->pattern = call->argv[i + 1];
        } else if (call_arg_is(call, i, "type")) {
            walk->type = type_by_name(call->argv[i + 1]);
        } else {
            call_syntax_error(call);
            return false;
        }
    }
    walk->visit_count = (uint64_t)count;
    walk->step_count = steps_for(walk->visit_count);
    return true;
}

static void cmd_scan(struct call *call)
{
    struct key_walk walk = {.pattern = BYTES("*"), .type = TYPE_ANY, .head = scan_head};
    if (!parse_cursor(call->argv[1], &walk.cursor)) {
        call_error_format(call, "ERR invalid cursor");
        return;
    }
    if (parse_scan_options(call, &walk))
        key_walk_run(call, &walk);
}

/* ---- rows ---- */

static const char *const keys_tips[] = {"request_policy:all_shards", "nondeterministic_output_order", NULL};
static const struct command_history scan_history[] = {
    {"6.0.0", "Added the `TYPE` subcommand."},
    {NULL, NULL},
};
static const char *const scan_tips[] = {"nondeterministic_output", "request_policy:special",
                                        "response_policy:special", NULL};

static const struct command scan_commands[] = {
    {
        .name = "keys",
        .run = cmd_keys,
        .arity = 2,
        .flags = COMMAND_READONLY,
        .acl = ACL_KEYSPACE | ACL_DANGEROUS,
        .group = "generic",
        .since = "1.0.0",
        .complexity = "O(N) with N being the number of keys in the database, under the assumption that the "
                      "key names in the database and the given pattern have limited length.",
        .summary = "Returns all key names that match a pattern.",
        .synopsis = "pattern",
        .tips = keys_tips,
    },
    {
        .name = "scan",
        .run = cmd_scan,
        .arity = -2,
        .flags = COMMAND_READONLY | COMMAND_TOUCHES_ARBITRARY_KEYS,
        .acl = ACL_KEYSPACE,
        .group = "generic",
        .since = "2.8.0",
        .complexity =
            "O(1) for every call. O(N) for a complete iteration, including enough command calls for the "
            "cursor to return back to 0. N is the number of elements inside the collection.",
        .summary = "Iterates over the key names in the database.",
        .synopsis = "cursor:integer [MATCH pattern] [COUNT count:integer] [TYPE type{since=6.0.0}]",
        .history = scan_history,
        .tips = scan_tips,
    },
    {.name = NULL},
};

const struct command_family scan_family = {"scan", scan_commands};
