/* SPDX-License-Identifier: BSD-3-Clause */
/* Sorted sets: ranges of them, and what several have in common or together. */
#include "base/number.h"
#include "model_collections.h"
#include <math.h>

/* ---- ranges ---- */

enum by { BY_RANK, BY_SCORE, BY_MEMBER };

struct range {
    enum by by;
    bool is_backwards, with_scores;
    int min, max; /* where the limits are */
    int64_t offset, count;
};

static bool is_above(struct bytes limit, double score)
{
    bool is_open = bytes_starts_with(limit, BYTES("("));
    double min = 0;
    (void)parse_double(bytes_make(limit.data + is_open, limit.len - is_open), &min);
    return is_open ? score > min : score >= min;
}

static bool is_below(struct bytes limit, double score)
{
    bool is_open = bytes_starts_with(limit, BYTES("("));
    double max = 0;
    (void)parse_double(bytes_make(limit.data + is_open, limit.len - is_open), &max);
    return is_open ? score < max : score <= max;
}

/* -1, 0, 1: where the member is, seen from the limit. */
static int compare_member(struct bytes limit, struct bytes member)
{
    if (bytes_is(limit, "-") || bytes_is(limit, "+"))
        return limit.data[0] == '-' ? 1 : -1;
    int order = bytes_compare(member, bytes_make(limit.data + 1, limit.len - 1));
    return order < 0 ? -1 : order > 0;
}

static bool is_inside(const struct model_call *call, const struct range *range, const struct item *item)
{
    struct bytes min = call->argv[range->min], max = call->argv[range->max];
    if (range->by == BY_SCORE)
        return is_above(min, item->score) && is_below(max, item->score);
    int from_min = compare_member(min, item_name(item)), from_max = compare_member(max, item_name(item));
    return (from_min > 0 || (from_min == 0 && min.data[0] == '[')) &&
           (from_max < 0 || (from_max == 0 && max.data[0] == '['));
}

/* By ranks, in the order in which they are shown. */
static bool choose_ranks(const struct model_call *call, const struct range *range,
                         const struct model_value *zset, struct model_value *chosen)
{
    int64_t start, stop;
    int count = zset ? zset->count : 0;
    if (!call_range(call, range->min, count, &start, &stop))
        return false;
    for (int64_t i = start; i <= stop; i++) {
        const struct item *item = &zset->items[range->is_backwards ? count - 1 - i : i];
        value_insert(chosen, chosen->count, item_name(item))->score = item->score;
    }
    return true;
}

static void choose_between(const struct model_call *call, const struct range *range,
                           const struct model_value *zset, struct model_value *chosen)
{
    int64_t passed = 0;
    for (int i = 0; zset && i < zset->count; i++) {
        const struct item *item = &zset->items[range->is_backwards ? zset->count - 1 - i : i];
        if (!is_inside(call, range, item) || passed++ < range->offset ||
            (range->count >= 0 && chosen->count >= range->count))
            continue;
        value_insert(chosen, chosen->count, item_name(item))->score = item->score;
    }
}

static void choose(const struct model_call *call, const struct range *range, const struct slot *slot,
                   struct model_value *chosen)
{
    const struct model_value *zset = slot ? &slot->value : NULL;
    if (range->by == BY_RANK)
        (void)choose_ranks(call, range, zset, chosen);
    else
        choose_between(call, range, zset, chosen);
}

static void parse_options(const struct model_call *call, int first, struct range *range)
{
    range->count = -1;
    for (int i = first; i < call->argc; i++) {
        range->is_backwards |= call_word(call, i, "REV");
        range->with_scores |= call_word(call, i, "WITHSCORES");
        if (call_word(call, i, "BYSCORE"))
            range->by = BY_SCORE;
        if (call_word(call, i, "BYLEX"))
            range->by = BY_MEMBER;
        if (!call_word(call, i, "LIMIT"))
            continue;
        (void)parse_i64(call->argv[i + 1], &range->offset);
        (void)parse_i64(call->argv[i + 2], &range->count);
    }
}

