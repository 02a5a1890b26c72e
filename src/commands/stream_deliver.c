/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream_deliver.h"
#include "base/alloc.h"
#include "edit_steps.h"
#include "engine/journal.h"
#include "engine/server.h"
#include "stream_access.h"
#include "stream_show.h"

enum { ENTRIES_AT_ONCE = 256, ENTRIES_A_STEP = 16 };

struct delivery {
    struct edit_steps steps;
    struct delivered told;
    struct delivered_part *parts; /* copies of the caller's, when it is done in steps */
    size_t current;
    int64_t now_ms;
    int budget; /* of entries a step; below 0: no end */
    size_t served;
    struct reply_mark head;
    struct reply shown; /* what was told in steps */

    /* Of the current part: */
    bool is_begun;
    struct reply_mark entries;
    uint64_t count;
    struct stream_id after; /* the last one of the history that was looked at */
    struct stream_id until; /* what comes later isn't told */
    /* A step's edit of its stream: */
    struct call *call;
    struct reply *reply;
    struct stream *stream;
    struct stream_group *group;
    struct stream_consumer *consumer;
    struct stream_record record;
};

static const struct delivered_part *current_part(const struct delivery *delivery)
{
    return &delivery->told.parts[delivery->current];
}

static bool has_enough(const struct delivery *delivery)
{
    return delivery->told.count > 0 && delivery->count == delivery->told.count;
}

/* ---- what is new ---- */

static void tell(struct delivery *delivery, const struct stream_entry *entry)
{
    struct stream_pending pending = {entry->id, delivery->consumer->number, delivery->now_ms, 1};
    reply_stream_entry(delivery->reply, *entry);
    stream_group_read(delivery->group, delivery->stream, entry->id);
    delivery->count++;
    if (delivery->told.needs_no_ack)
        return;
    stream_pending_put(delivery->stream, delivery->group, &pending);
    record_claim(delivery->call, &delivery->record, delivery->group, &pending);
}

/* True when there is nothing more. */
static bool tell_new(struct delivery *delivery)
{
    struct stream_id first = delivery->group->last;
    struct stream_walk walk;
    struct stream_entry entry;
    bool is_over = !stream_id_next(&first);
    stream_walk_begin(&walk, delivery->stream, first, delivery->until, false);
    for (int i = 0; !is_over && i != delivery->budget; i++) {
        if (stream_walk_next(&walk, &entry))
            tell(delivery, &entry);
        else
            is_over = true;
        is_over |= has_enough(delivery);
    }
    delivery->consumer->active_ms = delivery->now_ms;
    record_read(delivery->call, &delivery->record, delivery->group);
    return is_over;
}

/* ---- what is pending ---- */

static void tell_again(struct delivery *delivery, struct stream_id id)
{
    struct reply *reply = delivery->reply;
    struct stream_pending pending;
    struct stream_entry entry;
    delivery->after = id;
    delivery->count++;
    if (!stream_find(delivery->stream, id, &entry)) {
        reply_array(reply, 2);
        reply_stream_id(reply, id);
        reply_null_array(reply);
        return;
    }
    reply_stream_entry(reply, entry);
    (void)stream_pending_find(delivery->group, id, &pending);
    pending.delivered_ms = delivery->now_ms;
    pending.deliveries++;
    stream_pending_put(delivery->stream, delivery->group, &pending);
}

/* As far as it was delivered before. It isn't recorded. True when there is nothing more. */
static bool tell_history(struct delivery *delivery)
{
    struct stream_id first = delivery->after;
    struct stream_pending_walk walk;
    struct stream_pending pending;
    bool is_over = !stream_id_next(&first);
    stream_pending_walk_begin(&walk, &delivery->consumer->pending, first);
    for (int i = 0; !is_over && i != delivery->budget; i++) {
        if (stream_pending_walk_next(&walk, &pending))
            tell_again(delivery, pending.id);
        else
            is_over = true;
        is_over |= has_enough(delivery);
    }
    return is_over;
}

/* ---- one stream ---- */

/* False when there is nothing to be told of it. */
static bool begin_part(struct delivery *delivery)
{
    const struct delivered_part *part = current_part(delivery);
    if (delivery->is_begun)
        return true;
    /* The stream may have been named before. */
    if (!part->is_history && !stream_has_after(delivery->stream, delivery->group->last))
        return false;
    reply_stream_name(delivery->reply, delivery->record.key);
    delivery->entries = reply_later(delivery->reply);
    delivery->served++;
    delivery->count = 0;
    delivery->after = part->after;
    delivery->until = delivery->stream->last;
    return delivery->is_begun = true;
}

static void end_part(struct delivery *delivery)
{
    if (delivery->is_begun)
        reply_later_done(delivery->reply, delivery->entries, '*', delivery->count);
    delivery->is_begun = false;
}

