/* SPDX-License-Identifier: BSD-3-Clause */
/* The ends of hashes' fields. */
#include "base/number.h"
#include "model_collections.h"

/* Where the fields begin, behind FIELDS and their number. */
static int first_field(const struct model_call *call)
{
    int index = 2;
    while (!call_word(call, index, "FIELDS"))
        index++;
    return index + 2;
}

/* ---- HEXPIRE and its kin ---- */

static bool condition_holds(const struct model_call *call, int64_t old_ms, int64_t new_ms)
{
    bool has_none = old_ms == MODEL_FOREVER;
    if (call_word(call, 3, "NX"))
        return has_none;
    if (call_word(call, 3, "XX"))
        return !has_none;
    if (call_word(call, 3, "GT"))
        return !has_none && new_ms > old_ms;
    return !call_word(call, 3, "LT") || has_none || new_ms < old_ms;
}

/* What is replied of the field. */
static int expire_field(const struct model_call *call, struct slot *slot, struct bytes name,
                        int64_t deadline_ms)
{
    int index = slot ? value_find(&slot->value, name) : -1;
    if (index < 0)
        return -2;
    struct item *field = &slot->value.items[index];
    if (!condition_holds(call, field->deadline_ms, deadline_ms))
        return 0;
    bool is_past = deadline_ms <= model.clock_ms;
    if (is_past)
        value_remove(&slot->value, index);
    else
        field->deadline_ms = deadline_ms;
    return is_past ? 2 : 1;
}

static void expire(struct model_call *call, int64_t unit, bool is_absolute)
{
    struct slot *slot;
    int64_t number;
    bool has_changed = false;
    if (!call_value(call, 1, MODEL_HASH, &slot) || !call_number(call, 2, &number))
        return;
    int64_t deadline_ms = model_deadline(number, unit, is_absolute);
    int first = first_field(call);
    out_array(call->session, call->argc - first);
    for (int i = first; i < call->argc; i++) {
        int outcome = expire_field(call, slot, call->argv[i], deadline_ms);
        has_changed |= outcome > 0;
        out_int(call->session, outcome);
    }
    if (has_changed)
        call_edited(call, 1, deadline_ms <= model.clock_ms ? "hdel" : "hexpire");
}

static void run_hexpire(struct model_call *call)
{
    expire(call, 1000, false);
}

static void run_hpexpire(struct model_call *call)
{
    expire(call, 1, false);
}

static void run_hexpireat(struct model_call *call)
{
    expire(call, 1000, true);
}

static void run_hpexpireat(struct model_call *call)
{
    expire(call, 1, true);
}

static void run_hpersist(struct model_call *call)
{
    struct slot *slot;
    bool has_changed = false;
    if (!call_value(call, 1, MODEL_HASH, &slot))
        return;
    int first = first_field(call);
    out_array(call->session, call->argc - first);
    for (int i = first; i < call->argc; i++) {
        int index = slot ? value_find(&slot->value, call->argv[i]) : -1;
        struct item *field = index < 0 ? NULL : &slot->value.items[index];
        bool has_end = field && field->deadline_ms != MODEL_FOREVER;
        if (has_end)
            field->deadline_ms = MODEL_FOREVER;
        has_changed |= has_end;
        out_int(call->session, has_end ? 1 : field ? -1 : -2);
    }
    if (has_changed)
        call_edited(call, 1, "hpersist");
}

/* ---- showing them ---- */

static int64_t shown(const struct item *field, int64_t unit, bool is_absolute)
{
    if (!field || field->deadline_ms == MODEL_FOREVER)
        return field ? -1 : -2;
    int64_t ms = field->deadline_ms + (is_absolute ? model.wall_offset_ms : -model.clock_ms);
    ms = ms < 0 ? 0 : ms;
    return unit == 1 ? ms : (ms + 999) / 1000;
}

static void show(struct model_call *call, int64_t unit, bool is_absolute)
{
    struct slot *slot;
    if (!call_value(call, 1, MODEL_HASH, &slot))
        return;
    int first = first_field(call);
    out_array(call->session, call->argc - first);
    for (int i = first; i < call->argc; i++)
        out_int(call->session, shown(model_hash_field(slot, call->argv[i]), unit, is_absolute));
}

static void run_httl(struct model_call *call)
{
    show(call, 1000, false);
}

static void run_hpttl(struct model_call *call)
{
    show(call, 1, false);
}

static void run_hexpiretime(struct model_call *call)
{
    show(call, 1000, true);
}

static void run_hpexpiretime(struct model_call *call)
{
    show(call, 1, true);
}

/* ---- HGETDEL, HGETEX, HSETEX ---- */

static void run_hgetdel(struct model_call *call)
{
    struct slot *slot;
    bool has_changed = false;
    if (!call_value(call, 1, MODEL_HASH, &slot))
        return;
    int first = first_field(call);
    out_array(call->session, call->argc - first);
    for (int i = first; i < call->argc; i++) {
        const struct item *field = model_hash_field(slot, call->argv[i]);
        out_field(call->session, field);
        if (field)
            value_remove(&slot->value, (int)(field - slot->value.items));
        has_changed |= field != NULL;
    }
    if (has_changed)
        call_edited(call, 1, "hdel");
}

