/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorted sets: members, their scores and ranks, the ends, and what several have in common. */
#include "base/number.h"
#include "model_collections.h"

static double score_of(struct bytes text)
{
    double score = 0;
    (void)parse_double(text, &score);
    return score == 0 ? 0 : score;
}

/* ---- ZADD ---- */

struct addition {
    bool nx, xx, gt, lt, counts_changes, increments;
    int first; /* of the pairs */
};

static struct addition parse_addition(const struct model_call *call)
{
    struct addition addition = {.first = 2};
    for (;; addition.first++) {
        if (call_word(call, addition.first, "NX"))
            addition.nx = true;
        else if (call_word(call, addition.first, "XX"))
            addition.xx = true;
        else if (call_word(call, addition.first, "GT"))
            addition.gt = true;
        else if (call_word(call, addition.first, "LT"))
            addition.lt = true;
        else if (call_word(call, addition.first, "CH"))
            addition.counts_changes = true;
        else if (call_word(call, addition.first, "INCR"))
            addition.increments = true;
        else
            return addition;
    }
}

enum outcome { LEFT_ALONE, ADDED, UPDATED, UNCHANGED };

static enum outcome add_one(struct model_value *zset, const struct addition *addition, struct bytes member,
                            double *score)
{
    int index = value_find(zset, member);
    if (index < 0) {
        if (addition->xx)
            return LEFT_ALONE;
        (void)value_score(zset, member, *score);
        return ADDED;
    }
    double old = zset->items[index].score;
    if (addition->nx)
        return LEFT_ALONE;
    *score += addition->increments ? old : 0;
    if ((addition->lt && *score >= old) || (addition->gt && *score <= old))
        return LEFT_ALONE;
    if (*score == old)
        return UNCHANGED;
    (void)value_score(zset, member, *score);
    return UPDATED;
}

static void add(struct model_call *call, struct addition addition)
{
    struct slot *slot;
    int64_t counts[UNCHANGED + 1] = {0};
    enum outcome outcome = LEFT_ALONE;
    struct model_value nothing = {.kind = MODEL_ZSET};
    double score = 0;
    if (!call_value(call, 1, MODEL_ZSET, &slot))
        return;
    bool may_be_made = slot || !addition.xx;
    struct model_value *zset = may_be_made ? call_edit(call, 1, MODEL_ZSET) : &nothing;
    for (int i = addition.first; i < call->argc; i += 2) {
        score = score_of(call->argv[i]);
        outcome = add_one(zset, &addition, call->argv[i + 1], &score);
        counts[outcome]++;
    }
    if (counts[ADDED] + counts[UPDATED] > 0)
        call_edited(call, 1, addition.increments ? "zincr" : "zadd");
    if (!addition.increments)
        out_int(call->session, counts[ADDED] + (addition.counts_changes ? counts[UPDATED] : 0));
    else if (outcome == LEFT_ALONE)
        out_null(call->session);
    else
        out_double(call->session, score);
}

static void run_zadd(struct model_call *call)
{
    add(call, parse_addition(call));
}

static void run_zincrby(struct model_call *call)
{
    add(call, (struct addition){.increments = true, .first = 2});
}

static void run_zrem(struct model_call *call)
{
    struct slot *slot;
    int64_t removed = 0;
    if (!call_value(call, 1, MODEL_ZSET, &slot))
        return;
    for (int i = 2; i < call->argc && slot; i++) {
        int index = value_find(&slot->value, call->argv[i]);
        if (index >= 0)
            value_remove(&slot->value, index);
        removed += index >= 0;
    }
    if (removed > 0)
        call_edited(call, 1, "zrem");
    out_int(call->session, removed);
}

/* ---- reading ---- */

static void out_score(struct session *session, const struct slot *slot, struct bytes member)
{
    int index = slot ? value_find(&slot->value, member) : -1;
    if (index >= 0)
        out_double(session, slot->value.items[index].score);
    else
        out_null(session);
}

static void run_zscore(struct model_call *call)
{
    struct slot *slot;
    if (call_value(call, 1, MODEL_ZSET, &slot))
        out_score(call->session, slot, call->argv[2]);
}