/* True when there is nothing more of it. */
static bool tell_some(struct delivery *delivery)
{
    struct call *call = delivery->call;
    const struct delivered_part *part = current_part(delivery);
    struct edit edit;
    bool is_new, is_over = true;
    if (!call_group_edit_again(call, part->key, delivery->told.group, &edit, &delivery->stream,
                               &delivery->group))
        return true;
    delivery->consumer = call_get_consumer(call, &edit, delivery->group, delivery->record.consumer, &is_new);
    if (is_new)
        record_new_consumer(call, &delivery->record);
    bool is_served = begin_part(delivery);
    if (is_served)
        is_over = part->is_history ? tell_history(delivery) : tell_new(delivery);
    if (is_new || is_served) {
        call_edited_unseen(call, &edit, is_new ? "xgroup-createconsumer" : NULL);
        call_record_nothing(call);
    }
    return is_over;
}

/* ---- all ---- */

static struct delivery *delivery_of(struct edit_steps *steps)
{
    return LIST_ENTRY(steps, struct delivery, steps);
}

static bool step(struct edit_steps *steps, struct call *call)
{
    struct delivery *delivery = delivery_of(steps);
    int group = delivery->told.group;
    delivery->call = call;
    delivery->reply = delivery->parts ? &delivery->shown : call->reply;
    delivery->record = (struct stream_record){call->argv[current_part(delivery)->key], call->argv[group],
                                              call->argv[group + 1]};
    if (tell_some(delivery)) {
        end_part(delivery);
        delivery->current++;
    }
    return delivery->current == delivery->told.part_count;
}

static void reply_head(struct reply *reply, size_t served)
{
    if (served == 0)
        reply_null_array(reply);
    else if (reply->protocol == 2)
        reply_array(reply, served);
    else
        reply_map(reply, served);
}

static void answer_in_the_end(struct edit_steps *steps, struct call *call)
{
    struct delivery *delivery = delivery_of(steps);
    reply_head(call->reply, delivery->served);
    reply_take(call->reply, &delivery->shown);
}

static void clear(struct edit_steps *steps)
{
    struct delivery *delivery = delivery_of(steps);
    reply_clear(&delivery->shown);
    mem_free(delivery->parts);
}

static void deliver_in_steps(struct call *call, const struct delivered *delivered)
{
    size_t size = delivered->part_count * sizeof *delivered->parts;
    struct delivery delivery = {.steps = {.step = step, .answer = answer_in_the_end, .clear = clear},
                                .told = *delivered,
                                .parts = mem_alloc(size),
                                .now_ms = call->server->clock.wall_ms,
                                .budget = ENTRIES_A_STEP};
    memcpy(delivery.parts, delivered->parts, size);
    delivery.told.parts = delivery.parts;
    reply_init(&delivery.shown, call->reply->pool);
    delivery.shown.protocol = call->reply->protocol;
    edit_in_steps(call, &delivery.steps, sizeof delivery);
}

void call_deliver_at_once(struct call *call, const struct delivered *delivered)
{
    struct reply *reply = call->reply;
    struct reply_mark mark = reply_mark(reply), later = reply_later(reply);
    struct delivery delivery = {.told = *delivered, .now_ms = call->server->clock.wall_ms, .budget = -1};
    while (!step(&delivery.steps, call)) {
    }
    if (delivery.served > 0)
        reply_later_done(reply, later, reply->protocol == 2 ? '*' : '%', delivery.served);
    else
        reply_rollback(reply, mark);
}

/* How much there may be of a part. */
static uint64_t most_of(struct call *call, const struct delivered *delivered,
                        const struct delivered_part *part)
{
    const struct stream *stream;
    if (!call_stream_peek(call, part->key, &stream) || !stream)
        return 0;
    if (!part->is_history)
        return stream->length;
    const struct stream_group *group = stream_group_find(stream, call->argv[delivered->group]);
    const struct stream_consumer *consumer =
        group ? stream_consumer_find(group, call->argv[delivered->group + 1]) : NULL;
    return consumer ? tree_count(&consumer->pending) : 0;
}

static bool is_short(struct call *call, const struct delivered *delivered)
{
    uint64_t most = 0;
    if (delivered->count > 0 && delivered->count <= ENTRIES_AT_ONCE / delivered->part_count)
        return true;
    for (size_t i = 0; i < delivered->part_count; i++)
        most += most_of(call, delivered, &delivered->parts[i]);
    return most <= ENTRIES_AT_ONCE;
}

void call_deliver(struct call *call, const struct delivered *delivered)
{
    if (is_short(call, delivered))
        call_deliver_at_once(call, delivered);
    else
        deliver_in_steps(call, delivered);
}
