/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets. */
#include "base/number.h"
#include "model_collections.h"
#include "reality.h"
#include "world.h"

static bool has(const struct slot *slot, struct bytes member)
{
    return slot && value_find(&slot->value, member) >= 0;
}

static void add(struct model_value *set, struct bytes member)
{
    bool is_new;
    (void)value_get(set, member, &is_new);
}

/* ---- members ---- */

static void run_sadd(struct model_call *call)
{
    struct slot *slot;
    int64_t added = 0;
    if (!call_value(call, 1, MODEL_SET, &slot))
        return;
    struct model_value *set = call_edit(call, 1, MODEL_SET);
    for (int i = 2; i < call->argc; i++) {
        bool is_new;
        (void)value_get(set, call->argv[i], &is_new);
        added += is_new;
    }
    if (added > 0)
        call_edited(call, 1, "sadd");
    out_int(call->session, added);
}

static void run_srem(struct model_call *call)
{
    struct slot *slot;
    int64_t removed = 0;
    if (!call_value(call, 1, MODEL_SET, &slot))
        return;
    for (int i = 2; i < call->argc && slot; i++) {
        int index = value_find(&slot->value, call->argv[i]);
        if (index >= 0)
            value_remove(&slot->value, index);
        removed += index >= 0;
    }
    if (removed > 0)
        call_edited(call, 1, "srem");
    out_int(call->session, removed);
}

static void run_smove(struct model_call *call)
{
    struct slot *from = call_slot(call, 1), *to;
    struct bytes member = call->argv[3];
    if (from && (!call_value(call, 1, MODEL_SET, &from) || !call_value(call, 2, MODEL_SET, &to)))
        return;
    if (!has(from, member)) {
        out_int(call->session, 0);
        return;
    }
    out_int(call->session, 1);
    if (bytes_equal(call->argv[1], call->argv[2]))
        return;
    value_remove(&from->value, value_find(&from->value, member));
    call_edited(call, 1, "srem");
    if (has(call_slot(call, 2), member))
        return;
    add(call_edit(call, 2, MODEL_SET), member);
    call_edited(call, 2, "sadd");
}

static void run_sismember(struct model_call *call)
{
    struct slot *slot;
    if (call_value(call, 1, MODEL_SET, &slot))
        out_int(call->session, has(slot, call->argv[2]));
}

static void run_smismember(struct model_call *call)
{
    struct slot *slot;
    if (!call_value(call, 1, MODEL_SET, &slot))
        return;
    out_array(call->session, call->argc - 2);
    for (int i = 2; i < call->argc; i++)
        out_int(call->session, has(slot, call->argv[i]));
}

static void run_scard(struct model_call *call)
{
    struct slot *slot;
    if (call_value(call, 1, MODEL_SET, &slot))
        out_int(call->session, slot ? slot->value.count : 0);
}

static void show(struct session *session, const struct model_value *set)
{
    int count = set ? set->count : 0;
    struct choice *choice = out_choice(session, CHOICE_ALL, '~', count, 1);
    for (int i = 0; i < count; i++)
        choice_add_bulk(choice, item_name(&set->items[i]));
}

static void run_smembers(struct model_call *call)
{
    struct slot *slot;
    if (call_value(call, 1, MODEL_SET, &slot))
        show(call->session, slot ? &slot->value : NULL);
}

/* ---- SPOP: the server's choice can be seen by what it has no more ---- */

static int64_t take_popped(struct model_call *call, struct slot *slot, struct choice *choice)
{
    int64_t popped = 0;
    for (int i = slot->value.count - 1; i >= 0; i--) {
        struct bytes member = item_name(&slot->value.items[i]);
        if (reality_set_has(call->session->database, call->argv[1], member))
            continue;
        choice_add_bulk(choice, member);
        value_remove(&slot->value, i);
        popped++;
    }
    return popped;
}

static void pop_several(struct model_call *call, struct slot *slot, int64_t wanted)
{
    int there = slot ? slot->value.count : 0;
    int64_t count = wanted < there ? wanted : there;
    struct choice *choice = out_choice(call->session, CHOICE_ALL, '~', (int)count, 1);
    if (count == 0)
        return;
    if (take_popped(call, slot, choice) != count)
        world_fail("SPOP takes another number than %lld", (long long)count);
    if (slot->value.count > 0) {
        call_edited(call, 1, "spop");
        return;
    }
    model_notify(call->session->database, model_key(call->argv[1]), 's', "spop");
    model_remove(call->session->database, model_key(call->argv[1]));
    model_changed(call->session->database, model_key(call->argv[1]), 'g', "del");
}

