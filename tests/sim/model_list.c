/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists, but for waiting. */
#include "base/number.h"
#include "model_collections.h"
#include <stdlib.h>

static const char *const push_events[2] = {"lpush", "rpush"}, *const pop_events[2] = {"lpop", "rpop"};

enum list_end call_end(const struct model_call *call, int index)
{
    return call_word(call, index, "RIGHT") ? LIST_TAIL : LIST_HEAD;
}

/* ---- putting and taking ---- */

static void push(struct model_call *call, enum list_end end, bool must_exist)
{
    struct slot *slot;
    if (!call_value(call, 1, MODEL_LIST, &slot))
        return;
    if (!slot && must_exist) {
        out_int(call->session, 0);
        return;
    }
    struct model_value *list = call_edit(call, 1, MODEL_LIST);
    for (int i = 2; i < call->argc; i++)
        value_insert(list, end == LIST_HEAD ? 0 : list->count, call->argv[i]);
    out_int(call->session, list->count);
    call_edited(call, 1, push_events[end]);
}

static void run_lpush(struct model_call *call)
{
    push(call, LIST_HEAD, false);
}

static void run_rpush(struct model_call *call)
{
    push(call, LIST_TAIL, false);
}

static void run_lpushx(struct model_call *call)
{
    push(call, LIST_HEAD, true);
}

static void run_rpushx(struct model_call *call)
{
    push(call, LIST_TAIL, true);
}

void model_list_pop(struct model_call *call, int key, enum list_end end, int64_t count)
{
    int database = call->session->database;
    struct model_value *list = model_edit(database, key, MODEL_LIST);
    for (; count > 0 && list->count > 0; count--) {
        int index = end == LIST_HEAD ? 0 : list->count - 1;
        out_bulk(call->session, item_name(&list->items[index]));
        value_remove(list, index);
    }
    model_edited(database, key, pop_events[end]);
}

static void pop_several(struct model_call *call, enum list_end end, const struct slot *slot)
{
    int64_t count;
    if (!call_number(call, 2, &count))
        return;
    if (!slot) {
        out_null_array(call->session);
        return;
    }
    count = count < slot->value.count ? count : slot->value.count;
    out_array(call->session, count);
    if (count > 0)
        model_list_pop(call, model_key(call->argv[1]), end, count);
}

static void pop(struct model_call *call, enum list_end end)
{
    struct slot *slot;
    if (!call_value(call, 1, MODEL_LIST, &slot))
        return;
    if (call->argc > 2)
        pop_several(call, end, slot);
    else if (slot)
        model_list_pop(call, model_key(call->argv[1]), end, 1);
    else
        out_null(call->session);
}

static void run_lpop(struct model_call *call)
{
    pop(call, LIST_HEAD);
}

static void run_rpop(struct model_call *call)
{
    pop(call, LIST_TAIL);
}

/* ---- moving ---- */

static void rotate(struct model_call *call, enum list_end from, enum list_end to)
{
    struct model_value *list = call_edit(call, 1, MODEL_LIST);
    int index = from == LIST_HEAD ? 0 : list->count - 1;
    struct buf element = {0};
    buf_append_bytes(&element, item_name(&list->items[index]));
    value_remove(list, index);
    value_insert(list, to == LIST_HEAD ? 0 : list->count, buf_bytes(&element));
    call_edited(call, 1, push_events[to]);
    model_notify(call->session->database, model_key(call->argv[1]), 'l', pop_events[from]);
    out_bulk(call->session, buf_bytes(&element));
    buf_clear(&element);
}

void model_list_move(struct model_call *call, enum list_end from, enum list_end to)
{
    struct slot *source, *destination;
    if (!call_value(call, 1, MODEL_LIST, &source))
        return;
    if (!source) {
        out_null(call->session);
        return;
    }
    if (bytes_equal(call->argv[1], call->argv[2])) {
        rotate(call, from, to);
        return;
    }
    if (!call_value(call, 2, MODEL_LIST, &destination))
        return;
    struct model_value *list = call_edit(call, 2, MODEL_LIST);
    int index = from == LIST_HEAD ? 0 : source->value.count - 1;
    value_insert(list, to == LIST_HEAD ? 0 : list->count, item_name(&source->value.items[index]));
    call_edited(call, 2, push_events[to]);
    model_list_pop(call, model_key(call->argv[1]), from, 1);
}

