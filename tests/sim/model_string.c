/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/number.h"
#include "model_condition.h"
#include "model_tables.h"
#include <stdio.h>

static int key_of_call(const struct model_call *call, int index)
{
    return model_key(call->argv[index]);
}

static void reply_slot(const struct model_call *call, const struct slot *slot)
{
    if (slot)
        out_bulk(call->session, buf_bytes(&slot->value.text));
    else
        out_null(call->session);
}

/* ---- lifetimes ---- */

int64_t model_deadline(int64_t number, int64_t unit, bool is_absolute)
{
    return number * unit + (is_absolute ? -model.wall_offset_ms : model.clock_ms);
}

bool model_lifetime(const struct model_call *call, int *index, struct model_lifetime *lifetime)
{
    static const struct {
        const char *word;
        int64_t unit;
        bool is_absolute;
    } words[] = {{"EX", 1000, false}, {"PX", 1, false}, {"EXAT", 1000, true}, {"PXAT", 1, true}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        int64_t number;
        if (!call_word(call, *index, words[i].word) || *index + 1 >= call->argc ||
            !parse_i64(call->argv[*index + 1], &number))
            continue;
        ++*index;
        lifetime->is_given = true;
        lifetime->deadline_ms = model_deadline(number, words[i].unit, words[i].is_absolute);
        return true;
    }
    lifetime->is_kept |= call_word(call, *index, "KEEPTTL");
    lifetime->is_none |= call_word(call, *index, "PERSIST");
    return lifetime->is_kept || lifetime->is_none;
}

/* ---- writing whole values ---- */

void model_set(const struct model_call *call, int key_index, int value_index, struct model_lifetime lifetime)
{
    int key = key_of_call(call, key_index), database = call->session->database;
    struct slot *slot = model_put(database, key, call->argv[value_index]);
    if (!lifetime.is_kept)
        slot->deadline_ms = lifetime.is_given ? lifetime.deadline_ms : MODEL_FOREVER;
    model_changed(database, key, '$', "set");
    if (lifetime.is_given)
        model_notify(database, key, 'g', "expire");
}

static void run_set(struct model_call *call)
{
    struct model_lifetime lifetime = {0};
    struct model_condition condition = {.kind = CONDITION_NONE};
    bool wants_old = false, holds;
    for (int i = 3; i < call->argc; i++) {
        wants_old |= call_word(call, i, "GET");
        if (!model_condition(call, &i, &condition))
            (void)model_lifetime(call, &i, &lifetime);
    }
    struct slot *old = call_slot(call, 1);
    if (!model_condition_holds(call, &condition, old, &holds))
        return;
    if (wants_old && !call_value(call, 1, MODEL_STRING, &old))
        return;
    if (wants_old)
        reply_slot(call, old);
    if (!holds) {
        if (!wants_old)
            out_null(call->session);
        return;
    }
    model_set(call, 1, 2, lifetime);
    if (!wants_old)
        out_ok(call->session);
}

static void set_for(struct model_call *call, int64_t unit)
{
    int64_t number;
    if (!call_number(call, 2, &number))
        return;
    model_set(call, 1, 3,
              (struct model_lifetime){.is_given = true, .deadline_ms = model_deadline(number, unit, false)});
    out_ok(call->session);
}

static void run_setex(struct model_call *call)
{
    set_for(call, 1000);
}

static void run_psetex(struct model_call *call)
{
    set_for(call, 1);
}

static void run_setnx(struct model_call *call)
{
    bool is_there = call_slot(call, 1);
    if (!is_there)
        model_set(call, 1, 2, (struct model_lifetime){0});
    out_int(call->session, !is_there);
}

static void run_mset(struct model_call *call)
{
    for (int i = 1; i < call->argc; i += 2)
        model_set(call, i, i + 1, (struct model_lifetime){0});
    out_ok(call->session);
}

static void run_msetnx(struct model_call *call)
{
    for (int i = 1; i < call->argc; i += 2) {
        if (call_slot(call, i)) {
            out_int(call->session, 0);
            return;
        }
    }
    for (int i = 1; i < call->argc; i += 2)
        model_set(call, i, i + 1, (struct model_lifetime){0});
    out_int(call->session, 1);
}

/* ---- reading ---- */

static void run_get(struct model_call *call)
{
    struct slot *slot;
    if (call_value(call, 1, MODEL_STRING, &slot))
        reply_slot(call, slot);
}

static void run_mget(struct model_call *call)
{
    out_array(call->session, call->argc - 1);
    for (int i = 1; i < call->argc; i++) {
        const struct slot *slot = call_slot(call, i);
        reply_slot(call, slot && slot->value.kind == MODEL_STRING ? slot : NULL);
    }
}

static void run_strlen(struct model_call *call)
{
    struct slot *slot;
    if (call_value(call, 1, MODEL_STRING, &slot))
        out_int(call->session, slot ? (int64_t)slot->value.text.len : 0);
}

static void run_getrange(struct model_call *call)
{
    struct slot *slot;
    int64_t start, end;
    if (!call_number(call, 2, &start) || !call_number(call, 3, &end) ||
        !call_value(call, 1, MODEL_STRING, &slot))
        return;
    int64_t len = slot ? (int64_t)slot->value.text.len : 0;
    bool runs_backwards = start < 0 && end < 0 && start > end;
    start = start < 0 ? start + len : start;
    end = end < 0 ? end + len : end;
    start = start < 0 ? 0 : start;
    end = end < 0 ? 0 : end >= len ? len - 1 : end;
    if (runs_backwards || len == 0 || start > end)
        out_bulk(call->session, BYTES(""));
    else
        out_bulk(call->session, bytes_make(slot->value.text.data + start, (size_t)(end - start + 1)));
}

