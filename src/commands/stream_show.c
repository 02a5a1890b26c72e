/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream_show.h"
#include "base/alloc.h"
#include "engine/long_work.h"
#include "engine/server.h"
#include "held_collection.h"
#include "stream_access.h"

enum { ENTRIES_AT_ONCE = 256, ENTRIES_A_STEP = 32 };

void reply_stream_name(struct reply *reply, struct bytes name)
{
    if (reply->protocol == 2)
        reply_array(reply, 2);
    reply_bulk(reply, name);
}

static void reply_head(struct reply *reply, const struct stream_show *show)
{
    if (!show->has_names)
        return;
    if (reply->protocol == 2)
        reply_array(reply, show->part_count);
    else
        reply_map(reply, show->part_count);
}

/* ---- at once ---- */

static const struct stream *stream_at(const struct call *call, int index)
{
    const struct entry *entry = keyspace_peek(call->keyspace, call_key(call, index));
    struct value value = entry_value(entry);
    return value.large->stream;
}

static void show_part(struct call *call, const struct stream_show *show, const struct stream_part *part)
{
    struct reply *reply = call->reply;
    struct stream_walk walk;
    struct stream_entry entry;
    uint64_t count = 0;
    if (show->has_names)
        reply_stream_name(reply, call->argv[part->key]);
    stream_walk_begin(&walk, stream_at(call, part->key), part->interval.first, part->interval.last,
                      show->is_backwards);
    struct reply_mark later = reply_later(reply);
    while ((show->count == 0 || count < show->count) && stream_walk_next(&walk, &entry)) {
        reply_stream_entry(reply, entry);
        count++;
    }
    reply_later_done(reply, later, '*', count);
}

/* ---- in steps ---- */

struct shown_part {
    struct held_collection held;
    struct stream_walk walk;
    struct reply entries;
    uint64_t count;
};

struct show_work {
    struct long_work work;
    struct stream_show show;
    struct store *store;
    size_t current;
    struct stream_part *parts;
    struct shown_part shown[];
};

/* False when the part is told. */
static bool step_part(const struct stream_show *show, struct shown_part *part)
{
    struct stream_entry entry;
    for (int i = 0; i < ENTRIES_A_STEP; i++, part->count++) {
        if ((show->count > 0 && part->count == show->count) || !stream_walk_next(&part->walk, &entry))
            return false;
        reply_stream_entry(&part->entries, entry);
    }
    return true;
}

static bool step(struct long_work *work)
{
    struct show_work *showing = LIST_ENTRY(work, struct show_work, work);
    if (!step_part(&showing->show, &showing->shown[showing->current]))
        showing->current++;
    return showing->current == showing->show.part_count;
}

static void finish(struct call *call, struct long_work *work)
{
    struct show_work *showing = LIST_ENTRY(work, struct show_work, work);
    const struct stream_show *show = &showing->show;
    reply_head(call->reply, show);
    for (size_t i = 0; i < show->part_count; i++) {
        if (show->has_names)
            reply_stream_name(call->reply, call->argv[showing->parts[i].key]);
        reply_array(call->reply, showing->shown[i].count);
        reply_take(call->reply, &showing->shown[i].entries);
    }
}

static void free_showing(struct long_work *work)
{
    struct show_work *showing = LIST_ENTRY(work, struct show_work, work);
    for (size_t i = 0; i < showing->show.part_count; i++) {
        release_collection(&showing->shown[i].held, showing->store);
        reply_clear(&showing->shown[i].entries);
    }
    mem_free(showing->parts);
    mem_free(showing);
}

static void begin_part(struct call *call, const struct stream_part *part, bool is_backwards,
                       struct shown_part *shown)
{
    hold_collection(&shown->held, VALUE_STREAM, keyspace_peek(call->keyspace, call_key(call, part->key)));
    stream_walk_begin(&shown->walk, stream_of(&shown->held.collection), part->interval.first,
                      part->interval.last, is_backwards);
    reply_init(&shown->entries, call->reply->pool);
    shown->entries.protocol = call->reply->protocol;
}

static void show_in_steps(struct call *call, const struct stream_show *show)
{
    struct show_work *showing = mem_zalloc(sizeof *showing + show->part_count * sizeof *showing->shown);
    showing->work = (struct long_work){.step = step, .finish = finish, .free = free_showing};
    showing->show = *show;
    showing->store = call->server->store;
    showing->parts = mem_alloc(show->part_count * sizeof *showing->parts);
    memcpy(showing->parts, show->parts, show->part_count * sizeof *showing->parts);
    for (size_t i = 0; i < show->part_count; i++)
        begin_part(call, &show->parts[i], show->is_backwards, &showing->shown[i]);
    long_work_run(call, &showing->work);
}

/* Whether all parts together are few entries. */
static bool is_short(const struct call *call, const struct stream_show *show)
{
    uint64_t most = 0;
    for (size_t i = 0; i < show->part_count; i++) {
        uint64_t length = stream_at(call, show->parts[i].key)->length;
        most += show->count > 0 && show->count < length ? show->count : length;
    }
    return most <= ENTRIES_AT_ONCE;
}

void call_show(struct call *call, const struct stream_show *show)
{
    if (!is_short(call, show)) {
        show_in_steps(call, show);
        return;
    }
    reply_head(call->reply, show);
    for (size_t i = 0; i < show->part_count; i++)
        show_part(call, show, &show->parts[i]);
}