static void run_lmove(struct model_call *call)
{
    model_list_move(call, call_end(call, 3), call_end(call, 4));
}

static void run_rpoplpush(struct model_call *call)
{
    model_list_move(call, LIST_TAIL, LIST_HEAD);
}

/* ---- by index ---- */

static void run_llen(struct model_call *call)
{
    struct slot *slot;
    if (call_value(call, 1, MODEL_LIST, &slot))
        out_int(call->session, slot ? slot->value.count : 0);
}

static void run_lindex(struct model_call *call)
{
    struct slot *slot;
    int64_t index;
    if (!call_value(call, 1, MODEL_LIST, &slot))
        return;
    if (!slot) {
        out_null(call->session);
        return;
    }
    if (!call_number(call, 2, &index))
        return;
    index += index < 0 ? slot->value.count : 0;
    if (index >= 0 && index < slot->value.count)
        out_bulk(call->session, item_name(&slot->value.items[index]));
    else
        out_null(call->session);
}

bool call_range(const struct model_call *call, int first, int count, int64_t *start, int64_t *stop)
{
    if (!call_number(call, first, start) || !call_number(call, first + 1, stop))
        return false;
    *start += *start < 0 ? count : 0;
    *stop += *stop < 0 ? count : 0;
    *start = *start < 0 ? 0 : *start;
    *stop = *stop >= count ? count - 1 : *stop;
    *stop = *start > *stop ? *start - 1 : *stop;
    return true;
}

static void run_lrange(struct model_call *call)
{
    struct slot *slot;
    int64_t start, stop;
    if (!call_value(call, 1, MODEL_LIST, &slot) ||
        !call_range(call, 2, slot ? slot->value.count : 0, &start, &stop))
        return;
    out_array(call->session, stop - start + 1);
    for (int64_t i = start; i <= stop; i++)
        out_bulk(call->session, item_name(&slot->value.items[i]));
}

static void run_lset(struct model_call *call)
{
    struct slot *slot;
    int64_t index;
    if (!call_value(call, 1, MODEL_LIST, &slot))
        return;
    if (!slot) {
        out_error(call->session, "ERR no such key");
        return;
    }
    if (!call_number(call, 2, &index))
        return;
    index += index < 0 ? slot->value.count : 0;
    if (index < 0 || index >= slot->value.count) {
        out_error(call->session, "ERR index out of range");
        return;
    }
    struct model_value *list = call_edit(call, 1, MODEL_LIST);
    value_remove(list, (int)index);
    value_insert(list, (int)index, call->argv[3]);
    call_edited(call, 1, "lset");
    out_ok(call->session);
}

static void run_ltrim(struct model_call *call)
{
    struct slot *slot;
    int64_t start, stop;
    if (!call_value(call, 1, MODEL_LIST, &slot) ||
        !call_range(call, 2, slot ? slot->value.count : 0, &start, &stop))
        return;
    if (slot) {
        struct model_value *list = call_edit(call, 1, MODEL_LIST);
        for (int i = list->count - 1; i >= 0; i--) {
            if (i < start || i > stop)
                value_remove(list, i);
        }
        call_edited(call, 1, "ltrim");
    }
    out_ok(call->session);
}

/* ---- by value ---- */

static void run_linsert(struct model_call *call)
{
    struct slot *slot;
    if (!call_value(call, 1, MODEL_LIST, &slot))
        return;
    int index = slot ? value_find(&slot->value, call->argv[3]) : -1;
    if (index < 0) {
        out_int(call->session, slot ? -1 : 0);
        return;
    }
    struct model_value *list = call_edit(call, 1, MODEL_LIST);
    value_insert(list, index + call_word(call, 2, "AFTER"), call->argv[4]);
    out_int(call->session, list->count);
    call_edited(call, 1, "linsert");
}

static int64_t remove_equal(struct model_value *list, struct bytes element, int64_t count)
{
    int64_t removed = 0, most = count < 0 ? -count : count;
    int at = count < 0 ? list->count - 1 : 0;
    while (at >= 0 && at < list->count && (most == 0 || removed < most)) {
        bool is_equal = bytes_equal(item_name(&list->items[at]), element);
        if (is_equal)
            value_remove(list, at);
        removed += is_equal;
        at += count < 0 ? -1 : !is_equal;
    }
    return removed;
}