/* The higher limit comes first of one that runs backwards. */
static void find_limits(int first, struct range *range)
{
    bool is_turned = range->is_backwards && range->by != BY_RANK;
    range->min = first + is_turned;
    range->max = first + !is_turned;
}

static void out_chosen(struct session *session, const struct model_value *chosen, bool with_scores)
{
    bool in_pairs = with_scores && session->protocol == 3;
    struct buf text = {0};
    out_array(session, with_scores && !in_pairs ? 2 * chosen->count : chosen->count);
    for (int i = 0; i < chosen->count; i++) {
        if (in_pairs)
            buf_append_text(&text, "*2\r\n");
        if (with_scores)
            encode_scored(&text, session->protocol, &chosen->items[i]);
        else
            encode_bulk(&text, item_name(&chosen->items[i]));
    }
    out_bytes(session, buf_bytes(&text));
    buf_clear(&text);
}

static bool is_anything(struct expected *expected, struct bytes reply)
{
    (void)expected;
    return reply.len > 0;
}

/* What an order of members means where scores differ, nobody says. */
static bool is_undefined(const struct range *range, const struct slot *slot)
{
    return range->by == BY_MEMBER && slot &&
           slot->value.items[0].score != slot->value.items[slot->value.count - 1].score;
}

static void show(struct model_call *call, struct range range)
{
    struct slot *slot;
    struct model_value chosen = {.kind = MODEL_ZSET};
    parse_options(call, 4, &range);
    find_limits(2, &range);
    if (!call_value(call, 1, MODEL_ZSET, &slot))
        return;
    if (is_undefined(&range, slot)) {
        (void)out_any(call->session, is_anything);
        return;
    }
    choose(call, &range, slot, &chosen);
    out_chosen(call->session, &chosen, range.with_scores);
    value_clear(&chosen);
}

static void run_zrange(struct model_call *call)
{
    show(call, (struct range){.by = BY_RANK});
}

static void run_zrevrange(struct model_call *call)
{
    show(call, (struct range){.by = BY_RANK, .is_backwards = true});
}

static void run_zrangebyscore(struct model_call *call)
{
    show(call, (struct range){.by = BY_SCORE});
}

static void run_zrevrangebyscore(struct model_call *call)
{
    show(call, (struct range){.by = BY_SCORE, .is_backwards = true});
}

static void run_zrangebylex(struct model_call *call)
{
    show(call, (struct range){.by = BY_MEMBER});
}

static void run_zrevrangebylex(struct model_call *call)
{
    show(call, (struct range){.by = BY_MEMBER, .is_backwards = true});
}

/* In the order of scores, whichever way it was chosen. */
static void run_zrangestore(struct model_call *call)
{
    struct slot *slot;
    struct range range = {.by = BY_RANK};
    struct model_value chosen = {.kind = MODEL_ZSET}, result = {.kind = MODEL_ZSET};
    parse_options(call, 5, &range);
    find_limits(3, &range);
    if (!call_value(call, 2, MODEL_ZSET, &slot))
        return;
    choose(call, &range, slot, &chosen);
    for (int i = 0; i < chosen.count; i++)
        (void)value_score(&result, item_name(&chosen.items[i]), chosen.items[i].score);
    value_clear(&chosen);
    call_store(call, 1, &result, "zrangestore");
}

static void count(struct model_call *call, enum by by)
{
    struct slot *slot;
    struct range range = {.by = by, .count = -1};
    struct model_value chosen = {.kind = MODEL_ZSET};
    find_limits(2, &range);
    if (!call_value(call, 1, MODEL_ZSET, &slot))
        return;
    choose(call, &range, slot, &chosen);
    if (is_undefined(&range, slot))
        (void)out_any(call->session, is_anything);
    else
        out_int(call->session, chosen.count);
    value_clear(&chosen);
}

