/* SPDX-License-Identifier: BSD-3-Clause */
/* Strings that are set, counted or removed on a condition. */
#include "model_condition.h"
#include "base/number.h"
#include "model_tables.h"
#include <inttypes.h>
#include <stdio.h>
#include <xxhash.h>

enum { DIGEST_LEN = 16 };

static void print_digest(char digest[DIGEST_LEN + 1], struct bytes text)
{
    (void)snprintf(digest, DIGEST_LEN + 1, "%016" PRIx64, (uint64_t)XXH3_64bits(text.data, text.len));
}

bool model_condition(const struct model_call *call, int *index, struct model_condition *condition)
{
    static const char *const words[] = {
        [CONDITION_NX] = "NX",     [CONDITION_XX] = "XX",       [CONDITION_IFEQ] = "IFEQ",
        [CONDITION_IFNE] = "IFNE", [CONDITION_IFDEQ] = "IFDEQ", [CONDITION_IFDNE] = "IFDNE"};
    for (size_t i = CONDITION_NX; i < sizeof words / sizeof words[0]; i++) {
        if (!call_word(call, *index, words[i]))
            continue;
        condition->kind = (enum model_condition_kind)i;
        if (i >= CONDITION_IFEQ)
            condition->wanted = call->argv[++*index];
        return true;
    }
    return false;
}

bool model_condition_holds(const struct model_call *call, const struct model_condition *condition,
                           const struct slot *slot, bool *holds)
{
    enum model_condition_kind kind = condition->kind;
    bool is_negative = kind == CONDITION_NX || kind == CONDITION_IFNE || kind == CONDITION_IFDNE;
    char digest[DIGEST_LEN + 1];
    *holds = kind == CONDITION_NONE || is_negative == !slot;
    if (!slot || kind < CONDITION_IFEQ)
        return true;
    if (slot->value.kind != MODEL_STRING) {
        out_wrong_type(call->session);
        return false;
    }
    struct bytes text = buf_bytes(&slot->value.text);
    print_digest(digest, text);
    bool compares_digest = kind == CONDITION_IFDEQ || kind == CONDITION_IFDNE;
    if (compares_digest && condition->wanted.len != DIGEST_LEN) {
        out_error(call->session, "ERR must be exactly 16 hexadecimal characters");
        return false;
    }
    bool is_equal =
        compares_digest ? bytes_is_nocase(condition->wanted, digest) : bytes_equal(condition->wanted, text);
    *holds = is_equal != is_negative;
    return true;
}

static void run_digest(struct model_call *call)
{
    struct slot *slot;
    char digest[DIGEST_LEN + 1];
    if (!call_value(call, 1, MODEL_STRING, &slot))
        return;
    if (!slot) {
        out_null(call->session);
        return;
    }
    print_digest(digest, buf_bytes(&slot->value.text));
    out_bulk(call->session, bytes_of(digest));
}

static void remove_it(const struct model_call *call)
{
    int database = call->session->database, key = model_key(call->argv[1]);
    model_remove(database, key);
    model_changed(database, key, 'g', "del");
}

static void run_delex(struct model_call *call)
{
    struct model_condition condition = {.kind = CONDITION_NONE};
    const struct slot *slot = call_slot(call, 1);
    int index = 2;
    bool holds = true;
    if (slot && call->argc > 2 && slot->value.kind != MODEL_STRING) {
        out_error(call->session, "ERR Key should be of string type if conditions are specified");
        return;
    }
    if (call->argc > 2)
        (void)model_condition(call, &index, &condition);
    if (slot && !model_condition_holds(call, &condition, slot, &holds))
        return;
    if (slot && holds)
        remove_it(call);
    out_int(call->session, slot && holds);
}

static void run_delifeq(struct model_call *call)
{
    struct slot *slot;
    if (!call_value(call, 1, MODEL_STRING, &slot))
        return;
    bool is_equal = slot && bytes_equal(buf_bytes(&slot->value.text), call->argv[2]);
    if (is_equal)
        remove_it(call);
    out_int(call->session, is_equal);
}

