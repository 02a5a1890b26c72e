/* SPDX-License-Identifier: BSD-3-Clause */
/* Streams, put together. What is pending has to be so for exactly one consumer of its group. */
#include "rdb_stream.h"
#include "base/alloc.h"

void rdb_stream_begin(struct rdb_stream_building *building, const struct rdb_codec *codec)
{
    struct large *large = large_new(VALUE_STREAM);
    *building = (struct rdb_stream_building){
        .large = large, .stream = large->stream, .has_times = codec->code >= RDB_TYPE_STREAM3};
}

static struct stream_id id_of(struct rdb_stream_id id)
{
    return (struct stream_id){id.ms, id.sequence};
}

/* ---- entries ---- */

static bool put_entry(struct rdb_stream_building *building)
{
    size_t count = building->end_count;
    struct bytes *texts = mem_alloc((count + 1) * sizeof *texts);
    for (size_t i = 0; i < count; i++) {
        size_t start = i > 0 ? building->ends[i - 1] : 0;
        texts[i] = bytes_make(building->texts.data + start, building->ends[i] - start);
    }
    bool is_good = stream_append_saved(building->stream, building->entry, texts, count / 2,
                                       building->has_node ? &building->node : NULL);
    mem_free(texts);
    building->has_node = false;
    return is_good;
}

/* The entry before is complete. */
static bool finish_entry(struct rdb_stream_building *building)
{
    bool is_good = !building->has_entry || put_entry(building);
    building->has_entry = false;
    building->texts.len = 0;
    building->end_count = 0;
    return is_good;
}

static void take_begin(void *context, enum rdb_kind kind, uint64_t count)
{
    (void)context;
    (void)kind;
    (void)count;
}

static bool take_node(void *context, struct rdb_stream_id id)
{
    struct rdb_stream_building *building = context;
    bool is_good = finish_entry(building);
    building->has_node = true;
    building->node = id_of(id);
    return is_good;
}

static bool take_entry(void *context, struct rdb_stream_id id)
{
    struct rdb_stream_building *building = context;
    bool is_good = finish_entry(building);
    building->has_entry = true;
    building->entry = id_of(id);
    return is_good;
}

static void add_text(struct rdb_stream_building *building, struct bytes text)
{
    if (building->end_count == building->end_room) {
        building->end_room = building->end_room ? 2 * building->end_room : 16;
        building->ends = mem_realloc(building->ends, building->end_room * sizeof *building->ends);
    }
    buf_append_bytes(&building->texts, text);
    building->ends[building->end_count++] = building->texts.len;
}

static bool take_field(void *context, const struct rdb_element *element)
{
    add_text(context, element->text);
    add_text(context, element->content);
    return true;
}

static bool take_facts(void *context, const struct rdb_stream_facts *facts)
{
    struct rdb_stream_building *building = context;
    struct stream *stream = building->stream;
    struct stream_id last;
    if (!finish_entry(building))
        return false;
    building->has_figures = facts->has_more;
    stream->last = id_of(facts->last);
    stream->entries_added = facts->has_more ? facts->entries_added : stream->length;
    if (facts->has_more)
        stream->max_deleted = id_of(facts->max_deleted);
    return !stream_last_id(stream, &last) || stream_id_compare(last, stream->last) <= 0;
}

/* ---- groups ---- */

static bool take_group(void *context, const struct rdb_stream_group *group)
{
    struct rdb_stream_building *building = context;
    struct stream_id last = id_of(group->last);
    building->group = stream_group_add(building->stream, group->name, last, (int64_t)group->entries_read);
    return building->group;
}

static bool take_pending(void *context, const struct rdb_stream_pending *pending)
{
    struct rdb_stream_building *building = context;
    const struct stream_pending put = {
        .id = id_of(pending->id), .delivered_ms = pending->delivered_ms, .deliveries = pending->deliveries};
    return stream_pending_put_saved(building->stream, building->group, &put);
}

static bool take_consumer(void *context, const struct rdb_stream_consumer *consumer)
{
    struct rdb_stream_building *building = context;
    building->consumer =
        stream_consumer_add(building->stream, building->group, consumer->name, consumer->seen_ms);
    if (building->consumer)
        building->consumer->active_ms = building->has_times ? consumer->active_ms : consumer->seen_ms;
    return building->consumer;
}

static bool take_consumer_pending(void *context, struct rdb_stream_id id)
{
    struct rdb_stream_building *building = context;
    return stream_pending_give_saved(building->stream, building->group, building->consumer, id_of(id));
}

struct rdb_builder rdb_stream_builder(struct rdb_stream_building *building)
{
    return (struct rdb_builder){.begin = take_begin,
                                .element = take_field,
                                .node = take_node,
                                .entry = take_entry,
                                .stream = take_facts,
                                .group = take_group,
                                .pending = take_pending,
                                .consumer = take_consumer,
                                .consumer_pending = take_consumer_pending,
                                .context = building};
}

/* ---- the whole ---- */

/* Where it wasn't written down how much was read, it may follow from where the group is. */
static void complete_group(struct stream *stream, struct stream_group *group, bool has_figures)
{
    if (!has_figures)
        group->entries_read = stream_count_up_to(stream, group->last);
    stream_pending_drop_ownerless(stream, group);
}

struct value rdb_stream_end(struct rdb_stream_building *building)
{
    struct stream *stream = building->stream;
    for (size_t i = 0; i < stream_group_count(stream); i++)
        complete_group(stream, stream_group_edit(stream, stream_group_at(stream, i)->name),
                       building->has_figures);
    buf_clear(&building->texts);
    mem_free(building->ends);
    return collection_value(&(struct collection){.type = VALUE_STREAM, .large = building->large});
}

/* ---- writing ---- */

static enum rdb_layout layout(const struct value *value)
{
    (void)value;
    return RDB_LAYOUT_WITH_TIMES;
}

static void write(struct rdb_output *output, const struct rdb_codec *codec,
                  const struct collection *collection)
{
    struct rdb_stream_elements elements = {.stream = stream_of(collection),
                                           .with_times = codec->code >= RDB_TYPE_STREAM3};
    codec->encode(output, &elements.elements);
}

const struct rdb_value_row rdb_stream_row = {.layout = layout, .write = write};