static void run_zcount(struct model_call *call)
{
    count(call, BY_SCORE);
}

static void run_zlexcount(struct model_call *call)
{
    count(call, BY_MEMBER);
}

static void remove_range(struct model_call *call, enum by by, const char *event)
{
    struct slot *slot;
    struct range range = {.by = by, .count = -1};
    struct model_value chosen = {.kind = MODEL_ZSET};
    find_limits(2, &range);
    if (!call_value(call, 1, MODEL_ZSET, &slot))
        return;
    choose(call, &range, slot, &chosen);
    for (int i = 0; i < chosen.count; i++)
        value_remove(&slot->value, value_find(&slot->value, item_name(&chosen.items[i])));
    if (chosen.count > 0)
        call_edited(call, 1, event);
    out_int(call->session, chosen.count);
    value_clear(&chosen);
}

static void run_zremrangebyrank(struct model_call *call)
{
    remove_range(call, BY_RANK, "zremrangebyrank");
}

static void run_zremrangebyscore(struct model_call *call)
{
    remove_range(call, BY_SCORE, "zremrangebyscore");
}

/* ---- several ---- */

enum operation { UNION, INTERSECTION, DIFFERENCE };

struct task {
    enum operation operation;
    int first, key_count;
    double weights[MODEL_KEYS];
    char aggregate; /* s, m(in), M(ax) */
    bool with_scores;
    int64_t limit;
};

static struct task parse_task(const struct model_call *call, enum operation operation, int index)
{
    struct task task = {.operation = operation, .first = index + 1, .aggregate = 's'};
    int64_t key_count = 0;
    (void)parse_i64(call->argv[index], &key_count);
    task.key_count = (int)key_count;
    for (int i = 0; i < task.key_count; i++)
        task.weights[i] = 1;
    for (int i = task.first + task.key_count; i < call->argc; i++) {
        task.with_scores |= call_word(call, i, "WITHSCORES");
        if (call_word(call, i, "LIMIT"))
            (void)parse_i64(call->argv[i + 1], &task.limit);
        if (call_word(call, i, "AGGREGATE"))
            task.aggregate = call_word(call, i + 1, "MIN") ? 'm' : call_word(call, i + 1, "MAX") ? 'M' : 's';
        for (int j = 0; j < task.key_count && call_word(call, i, "WEIGHTS"); j++)
            (void)parse_double(call->argv[i + 1 + j], &task.weights[j]);
    }
    return task;
}

static bool find_sources(const struct model_call *call, const struct task *task, struct slot **slots)
{
    for (int i = 0; i < task->key_count; i++) {
        slots[i] = call_slot(call, task->first + i);
        if (!slots[i] || slots[i]->value.kind == MODEL_ZSET || slots[i]->value.kind == MODEL_SET)
            continue;
        out_wrong_type(call->session);
        return false;
    }
    return true;
}

/* A set's members have score 1. */
static bool score_in(const struct task *task, struct slot *const *slots, int source, struct bytes member,
                     double *score)
{
    int index = slots[source] ? value_find(&slots[source]->value, member) : -1;
    if (index < 0)
        return false;
    bool is_set = slots[source]->value.kind == MODEL_SET;
    *score = task->weights[source] * (is_set ? 1 : slots[source]->value.items[index].score);
    return true;
}

static double aggregated(char aggregate, double a, double b)
{
    return aggregate == 'm' ? fmin(a, b) : aggregate == 'M' ? fmax(a, b) : a + b;
}

/* False when the member isn't in the result. */
static bool final_score(const struct task *task, struct slot *const *slots, struct bytes member,
                        double *score)
{
    bool is_found = false;
    int found = 0;
    for (int i = 0; i < task->key_count; i++) {
        double other;
        if (!score_in(task, slots, i, member, &other))
            continue;
        found++;
        *score = is_found ? aggregated(task->aggregate, *score, other) : other;
        is_found = true;
    }
    if (task->operation == DIFFERENCE)
        return found == 1;
    return task->operation == UNION || found == task->key_count;
}