/* ---- MSETEX ---- */

static void run_msetex(struct model_call *call)
{
    struct model_condition condition = {.kind = CONDITION_NONE};
    struct model_lifetime lifetime = {0};
    int64_t count = 0;
    bool holds = true;
    (void)parse_i64(call->argv[1], &count);
    int end = 2 + 2 * (int)count;
    for (int i = end; i < call->argc; i++) {
        if (!model_condition(call, &i, &condition))
            (void)model_lifetime(call, &i, &lifetime);
    }
    for (int i = 2; i < end && holds; i += 2)
        (void)model_condition_holds(call, &condition, call_slot(call, i), &holds);
    for (int i = 2; i < end && holds; i += 2)
        model_set(call, i, i + 1, lifetime);
    out_int(call->session, holds);
}

/* ---- INCREX ---- */

struct window {
    int64_t by, low, high;
    bool saturates, only_if_endless, has_lifetime;
    struct model_lifetime lifetime;
    struct model_condition condition;
};

static struct window parse_window(const struct model_call *call)
{
    struct window window = {.by = 1, .low = INT64_MIN, .high = INT64_MAX};
    for (int i = 2; i < call->argc; i++) {
        if (call_word(call, i, "BYINT"))
            (void)parse_i64(call->argv[++i], &window.by);
        else if (call_word(call, i, "LBOUND"))
            (void)parse_i64(call->argv[++i], &window.low);
        else if (call_word(call, i, "UBOUND"))
            (void)parse_i64(call->argv[++i], &window.high);
        else if (call_word(call, i, "SATURATE"))
            window.saturates = true;
        else if (call_word(call, i, "ENX"))
            window.only_if_endless = true;
        else if (!model_condition(call, &i, &window.condition))
            window.has_lifetime |= model_lifetime(call, &i, &window.lifetime);
    }
    return window;
}

static void set_number(const struct model_call *call, const struct window *window, int64_t number)
{
    int database = call->session->database, key = model_key(call->argv[1]);
    char digits[32];
    (void)snprintf(digits, sizeof digits, "%lld", (long long)number);
    struct slot *slot = model_put(database, key, bytes_of(digits));
    bool had_end = slot->deadline_ms != MODEL_FOREVER;
    bool is_kept = !window->has_lifetime || (window->only_if_endless && had_end);
    if (!is_kept)
        slot->deadline_ms = window->lifetime.is_given ? window->lifetime.deadline_ms : MODEL_FOREVER;
    model_changed(database, key, '$', "incrby");
    if (!is_kept && window->lifetime.is_given)
        model_notify(database, key, 'g', "expire");
    else if (!is_kept && had_end)
        model_notify(database, key, 'g', "persist");
}

static void run_increx(struct model_call *call)
{
    struct window window = parse_window(call);
    struct slot *slot;
    int64_t old = 0, number;
    bool holds;
    if (!call_value(call, 1, MODEL_STRING, &slot))
        return;
    (void)model_condition_holds(call, &window.condition, slot, &holds);
    if (slot && !parse_i64(buf_bytes(&slot->value.text), &old)) {
        out_error(call->session, "ERR value is not an integer or out of range");
        return;
    }
    bool overflows = __builtin_add_overflow(old, window.by, &number);
    bool is_above = overflows ? window.by > 0 : number > window.high;
    bool is_out = is_above || overflows || number < window.low;
    bool is_taken = holds && (!is_out || window.saturates);
    if (is_out)
        number = is_above ? window.high : window.low;
    out_array(call->session, 2);
    out_int(call->session, is_taken ? number : old);
    out_int(call->session, is_taken ? number - old : 0);
    if (is_taken)
        set_number(call, &window, number);
}

const struct model_command model_condition_commands[] = {
    {.name = "digest", .arity = 2, .run = run_digest},   {.name = "delex", .arity = -2, .run = run_delex},
    {.name = "delifeq", .arity = 3, .run = run_delifeq}, {.name = "msetex", .arity = -4, .run = run_msetex},
    {.name = "increx", .arity = -2, .run = run_increx},  {.name = NULL},
};