/* ---- reading, then writing ---- */

static void run_getset(struct model_call *call)
{
    struct slot *slot;
    if (!call_value(call, 1, MODEL_STRING, &slot))
        return;
    reply_slot(call, slot);
    model_set(call, 1, 2, (struct model_lifetime){0});
}

static void run_getdel(struct model_call *call)
{
    int key = key_of_call(call, 1), database = call->session->database;
    struct slot *slot;
    if (!call_value(call, 1, MODEL_STRING, &slot))
        return;
    reply_slot(call, slot);
    if (!slot)
        return;
    model_remove(database, key);
    model_changed(database, key, 'g', "del");
}

static void run_getex(struct model_call *call)
{
    struct model_lifetime lifetime = {0};
    int key = key_of_call(call, 1), database = call->session->database, index = 2;
    struct slot *slot;
    if (!call_value(call, 1, MODEL_STRING, &slot))
        return;
    reply_slot(call, slot);
    if (!slot || !model_lifetime(call, &index, &lifetime))
        return;
    if (lifetime.is_none) {
        if (slot->deadline_ms == MODEL_FOREVER)
            return;
        slot->deadline_ms = MODEL_FOREVER;
        model_changed(database, key, 'g', "persist");
    } else if (lifetime.deadline_ms <= model.clock_ms) {
        model_remove(database, key);
        model_changed(database, key, 'g', "del");
    } else {
        slot->deadline_ms = lifetime.deadline_ms;
        model_changed(database, key, 'g', "expire");
    }
}

static void run_append(struct model_call *call)
{
    int key = key_of_call(call, 1), database = call->session->database;
    struct slot *slot;
    struct buf value = {0};
    if (!call_value(call, 1, MODEL_STRING, &slot))
        return;
    if (slot)
        buf_append_bytes(&value, buf_bytes(&slot->value.text));
    buf_append_bytes(&value, call->argv[2]);
    (void)model_put(database, key, buf_bytes(&value));
    model_changed(database, key, '$', "append");
    out_int(call->session, (int64_t)value.len);
    buf_clear(&value);
}

static void run_setrange(struct model_call *call)
{
    int key = key_of_call(call, 1), database = call->session->database;
    struct slot *slot;
    struct bytes patch = call->argv[3];
    struct buf value = {0};
    int64_t offset;
    if (!call_number(call, 2, &offset) || !call_value(call, 1, MODEL_STRING, &slot))
        return;
    if (slot)
        buf_append_bytes(&value, buf_bytes(&slot->value.text));
    if (patch.len > 0) {
        while (value.len < (size_t)offset + patch.len)
            buf_append_char(&value, 0);
        memcpy(value.data + offset, patch.data, patch.len);
        (void)model_put(database, key, buf_bytes(&value));
        model_changed(database, key, '$', "setrange");
    }
    out_int(call->session, (int64_t)value.len);
    buf_clear(&value);
}

static void add(struct model_call *call, int64_t increment)
{
    int key = key_of_call(call, 1), database = call->session->database;
    struct slot *slot;
    int64_t number = 0;
    char digits[32];
    if (!call_value(call, 1, MODEL_STRING, &slot))
        return;
    if (slot && !parse_i64(buf_bytes(&slot->value.text), &number)) {
        out_error(call->session, "ERR value is not an integer or out of range");
        return;
    }
    if (__builtin_add_overflow(number, increment, &number)) {
        out_error(call->session, "ERR increment or decrement would overflow");
        return;
    }
    (void)snprintf(digits, sizeof digits, "%lld", (long long)number);
    (void)model_put(database, key, bytes_of(digits));
    model_changed(database, key, '$', "incrby");
    out_int(call->session, number);
}

static void run_incr(struct model_call *call)
{
    add(call, 1);
}

static void run_decr(struct model_call *call)
{
    add(call, -1);
}

static void run_incrby(struct model_call *call)
{
    int64_t number;
    if (call_number(call, 2, &number))
        add(call, number);
}

const struct model_command model_string_commands[] = {
    {.name = "set", .arity = -3, .run = run_set},
    {.name = "setex", .arity = 4, .run = run_setex},
    {.name = "psetex", .arity = 4, .run = run_psetex},
    {.name = "setnx", .arity = 3, .run = run_setnx},
    {.name = "mset", .arity = -3, .run = run_mset},
    {.name = "msetnx", .arity = -3, .run = run_msetnx},
    {.name = "get", .arity = 2, .run = run_get},
    {.name = "mget", .arity = -2, .run = run_mget},
    {.name = "strlen", .arity = 2, .run = run_strlen},
    {.name = "getrange", .arity = 4, .run = run_getrange},
    {.name = "getset", .arity = 3, .run = run_getset},
    {.name = "getdel", .arity = 2, .run = run_getdel},
    {.name = "getex", .arity = -2, .run = run_getex},
    {.name = "append", .arity = 3, .run = run_append},
    {.name = "setrange", .arity = 4, .run = run_setrange},
    {.name = "incr", .arity = 2, .run = run_incr},
    {.name = "decr", .arity = 2, .run = run_decr},
    {.name = "incrby", .arity = 3, .run = run_incrby},
    {.name = NULL},
};