static void run_spop(struct model_call *call)
{
    struct slot *slot;
    int64_t wanted;
    if (!call_value(call, 1, MODEL_SET, &slot))
        return;
    if (call->argc > 2) {
        if (call_number(call, 2, &wanted))
            pop_several(call, slot, wanted);
    } else if (!slot) {
        out_null(call->session);
    } else {
        if (take_popped(call, slot, out_one_of(call->session)) != 1)
            world_fail("SPOP doesn't take one");
        call_edited(call, 1, "spop");
    }
}

/* ---- algebra ---- */

enum operation { UNION, INTERSECTION, DIFFERENCE };

static bool is_wanted(struct slot *const *slots, int count, enum operation operation, struct bytes member)
{
    for (int i = 1; i < count && operation != UNION; i++) {
        if (has(slots[i], member) != (operation == INTERSECTION))
            return false;
    }
    return true;
}

/* Of the sets at argv[first] and behind; false, having replied, when one is none. */
static bool combine(const struct model_call *call, int first, int count, enum operation operation,
                    struct model_value *result)
{
    struct slot *slots[MODEL_KEYS];
    *result = (struct model_value){.kind = MODEL_SET};
    for (int i = 0; i < count; i++) {
        if (!call_value(call, first + i, MODEL_SET, &slots[i]))
            return false;
    }
    for (int i = 0; i < (operation == UNION ? count : 1); i++) {
        for (int j = 0; slots[i] && j < slots[i]->value.count; j++) {
            struct bytes member = item_name(&slots[i]->value.items[j]);
            if (is_wanted(slots, count, operation, member))
                add(result, member);
        }
    }
    return true;
}

static void show_combined(struct model_call *call, enum operation operation)
{
    struct model_value result;
    if (combine(call, 1, call->argc - 1, operation, &result))
        show(call->session, &result);
    value_clear(&result);
}

static void store_combined(struct model_call *call, enum operation operation, const char *event)
{
    struct model_value result;
    if (combine(call, 2, call->argc - 2, operation, &result))
        call_store(call, 1, &result, event);
    value_clear(&result);
}

static void run_sunion(struct model_call *call)
{
    show_combined(call, UNION);
}

static void run_sinter(struct model_call *call)
{
    show_combined(call, INTERSECTION);
}

static void run_sdiff(struct model_call *call)
{
    show_combined(call, DIFFERENCE);
}

static void run_sunionstore(struct model_call *call)
{
    store_combined(call, UNION, "sunionstore");
}

static void run_sinterstore(struct model_call *call)
{
    store_combined(call, INTERSECTION, "sinterstore");
}

static void run_sdiffstore(struct model_call *call)
{
    store_combined(call, DIFFERENCE, "sdiffstore");
}

static void run_sintercard(struct model_call *call)
{
    struct model_value result;
    int64_t key_count = 0, limit = 0;
    (void)parse_i64(call->argv[1], &key_count);
    if (call_word(call, 2 + (int)key_count, "LIMIT"))
        (void)parse_i64(call->argv[3 + key_count], &limit);
    if (combine(call, 2, (int)key_count, INTERSECTION, &result))
        out_int(call->session, limit > 0 && limit < result.count ? limit : result.count);
    value_clear(&result);
}

const struct model_command model_set_commands[] = {
    {.name = "sadd", .arity = -3, .run = run_sadd},
    {.name = "srem", .arity = -3, .run = run_srem},
    {.name = "smove", .arity = 4, .run = run_smove},
    {.name = "sismember", .arity = 3, .run = run_sismember},
    {.name = "smismember", .arity = -3, .run = run_smismember},
    {.name = "scard", .arity = 2, .run = run_scard},
    {.name = "smembers", .arity = 2, .run = run_smembers},
    {.name = "spop", .arity = -2, .run = run_spop},
    {.name = "sunion", .arity = -2, .run = run_sunion},
    {.name = "sinter", .arity = -2, .run = run_sinter},
    {.name = "sdiff", .arity = -2, .run = run_sdiff},
    {.name = "sunionstore", .arity = -3, .run = run_sunionstore},
    {.name = "sinterstore", .arity = -3, .run = run_sinterstore},
    {.name = "sdiffstore", .arity = -3, .run = run_sdiffstore},
    {.name = "sintercard", .arity = -3, .run = run_sintercard},
    {.name = NULL},
};
