/* SPDX-License-Identifier: BSD-3-Clause */
#include "stream_access.h"
#include "base/number.h"
#include "engine/journal.h"
#include "engine/server.h"
#include "store/entry.h"
#include "store/store.h"

struct bytes stream_id_text(struct stream_id_text *text, struct stream_id id)
{
    return bytes_make(text->room, stream_id_print(text->room, id));
}

/* ---- finding ---- */

bool call_stream(struct call *call, int index, const struct stream **stream)
{
    struct collection collection;
    if (!call_collection(call, call_key(call, index), VALUE_STREAM, &collection))
        return false;
    *stream = stream_of(&collection);
    return true;
}

static const struct stream *stream_in(const struct entry *entry)
{
    return entry_type(entry) == VALUE_STREAM ? entry_value(entry).large->stream : NULL;
}

bool call_stream_peek(struct call *call, int index, const struct stream **stream)
{
    const struct entry *entry = keyspace_peek(call->keyspace, call_key(call, index));
    *stream = entry ? stream_in(entry) : NULL;
    if (!entry || *stream)
        return true;
    call_error(call, ERR_WRONG_TYPE);
    return false;
}

bool call_stream_edit(struct call *call, int index, struct edit *edit, struct stream **stream)
{
    if (!call_edit(call, call_key(call, index), VALUE_STREAM, edit))
        return false;
    *stream = stream_of(&edit->value);
    return true;
}

bool call_entries_edit(struct call *call, struct edit *edit, struct stream **stream)
{
    if (!call_stream_edit(call, 1, edit, stream))
        return false;
    return !*stream || call_has_room(call, 2 * (*stream)->chunk_size_max);
}

struct stream *edit_make_stream(struct edit *edit)
{
    if (!edit->value.large)
        collection_enlarge(&edit->value);
    return edit->value.large->stream;
}

static bool refuse_group(struct call *call)
{
    struct bytes key = call->argv[1], group = call->argv[2];
    call_error_format(call, "NOGROUP No such key '%.*s' or consumer group '%.*s'", (int)key.len, key.data,
                      (int)group.len, group.data);
    return false;
}

bool call_group(struct call *call, const struct stream **stream, const struct stream_group **group)
{
    if (!call_stream(call, 1, stream))
        return false;
    *group = *stream ? stream_group_find(*stream, call->argv[2]) : NULL;
    return *group || refuse_group(call);
}

bool call_group_peek(struct call *call, const struct stream_group **group)
{
    const struct stream *stream;
    if (!call_stream_peek(call, 1, &stream))
        return false;
    *group = stream ? stream_group_find(stream, call->argv[2]) : NULL;
    return *group || refuse_group(call);
}

bool call_stream_edit_again(struct call *call, int key, struct edit *edit, struct stream **stream)
{
    const struct entry *entry = keyspace_peek(call->keyspace, call_key(call, key));
    return entry && stream_in(entry) && call_stream_edit(call, key, edit, stream);
}

bool call_group_edit_again(struct call *call, int key, int group_name, struct edit *edit,
                           struct stream **stream, struct stream_group **group)
{
    if (!call_stream_edit_again(call, key, edit, stream))
        return false;
    *group = stream_group_edit(*stream, call->argv[group_name]);
    return *group;
}

struct stream_consumer *call_get_consumer(struct call *call, struct edit *edit, struct stream_group *group,
                                          struct bytes name, bool *is_new)
{
    struct stream_consumer *consumer = stream_consumer_find(group, name);
    int64_t now_ms = call->server->clock.wall_ms;
    *is_new = !consumer;
    if (consumer) {
        consumer->seen_ms = now_ms;
        return consumer;
    }
    return stream_consumer_add(stream_of(&edit->value), group, name, now_ms);
}

void release_trimmed(const struct call *call, struct tree *cut)
{
    if (tree_count(cut) == 0)
        return;
    struct large *large = large_new(VALUE_STREAM);
    large->stream->chunks = *cut;
    store_release_value(call->server->store, (struct value){.type = VALUE_STREAM, .large = large});
}

/* ---- showing ---- */

void reply_stream_id(struct reply *reply, struct stream_id id)
{
    struct stream_id_text text;
    reply_bulk(reply, stream_id_text(&text, id));
}

void reply_stream_entry(struct reply *reply, struct stream_entry entry)
{
    reply_array(reply, 2);
    reply_stream_id(reply, entry.id);
    reply_array(reply, entry.field_count * 2);
    for (uint64_t i = 0; i < entry.field_count; i++) {
        struct bytes name, value;
        stream_entry_field(&entry, &name, &value);
        reply_bulk(reply, name);
        reply_bulk(reply, value);
    }
}

/* ---- recording ---- */

struct digits {
    char room[NUMBER_I64_SIZE];
};

static struct bytes number_text(struct digits *digits, int64_t number)
{
    return bytes_make(digits->room, print_i64(digits->room, number));
}

void record_claim(struct call *call, const struct stream_record *record, const struct stream_group *group,
                  const struct stream_pending *pending)
{
    struct stream_id_text id, last;
    struct digits time, deliveries;
    if (!call->server->journal.is_on)
        return;
    call_record(call, 14,
                (struct bytes[]){BYTES("XCLAIM"), record->key, record->group, record->consumer, BYTES("0"),
                                 stream_id_text(&id, pending->id), BYTES("TIME"),
                                 number_text(&time, pending->delivered_ms), BYTES("RETRYCOUNT"),
                                 number_text(&deliveries, (int64_t)pending->deliveries), BYTES("FORCE"),
                                 BYTES("JUSTID"), BYTES("LASTID"), stream_id_text(&last, group->last)});
}

void record_read(struct call *call, const struct stream_record *record, const struct stream_group *group)
{
    struct stream_id_text id;
    struct digits read;
    call_record(call, 7,
                (struct bytes[]){BYTES("XGROUP"), BYTES("SETID"), record->key, record->group,
                                 stream_id_text(&id, group->last), BYTES("ENTRIESREAD"),
                                 number_text(&read, group->entries_read)});
}

void record_new_consumer(struct call *call, const struct stream_record *record)
{
    call_record(call, 5,
                (struct bytes[]){BYTES("XGROUP"), BYTES("CREATECONSUMER"), record->key, record->group,
                                 record->consumer});
}