static bool combine(const struct model_call *call, const struct task *task, struct model_value *result)
{
    struct slot *slots[MODEL_ARGS];
    *result = (struct model_value){.kind = MODEL_ZSET};
    if (!find_sources(call, task, slots))
        return false;
    for (int i = 0; i < (task->operation == UNION ? task->key_count : 1); i++) {
        for (int j = 0; slots[i] && j < slots[i]->value.count; j++) {
            struct bytes member = item_name(&slots[i]->value.items[j]);
            double score = 0;
            if (final_score(task, slots, member, &score))
                (void)value_score(result, member, score == 0 ? 0 : score);
        }
    }
    return true;
}

static void show_combined(struct model_call *call, enum operation operation)
{
    struct task task = parse_task(call, operation, 1);
    struct model_value result;
    if (combine(call, &task, &result))
        out_chosen(call->session, &result, task.with_scores);
    value_clear(&result);
}

static void store_combined(struct model_call *call, enum operation operation, const char *event)
{
    struct task task = parse_task(call, operation, 2);
    struct model_value result;
    if (combine(call, &task, &result))
        call_store(call, 1, &result, event);
    value_clear(&result);
}

static void run_zunion(struct model_call *call)
{
    show_combined(call, UNION);
}

static void run_zinter(struct model_call *call)
{
    show_combined(call, INTERSECTION);
}

static void run_zdiff(struct model_call *call)
{
    show_combined(call, DIFFERENCE);
}

static void run_zunionstore(struct model_call *call)
{
    store_combined(call, UNION, "zunionstore");
}

static void run_zinterstore(struct model_call *call)
{
    store_combined(call, INTERSECTION, "zinterstore");
}

static void run_zdiffstore(struct model_call *call)
{
    store_combined(call, DIFFERENCE, "zdiffstore");
}

static void run_zintercard(struct model_call *call)
{
    struct task task = parse_task(call, INTERSECTION, 1);
    struct model_value result;
    if (combine(call, &task, &result))
        out_int(call->session, task.limit > 0 && task.limit < result.count ? task.limit : result.count);
    value_clear(&result);
}

const struct model_command model_range_commands[] = {
    {.name = "zrange", .arity = -4, .run = run_zrange},
    {.name = "zrevrange", .arity = -4, .run = run_zrevrange},
    {.name = "zrangebyscore", .arity = -4, .run = run_zrangebyscore},
    {.name = "zrevrangebyscore", .arity = -4, .run = run_zrevrangebyscore},
    {.name = "zrangebylex", .arity = -4, .run = run_zrangebylex},
    {.name = "zrevrangebylex", .arity = -4, .run = run_zrevrangebylex},
    {.name = "zrangestore", .arity = -5, .run = run_zrangestore},
    {.name = "zcount", .arity = 4, .run = run_zcount},
    {.name = "zlexcount", .arity = 4, .run = run_zlexcount},
    {.name = "zremrangebyrank", .arity = 4, .run = run_zremrangebyrank},
    {.name = "zremrangebyscore", .arity = 4, .run = run_zremrangebyscore},
    {.name = "zunion", .arity = -3, .run = run_zunion},
    {.name = "zinter", .arity = -3, .run = run_zinter},
    {.name = "zdiff", .arity = -3, .run = run_zdiff},
    {.name = "zunionstore", .arity = -4, .run = run_zunionstore},
    {.name = "zinterstore", .arity = -4, .run = run_zinterstore},
    {.name = "zdiffstore", .arity = -4, .run = run_zdiffstore},
    {.name = "zintercard", .arity = -3, .run = run_zintercard},
    {.name = NULL},
};
