/* SPDX-License-Identifier: BSD-3-Clause */
/* Hashes, without the ends of fields. */
#include "base/number.h"
#include "model_collections.h"

const struct item *model_hash_field(const struct slot *slot, struct bytes name)
{
    int index = slot ? value_find(&slot->value, name) : -1;
    return index < 0 ? NULL : &slot->value.items[index];
}

void out_field(struct session *session, const struct item *field)
{
    if (field)
        out_bulk(session, buf_bytes(&field->content));
    else
        out_null(session);
}

/* ---- writing ---- */

static bool set_pairs(struct model_call *call, int64_t *added)
{
    struct slot *slot;
    *added = 0;
    if (!call_value(call, 1, MODEL_HASH, &slot))
        return false;
    struct model_value *hash = call_edit(call, 1, MODEL_HASH);
    for (int i = 2; i < call->argc; i += 2) {
        bool is_new;
        struct item *field = value_get(hash, call->argv[i], &is_new);
        item_set(field, call->argv[i + 1]);
        field->deadline_ms = MODEL_FOREVER;
        *added += is_new;
    }
    call_edited(call, 1, "hset");
    return true;
}

static void run_hset(struct model_call *call)
{
    int64_t added;
    if (set_pairs(call, &added))
        out_int(call->session, added);
}

static void run_hmset(struct model_call *call)
{
    int64_t added;
    if (set_pairs(call, &added))
        out_ok(call->session);
}

static void run_hsetnx(struct model_call *call)
{
    struct slot *slot;
    int64_t added = 0;
    if (!call_value(call, 1, MODEL_HASH, &slot))
        return;
    if (!model_hash_field(slot, call->argv[2]))
        (void)set_pairs(call, &added);
    out_int(call->session, added);
}

static void run_hdel(struct model_call *call)
{
    struct slot *slot;
    int64_t removed = 0;
    if (!call_value(call, 1, MODEL_HASH, &slot))
        return;
    for (int i = 2; i < call->argc && slot; i++) {
        int index = value_find(&slot->value, call->argv[i]);
        if (index >= 0)
            value_remove(&slot->value, index);
        removed += index >= 0;
    }
    if (removed > 0)
        call_edited(call, 1, "hdel");
    out_int(call->session, removed);
}

/* What the field holds now keeps its end. */
static void set_number(struct model_call *call, struct bytes digits, const char *event)
{
    bool is_new;
    item_set(value_get(call_edit(call, 1, MODEL_HASH), call->argv[2], &is_new), digits);
    call_edited(call, 1, event);
}

static void run_hincrby(struct model_call *call)
{
    struct slot *slot;
    int64_t number = 0, increment;
    char digits[NUMBER_I64_SIZE];
    if (!call_number(call, 3, &increment) || !call_value(call, 1, MODEL_HASH, &slot))
        return;
    const struct item *field = model_hash_field(slot, call->argv[2]);
    if (field && !parse_i64(buf_bytes(&field->content), &number)) {
        out_error(call->session, "ERR hash value is not an integer");
        return;
    }
    if (__builtin_add_overflow(number, increment, &number)) {
        out_error(call->session, "ERR increment or decrement would overflow");
        return;
    }
    set_number(call, bytes_make(digits, print_i64(digits, number)), "hincrby");
    out_int(call->session, number);
}

static void run_hincrbyfloat(struct model_call *call)
{
    struct slot *slot;
    long double number = 0, increment = 0;
    char digits[NUMBER_LONG_DOUBLE_SIZE];
    (void)parse_long_double(call->argv[3], &increment);
    if (!call_value(call, 1, MODEL_HASH, &slot))
        return;
    const struct item *field = model_hash_field(slot, call->argv[2]);
    if (field && !parse_long_double(buf_bytes(&field->content), &number)) {
        out_error(call->session, "ERR hash value is not a float");
        return;
    }
    struct bytes text = bytes_make(digits, print_long_double_human(digits, number + increment));
    set_number(call, text, "hincrbyfloat");
    out_bulk(call->session, text);
}

/* ---- reading ---- */

static void run_hget(struct model_call *call)
{
    struct slot *slot;
    if (call_value(call, 1, MODEL_HASH, &slot))
        out_field(call->session, model_hash_field(slot, call->argv[2]));
}

static void run_hmget(struct model_call *call)
{
    struct slot *slot;
    if (!call_value(call, 1, MODEL_HASH, &slot))
        return;
    out_array(call->session, call->argc - 2);
    for (int i = 2; i < call->argc; i++)
        out_field(call->session, model_hash_field(slot, call->argv[i]));
}

static void run_hlen(struct model_call *call)
{
    struct slot *slot;
    if (call_value(call, 1, MODEL_HASH, &slot))
        out_int(call->session, slot ? slot->value.count : 0);
}

static void run_hstrlen(struct model_call *call)
{
    struct slot *slot;
    if (!call_value(call, 1, MODEL_HASH, &slot))
        return;
    const struct item *field = model_hash_field(slot, call->argv[2]);
    out_int(call->session, field ? (int64_t)field->content.len : 0);
}

static void run_hexists(struct model_call *call)
{
    struct slot *slot;
    if (call_value(call, 1, MODEL_HASH, &slot))
        out_int(call->session, model_hash_field(slot, call->argv[2]) != NULL);
}

static void show_all(struct model_call *call, bool with_names, bool with_contents)
{
    struct slot *slot;
    if (!call_value(call, 1, MODEL_HASH, &slot))
        return;
    int count = slot ? slot->value.count : 0;
    struct choice *choice = out_choice(call->session, CHOICE_ALL, with_names && with_contents ? '%' : '*',
                                       count, with_names + with_contents);
    for (int i = 0; i < count; i++) {
        struct buf part = {0};
        if (with_names)
            encode_bulk(&part, item_name(&slot->value.items[i]));
        if (with_contents)
            encode_bulk(&part, buf_bytes(&slot->value.items[i].content));
        choice_add(choice, &part);
    }
}

static void run_hgetall(struct model_call *call)
{
    show_all(call, true, true);
}

static void run_hkeys(struct model_call *call)
{
    show_all(call, true, false);
}

static void run_hvals(struct model_call *call)
{
    show_all(call, false, true);
}

const struct model_command model_hash_commands[] = {
    {.name = "hset", .arity = -4, .run = run_hset},
    {.name = "hmset", .arity = -4, .run = run_hmset},
    {.name = "hsetnx", .arity = 4, .run = run_hsetnx},
    {.name = "hdel", .arity = -3, .run = run_hdel},
    {.name = "hincrby", .arity = 4, .run = run_hincrby},
    {.name = "hincrbyfloat", .arity = 4, .run = run_hincrbyfloat},
    {.name = "hget", .arity = 3, .run = run_hget},
    {.name = "hmget", .arity = -3, .run = run_hmget},
    {.name = "hlen", .arity = 2, .run = run_hlen},
    {.name = "hstrlen", .arity = 3, .run = run_hstrlen},
    {.name = "hexists", .arity = 3, .run = run_hexists},
    {.name = "hgetall", .arity = 2, .run = run_hgetall},
    {.name = "hkeys", .arity = 2, .run = run_hkeys},
    {.name = "hvals", .arity = 2, .run = run_hvals},
    {.name = NULL},
};