static void run_lrem(struct model_call *call)
{
    struct slot *slot;
    int64_t count;
    if (!call_number(call, 2, &count) || !call_value(call, 1, MODEL_LIST, &slot))
        return;
    int64_t removed = 0;
    if (slot && value_find(&slot->value, call->argv[3]) >= 0) {
        removed = remove_equal(call_edit(call, 1, MODEL_LIST), call->argv[3], count);
        call_edited(call, 1, "lrem");
    }
    out_int(call->session, removed);
}

/* LPOS key element [RANK rank] [COUNT count] [MAXLEN len], in this order. */
static int64_t option(const struct model_call *call, const char *word, int64_t otherwise)
{
    int64_t number = otherwise;
    for (int i = 3; i + 1 < call->argc; i++) {
        if (call_word(call, i, word))
            (void)parse_i64(call->argv[i + 1], &number);
    }
    return number;
}

static void run_lpos(struct model_call *call)
{
    int64_t rank = option(call, "RANK", 1), count = option(call, "COUNT", -1);
    int64_t looked_max = option(call, "MAXLEN", 0), found = 0, told = 0;
    struct slot *slot;
    struct buf places = {0};
    if (!call_value(call, 1, MODEL_LIST, &slot))
        return;
    int64_t length = slot ? slot->value.count : 0, most = count < 0 ? 1 : count;
    for (int64_t i = 0; i < length && (looked_max == 0 || i < looked_max); i++) {
        int64_t index = rank < 0 ? length - 1 - i : i;
        if (!bytes_equal(item_name(&slot->value.items[index]), call->argv[2]) || ++found < llabs(rank) ||
            (most > 0 && told == most))
            continue;
        told++;
        buf_printf(&places, ":%lld\r\n", (long long)index);
    }
    if (count >= 0)
        out_array(call->session, told);
    else if (told == 0)
        out_null(call->session);
    out_bytes(call->session, buf_bytes(&places));
    buf_clear(&places);
}

/* ---- from the first of several ---- */

bool model_list_pop_any(struct model_call *call, int first, int last, enum list_end end, int64_t count)
{
    for (int i = first; i <= last; i++) {
        struct slot *slot;
        if (!call_value(call, i, MODEL_LIST, &slot))
            return true;
        if (!slot)
            continue;
        out_array(call->session, 2);
        out_bulk(call->session, call->argv[i]);
        int64_t there = slot->value.count;
        if (count > 0)
            out_array(call->session, count < there ? count : there);
        model_list_pop(call, model_key(call->argv[i]), end, count > 0 ? count : 1);
        return true;
    }
    return false;
}

struct many_keys call_many_keys(const struct model_call *call, int index)
{
    struct many_keys many = {.count = 1};
    int64_t key_count = 0;
    (void)parse_i64(call->argv[index], &key_count);
    many.first = index + 1;
    many.last = index + (int)key_count;
    if (call_word(call, many.last + 2, "COUNT"))
        (void)parse_i64(call->argv[many.last + 3], &many.count);
    return many;
}

static void run_lmpop(struct model_call *call)
{
    struct many_keys many = call_many_keys(call, 1);
    if (!model_list_pop_any(call, many.first, many.last, call_end(call, many.last + 1), many.count))
        out_null_array(call->session);
}

const struct model_command model_list_commands[] = {
    {.name = "lpush", .arity = -3, .run = run_lpush},
    {.name = "rpush", .arity = -3, .run = run_rpush},
    {.name = "lpushx", .arity = -3, .run = run_lpushx},
    {.name = "rpushx", .arity = -3, .run = run_rpushx},
    {.name = "lpop", .arity = -2, .run = run_lpop},
    {.name = "rpop", .arity = -2, .run = run_rpop},
    {.name = "lmove", .arity = 5, .run = run_lmove},
    {.name = "rpoplpush", .arity = 3, .run = run_rpoplpush},
    {.name = "llen", .arity = 2, .run = run_llen},
    {.name = "lindex", .arity = 3, .run = run_lindex},
    {.name = "lrange", .arity = 4, .run = run_lrange},
    {.name = "lset", .arity = 4, .run = run_lset},
    {.name = "ltrim", .arity = 4, .run = run_ltrim},
    {.name = "linsert", .arity = 5, .run = run_linsert},
    {.name = "lrem", .arity = 4, .run = run_lrem},
    {.name = "lpos", .arity = -3, .run = run_lpos},
    {.name = "lmpop", .arity = -4, .run = run_lmpop},
    {.name = NULL},
};
