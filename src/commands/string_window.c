/* SPDX-License-Identifier: BSD-3-Clause */
/* INCREX: a counter with limits and an end, as windows of rate limiters have. A step over a limit isn't
 * taken, and what it replies says so: the number as it is, and 0. With SATURATE it is taken as far as the
 * limit. */
#include "base/number.h"
#include "commands/families.h"
#include "engine/deadline.h"
#include "engine/edit.h"
#include "engine/journal.h"
#include "lifetime.h"
#include "string_access.h"
#include "string_condition.h"
#include <float.h>
#include <math.h>

struct window {
    bool is_float, is_said_by; /* BYFLOAT; that or BYINT */
    bool saturates, only_if_endless;
    int low_index, high_index; /* of the limits; 0: none */
    struct {
        int64_t by, low, high;
    } ints;
    struct {
        long double by, low, high;
    } floats;
    struct lifetime_option lifetime;
    struct condition_option condition;
};

/* ---- arguments ---- */

static bool parse_int(struct call *call, int index, const char *what, int64_t *number)
{
    if (parse_i64(call->argv[index], number))
        return true;
    call_error_format(call, "ERR %s is not an integer or out of range", what);
    return false;
}

static bool parse_float(struct call *call, int index, const char *what, long double *number)
{
    if (parse_long_double(call->argv[index], number))
        return true;
    call_error_format(call, "ERR %s is not a valid float", what);
    return false;
}

static bool parse_step(struct call *call, int index, bool is_float, struct window *window)
{
    window->is_said_by = true;
    window->is_float = is_float;
    if (!is_float)
        return parse_int(call, index, "Increment", &window->ints.by);
    if (!parse_float(call, index, "Increment", &window->floats.by))
        return false;
    if (!isinf(window->floats.by))
        return true;
    call_error_format(call, "ERR BYFLOAT increment cannot be Infinity");
    return false;
}

/* Takes `word` at `*index` unless it was said before, and steps on to its argument. */
static bool takes_argument(const struct call *call, int *index, const char *word, bool was_said)
{
    if (was_said || !call_arg_is(call, *index, word) || *index + 1 >= call->argc)
        return false;
    ++*index;
    return true;
}

static bool takes_flag(const struct call *call, int index, const char *word, bool *flag)
{
    if (*flag || !call_arg_is(call, index, word))
        return false;
    *flag = true;
    return true;
}

/* What stands at `*index` and takes no number that has to be understood at once. */
static bool take_option(const struct call *call, int *index, struct window *window)
{
    if (takes_argument(call, index, "LBOUND", window->low_index)) {
        window->low_index = *index;
        return true;
    }
    if (takes_argument(call, index, "UBOUND", window->high_index)) {
        window->high_index = *index;
        return true;
    }
    bool is_taken =
        takes_flag(call, *index, "SATURATE", &window->saturates) ||
        takes_flag(call, *index, "ENX", &window->only_if_endless) ||
        take_condition(call, index, CONDITION_PRESENCE, &window->condition) ||
        (!window->lifetime.lifetime && take_lifetime(call, index, &endless_lifetime, &window->lifetime));
    /* Of a key that is to have no end it makes no sense to ask whether it has one. */
    return is_taken && !(window->only_if_endless && window->lifetime.lifetime == &endless_lifetime);
}

static bool parse_words(struct call *call, struct window *window)
{
    for (int i = 2; i < call->argc; i++) {
        bool is_float = call_arg_is(call, i, "BYFLOAT");
        if (takes_argument(call, &i, is_float ? "BYFLOAT" : "BYINT", window->is_said_by)) {
            if (!parse_step(call, i, is_float, window))
                return false;
        } else if (!take_option(call, &i, window)) {
            call_syntax_error(call);
            return false;
        }
    }
    return true;
}

static bool parse_limits(struct call *call, struct window *window)
{
    int low = window->low_index, high = window->high_index;
    if (window->is_float) {
        if ((low && !parse_float(call, low, "LBOUND", &window->floats.low)) ||
            (high && !parse_float(call, high, "UBOUND", &window->floats.high)))
            return false;
    } else if ((low && !parse_int(call, low, "LBOUND", &window->ints.low)) ||
               (high && !parse_int(call, high, "UBOUND", &window->ints.high))) {
        return false;
    }
    if (window->floats.low <= window->floats.high && window->ints.low <= window->ints.high)
        return true;
    call_error_format(call, "ERR LBOUND can't be greater than UBOUND");
    return false;
}

static bool parse_window(struct call *call, struct window *window)
{
    *window = (struct window){.ints = {1, INT64_MIN, INT64_MAX}, .floats = {0, -LDBL_MAX, LDBL_MAX}};
    if (!parse_words(call, window) || !parse_limits(call, window))
        return false;
    if (!window->only_if_endless || window->lifetime.lifetime)
        return true;
    call_error_format(call, "ERR ENX flag requires an expiration");
    return false;
}

/* ---- steps ---- */

/* A number as the text that is kept and shown. */
struct number_text {
    size_t len;
    char text[NUMBER_LONG_DOUBLE_SIZE];
};