static bool get_until(struct slot *slot, struct bytes name, const struct model_lifetime *lifetime)
{
    int index = slot ? value_find(&slot->value, name) : -1;
    if (index < 0)
        return false;
    struct item *field = &slot->value.items[index];
    if (lifetime->is_none && field->deadline_ms == MODEL_FOREVER)
        return false;
    if (lifetime->is_none)
        field->deadline_ms = MODEL_FOREVER;
    else if (lifetime->deadline_ms <= model.clock_ms)
        value_remove(&slot->value, index);
    else
        field->deadline_ms = lifetime->deadline_ms;
    return true;
}

static void run_hgetex(struct model_call *call)
{
    struct model_lifetime lifetime = {0};
    struct slot *slot;
    int index = 2;
    bool has_changed = false;
    if (!call_value(call, 1, MODEL_HASH, &slot))
        return;
    bool has_lifetime = model_lifetime(call, &index, &lifetime);
    int first = first_field(call);
    out_array(call->session, call->argc - first);
    for (int i = first; i < call->argc; i++)
        out_field(call->session, model_hash_field(slot, call->argv[i]));
    for (int i = first; i < call->argc && has_lifetime; i++)
        has_changed |= get_until(slot, call->argv[i], &lifetime);
    if (has_changed)
        call_edited(call, 1,
                    lifetime.is_none                         ? "hpersist"
                    : lifetime.deadline_ms <= model.clock_ms ? "hdel"
                                                             : "hexpire");
}

static bool hsetex_is_refused(const struct model_call *call, const struct slot *slot, int first)
{
    bool if_none = call_word(call, 2, "FNX"), if_all = call_word(call, 2, "FXX");
    for (int i = first; i < call->argc; i += 2) {
        if (model_hash_field(slot, call->argv[i]) ? if_none : if_all)
            return true;
    }
    return false;
}

static void set_until(struct model_call *call, int first, const struct model_lifetime *lifetime)
{
    struct model_value *hash = call_edit(call, 1, MODEL_HASH);
    for (int i = first; i < call->argc; i += 2) {
        bool is_new;
        struct item *field = value_get(hash, call->argv[i], &is_new);
        item_set(field, call->argv[i + 1]);
        if (!lifetime->is_kept)
            field->deadline_ms = lifetime->is_given ? lifetime->deadline_ms : MODEL_FOREVER;
    }
    call_edited(call, 1, "hset");
    if (lifetime->is_given)
        model_notify(call->session->database, model_key(call->argv[1]), 'h', "hexpire");
}

static void remove_pairs(struct model_call *call, struct slot *slot, int first)
{
    bool has_changed = false;
    for (int i = first; i < call->argc; i += 2) {
        int index = slot ? value_find(&slot->value, call->argv[i]) : -1;
        if (index >= 0)
            value_remove(&slot->value, index);
        has_changed |= index >= 0;
    }
    if (!has_changed)
        return;
    model_notify(call->session->database, model_key(call->argv[1]), 'h', "hset");
    call_edited(call, 1, "hdel");
}

static void run_hsetex(struct model_call *call)
{
    struct model_lifetime lifetime = {0};
    struct slot *slot;
    int index = 2 + (call_word(call, 2, "FNX") || call_word(call, 2, "FXX"));
    (void)model_lifetime(call, &index, &lifetime);
    if (!call_value(call, 1, MODEL_HASH, &slot))
        return;
    int first = first_field(call);
    if (hsetex_is_refused(call, slot, first)) {
        out_int(call->session, 0);
        return;
    }
    if (lifetime.is_given && lifetime.deadline_ms <= model.clock_ms)
        remove_pairs(call, slot, first);
    else
        set_until(call, first, &lifetime);
    out_int(call->session, 1);
}

const struct model_command model_field_commands[] = {
    {.name = "hexpire", .arity = -6, .run = run_hexpire},
    {.name = "hpexpire", .arity = -6, .run = run_hpexpire},
    {.name = "hexpireat", .arity = -6, .run = run_hexpireat},
    {.name = "hpexpireat", .arity = -6, .run = run_hpexpireat},
    {.name = "hpersist", .arity = -5, .run = run_hpersist},
    {.name = "httl", .arity = -5, .run = run_httl},
    {.name = "hpttl", .arity = -5, .run = run_hpttl},
    {.name = "hexpiretime", .arity = -5, .run = run_hexpiretime},
    {.name = "hpexpiretime", .arity = -5, .run = run_hpexpiretime},
    {.name = "hgetdel", .arity = -5, .run = run_hgetdel},
    {.name = "hgetex", .arity = -5, .run = run_hgetex},
    {.name = "hsetex", .arity = -6, .run = run_hsetex},
    {.name = NULL},
};