static void run_zmscore(struct model_call *call)
{
    struct slot *slot;
    if (!call_value(call, 1, MODEL_ZSET, &slot))
        return;
    out_array(call->session, call->argc - 2);
    for (int i = 2; i < call->argc; i++)
        out_score(call->session, slot, call->argv[i]);
}

static void run_zcard(struct model_call *call)
{
    struct slot *slot;
    if (call_value(call, 1, MODEL_ZSET, &slot))
        out_int(call->session, slot ? slot->value.count : 0);
}

static void rank(struct model_call *call, bool is_backwards)
{
    struct slot *slot;
    if (!call_value(call, 1, MODEL_ZSET, &slot))
        return;
    int index = slot ? value_find(&slot->value, call->argv[2]) : -1;
    bool with_score = call->argc > 3;
    if (index < 0) {
        (with_score ? out_null_array : out_null)(call->session);
        return;
    }
    if (with_score)
        out_array(call->session, 2);
    out_int(call->session, is_backwards ? slot->value.count - 1 - index : index);
    if (with_score)
        out_double(call->session, slot->value.items[index].score);
}

static void run_zrank(struct model_call *call)
{
    rank(call, false);
}

static void run_zrevrank(struct model_call *call)
{
    rank(call, true);
}

/* ---- taking from the ends ---- */

void encode_scored(struct buf *out, int protocol, const struct item *item)
{
    encode_bulk(out, item_name(item));
    encode_double(out, protocol, item->score);
}

/* Each as a pair, or one behind the other. */
static void take(struct model_call *call, int key, bool takes_max, int64_t count, bool in_pairs)
{
    struct session *session = call->session;
    struct model_value *zset = model_edit(session->database, key, MODEL_ZSET);
    for (; count > 0 && zset->count > 0; count--) {
        int index = takes_max ? zset->count - 1 : 0;
        struct buf text = {0};
        if (in_pairs)
            out_array(session, 2);
        encode_scored(&text, session->protocol, &zset->items[index]);
        out_bytes(session, buf_bytes(&text));
        buf_clear(&text);
        value_remove(zset, index);
    }
    model_edited(session->database, key, takes_max ? "zpopmax" : "zpopmin");
}

void model_zset_pop_one(struct model_call *call, int key, bool takes_max)
{
    out_array(call->session, 3);
    out_bulk(call->session, model.key_names[key]);
    take(call, key, takes_max, 1, false);
}

void model_zset_pop_many(struct model_call *call, int key, bool takes_max, int64_t count)
{
    int64_t there = model_find(call->session->database, key)->value.count;
    out_array(call->session, 2);
    out_bulk(call->session, model.key_names[key]);
    out_array(call->session, count < there ? count : there);
    take(call, key, takes_max, count, true);
}

static void pop(struct model_call *call, bool takes_max)
{
    struct slot *slot;
    int64_t count = 1;
    if (call->argc > 2 && !call_number(call, 2, &count))
        return;
    if (!call_value(call, 1, MODEL_ZSET, &slot))
        return;
    int64_t there = slot ? slot->value.count : 0;
    bool in_pairs = call->argc > 2 && call->session->protocol == 3;
    count = count < there ? count : there;
    out_array(call->session, in_pairs ? count : 2 * count);
    if (count > 0)
        take(call, model_key(call->argv[1]), takes_max, count, in_pairs);
}

static void run_zpopmin(struct model_call *call)
{
    pop(call, false);
}

static void run_zpopmax(struct model_call *call)
{
    pop(call, true);
}

const struct model_command model_zset_commands[] = {
    {.name = "zadd", .arity = -4, .run = run_zadd},
    {.name = "zincrby", .arity = 4, .run = run_zincrby},
    {.name = "zrem", .arity = -3, .run = run_zrem},
    {.name = "zscore", .arity = 3, .run = run_zscore},
    {.name = "zmscore", .arity = -3, .run = run_zmscore},
    {.name = "zcard", .arity = 2, .run = run_zcard},
    {.name = "zrank", .arity = -3, .run = run_zrank},
    {.name = "zrevrank", .arity = -3, .run = run_zrevrank},
    {.name = "zpopmin", .arity = -2, .run = run_zpopmin},
    {.name = "zpopmax", .arity = -2, .run = run_zpopmax},
    {.name = NULL},
};