/* The step that is taken, which may be none. Both have replied; false: nothing is to be set. */
static bool step_int(struct call *call, const struct window *window, const struct entry *entry, bool holds,
                     struct number_text *out)
{
    int64_t old = 0, step, number, low = window->ints.low, high = window->ints.high;
    struct value value;
    if (entry) {
        value = entry_value(entry);
        if (!string_to_i64(&value, &old)) {
            call_error(call, ERR_NOT_INTEGER);
            return false;
        }
    }
    bool overflows = __builtin_add_overflow(old, window->ints.by, &number);
    bool is_above = overflows ? window->ints.by >= 0 : number > high;
    bool is_out = overflows || number > high || number < low;
    if (!holds || (is_out && !window->saturates)) {
        reply_array(call->reply, 2);
        reply_int(call->reply, old);
        reply_int(call->reply, 0);
        return false;
    }
    if (is_out)
        number = is_above ? high : low;
    if (__builtin_sub_overflow(number, old, &step)) {
        call_error_format(call, "ERR applied increment would overflow");
        return false;
    }
    reply_array(call->reply, 2);
    reply_int(call->reply, number);
    reply_int(call->reply, step);
    out->len = print_i64(out->text, number);
    return true;
}

static void print(struct number_text *out, long double number)
{
    out->len = print_long_double_human(out->text, number);
}

static void reply_floats(struct call *call, long double number, long double step, struct number_text *out)
{
    struct number_text shown;
    print(&shown, step);
    print(out, number);
    reply_array(call->reply, 2);
    reply_double_digits(call->reply, bytes_make(out->text, out->len));
    reply_double_digits(call->reply, bytes_make(shown.text, shown.len));
}

static bool step_float(struct call *call, const struct window *window, const struct entry *entry, bool holds,
                       struct number_text *out)
{
    long double old, number, low = window->floats.low, high = window->floats.high;
    if (!read_float(call, entry, &old))
        return false;
    if (isinf(old)) {
        call_error_format(call, "ERR value cannot be Infinity");
        return false;
    }
    number = old + window->floats.by;
    bool is_above = isinf(number) ? window->floats.by >= 0 : number > high;
    bool is_out = isinf(number) || number > high || number < low;
    if (!holds || (is_out && !window->saturates)) {
        reply_floats(call, old, 0, out);
        return false;
    }
    if (is_out)
        number = is_above ? high : low;
    if (isinf(number - old)) {
        call_error_format(call, "ERR applied increment would be Infinity");
        return false;
    }
    reply_floats(call, number, number - old, out);
    return true;
}

/* ---- the command ---- */

/* The deadline that the key gets, of the one that was asked for. */
static struct deadline deadline_for(const struct window *window, bool has_deadline, struct deadline asked)
{
    if (!window->lifetime.lifetime || (window->only_if_endless && has_deadline))
        asked.mode = DEADLINE_KEEP;
    return asked;
}

static void set_number(struct call *call, struct key key, const struct window *window, struct bytes text,
                       struct deadline deadline, bool had_deadline)
{
    struct value value = window->is_float ? string_value_text(text) : string_value(text);
    call_set(call, key, value, deadline, EVENT_STRING, window->is_float ? "incrbyfloat" : "incrby");
    if (deadline.mode == DEADLINE_SET)
        call_notify(call, call->keyspace, key, EVENT_GENERIC, "expire");
    else if (deadline.mode == DEADLINE_NONE && had_deadline)
        call_notify(call, call->keyspace, key, EVENT_GENERIC, "persist");
    record_string(call, key.name, text, deadline);
}

static void cmd_increx(struct call *call)
{
    struct key key = call_key(call, 1);
    struct window window;
    struct deadline deadline;
    const struct entry *entry;
    struct number_text number;
    bool holds = true;
    if (!parse_window(call, &window) || !resolve_lifetime(call, &window.lifetime, &deadline) ||
        !call_string_to_edit(call, key, &entry))
        return;
    if (window.condition.condition && !test_condition(call, &window.condition, entry, &holds))
        return;
    bool has_deadline = entry && entry_deadline(entry) != NO_DEADLINE;
    if (!(window.is_float ? step_float : step_int)(call, &window, entry, holds, &number))
        return;
    deadline = deadline_for(&window, has_deadline, deadline);
    if (deadline.mode != DEADLINE_SET || !deadline_is_past(call, deadline))
        set_number(call, key, &window, bytes_make(number.text, number.len), deadline, has_deadline);
    else if (call_remove(call, key))
        call_record_words(call, "DEL", key.name);
}

static const struct command string_window_commands[] = {
    {
        .name = "increx",
        .run = cmd_increx,
        .arity = -2,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_STRING,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_UPDATE)},
        .group = "string",
        .since = "8.8.0",
        .complexity = "O(1)",
        .summary =
            "Increments the numeric value of a key by a number and sets its expiration time. Uses 0 as "
            "initial value if the key doesn't exist.",
        .synopsis = "key [condition<NX | XX>] [increment<BYFLOAT float:double | BYINT integer:integer>] "
                    "[SATURATE] [LBOUND lowerbound] [UBOUND upperbound] [expiration<EX seconds:integer | PX "
                    "milliseconds:integer | EXAT unix-time-seconds:unix-time | PXAT "
                    "unix-time-milliseconds:unix-time | PERSIST>] [ENX]",
    },
    {0},
};

const struct command_family string_window_family = {.name = "string_window",
                                                    .commands = string_window_commands};
