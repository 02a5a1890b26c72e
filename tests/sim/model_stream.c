/* SPDX-License-Identifier: BSD-3-Clause */
/* Entries of streams: added, removed, read at once or when they come. */
#include "model_stream.h"
#include "base/number.h"
#include "model_tables.h"
#include "world.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- IDs ---- */

int id_compare(struct id a, struct id b)
{
    if (a.ms != b.ms)
        return a.ms < b.ms ? -1 : 1;
    return a.sequence < b.sequence ? -1 : a.sequence > b.sequence;
}

void id_print(char text[ID_TEXT], struct id id)
{
    (void)snprintf(text, ID_TEXT, "%" PRIu64 "-%" PRIu64, id.ms, id.sequence);
}

struct id id_parse(struct bytes text, uint64_t sequence)
{
    char copy[ID_TEXT] = "", *end;
    if (bytes_is(text, "-"))
        return (struct id){0, 0};
    if (bytes_is(text, "+"))
        return (struct id){UINT64_MAX, UINT64_MAX};
    memcpy(copy, text.data, text.len < ID_TEXT - 1 ? text.len : ID_TEXT - 1);
    struct id id = {strtoull(copy, &end, 10), sequence};
    if (*end == '-')
        id.sequence = strtoull(end + 1, NULL, 10);
    return id;
}

static struct bytes id_bytes(struct id id, char bytes[ID_SIZE])
{
    for (int i = 0; i < 8; i++) {
        bytes[i] = (char)(id.ms >> 8 * (7 - i));
        bytes[8 + i] = (char)(id.sequence >> 8 * (7 - i));
    }
    return bytes_make(bytes, ID_SIZE);
}

static uint64_t high_first(const char *bytes)
{
    uint64_t number = 0;
    for (int i = 0; i < 8; i++)
        number = number << 8 | (unsigned char)bytes[i];
    return number;
}

struct id id_of_item(const struct item *item)
{
    return (struct id){high_first(item->name.data), high_first(item->name.data + 8)};
}

int stream_entry_index(const struct model_value *value, struct id id)
{
    char name[ID_SIZE];
    return value_find(value, id_bytes(id, name));
}

bool stream_has_behind(const struct model_value *value, struct id id)
{
    return value->count > 0 && id_compare(id_of_item(&value->items[value->count - 1]), id) > 0;
}

/* ---- values ---- */

static struct model_stream *new_stream(void)
{
    struct model_stream *stream = calloc(1, sizeof *stream);
    if (!stream)
        abort();
    return stream;
}

void model_stream_free(struct model_stream *stream)
{
    for (int i = 0; stream && i < STREAM_GROUPS; i++)
        free(stream->groups[i].pending);
    free(stream);
}

void model_stream_copy(struct model_value *to, const struct model_value *from)
{
    if (!from->stream)
        return;
    to->stream = new_stream();
    *to->stream = *from->stream;
    for (int i = 0; i < STREAM_GROUPS; i++) {
        struct model_group *group = &to->stream->groups[i];
        size_t size = (size_t)group->count * sizeof *group->pending;
        group->pending = size > 0 ? malloc(size) : NULL;
        if (size > 0)
            memcpy(group->pending, from->stream->groups[i].pending, size);
    }
}

struct model_value *call_stream_value(const struct model_call *call, int index, bool makes)
{
    int database = call->session->database, key = model_key(call->argv[index]);
    const struct slot *slot = call_slot(call, index);
    if (!slot && !makes)
        return NULL;
    struct model_value *value = model_edit(database, key, MODEL_STREAM);
    if (!value->stream)
        value->stream = new_stream();
    return value;
}

static void changed(const struct model_call *call, const char *event)
{
    model_changed(call->session->database, model_key(call->argv[1]), 't', event);
}

/* ---- replies ---- */

void encode_id(struct buf *out, struct id id)
{
    char text[ID_TEXT];
    id_print(text, id);
    encode_bulk(out, bytes_of(text));
}

void encode_entry(struct buf *out, const struct item *item)
{
    buf_append_text(out, "*2\r\n");
    encode_id(out, id_of_item(item));
    buf_append_bytes(out, buf_bytes(&item->content));
}

static void out_entries(struct session *session, const struct model_value *value, struct id first,
                        struct id last, int64_t most, bool is_backwards)
{
    struct buf entries = {0};
    int64_t count = 0;
    for (int i = 0; value && i < value->count && count < most; i++) {
        const struct item *item = &value->items[is_backwards ? value->count - 1 - i : i];
        struct id id = id_of_item(item);
        if (id_compare(id, first) < 0 || id_compare(id, last) > 0)
            continue;
        encode_entry(&entries, item);
        count++;
    }
    out_array(session, count);
    out_bytes(session, buf_bytes(&entries));
    buf_clear(&entries);
}

void out_head(struct session *session, int count)
{
    char head[32];
    (void)snprintf(head, sizeof head, "%c%d\r\n", session->protocol == 3 ? '%' : '*', count);
    out_text(session, head);
}

/* ---- adding and removing ---- */

static int64_t trim_to_length(struct model_value *value, int64_t most)
{
    int64_t removed = 0;
    for (; value->count > most; removed++)
        value_remove(value, 0);
    return removed;
}

static int64_t trim_to_id(struct model_value *value, struct id least)
{
    int64_t removed = 0;
    for (; value->count > 0 && id_compare(id_of_item(&value->items[0]), least) < 0; removed++)
        value_remove(value, 0);
    return removed;
}

/* "MAXLEN n" or "MINID id" at argv[index]. */
static int64_t trim(const struct model_call *call, int index, struct model_value *value)
{
    int64_t most = 0;
    if (call_word(call, index, "MINID"))
        return trim_to_id(value, id_parse(call->argv[index + 1], 0));
    (void)parse_i64(call->argv[index + 1], &most);
    return trim_to_length(value, most);
}

static struct id next_id(struct id last)
{
    uint64_t now_ms = (uint64_t)(model.clock_ms + model.wall_offset_ms);
    return now_ms > last.ms ? (struct id){now_ms, 0} : (struct id){last.ms, last.sequence + 1};
}

static void add_entry(const struct model_call *call, struct model_value *value, struct id id, int first)
{
    char name[ID_SIZE];
    struct buf fields = {0};
    buf_printf(&fields, "*%d\r\n", call->argc - first);
    for (int i = first; i < call->argc; i++)
        encode_bulk(&fields, call->argv[i]);
    item_set(value_insert(value, value->count, id_bytes(id, name)), buf_bytes(&fields));
    buf_clear(&fields);
    value->stream->last = id;
}

static void run_xadd(struct model_call *call)
{
    static const struct id none;
    struct slot *slot;
    int at = 2, trims = 0;
    bool makes = true;
    for (; call_word(call, at, "NOMKSTREAM"); at++)
        makes = false;
    if (call_word(call, at, "MAXLEN") || call_word(call, at, "MINID"))
        at = (trims = at) + 2;
    bool is_any = call_word(call, at, "*");
    struct id id = id_parse(call->argv[at], 0);
    if (!is_any && id_compare(id, none) == 0) {
        out_error(call->session, "ERR The ID specified in XADD must be greater than 0-0");
        return;
    }
    if (!call_value(call, 1, MODEL_STREAM, &slot))
        return;
    if (!slot && !makes) {
        out_null(call->session);
        return;
    }
    struct id last = slot ? slot->value.stream->last : none;
    id = is_any ? next_id(last) : id;
    if (id_compare(id, last) <= 0) {
        out_error(call->session, "ERR The ID specified in XADD is equal or smaller than the target stream "
                                 "top item");
        return;
    }
    struct model_value *value = call_stream_value(call, 1, true);
    add_entry(call, value, id, at + 1);
    int64_t trimmed = trims ? trim(call, trims, value) : 0;
    changed(call, "xadd");
    if (trimmed > 0)
        model_notify(call->session->database, model_key(call->argv[1]), 't', "xtrim");
    struct buf reply = {0};
    encode_id(&reply, id);
    out_bytes(call->session, buf_bytes(&reply));
    buf_clear(&reply);
}

static void run_xtrim(struct model_call *call)
{
    struct slot *slot;
    if (!call_value(call, 1, MODEL_STREAM, &slot))
        return;
    int64_t removed = slot ? trim(call, 2, &slot->value) : 0;
    if (removed > 0)
        changed(call, "xtrim");
    out_int(call->session, removed);
}

static void run_xdel(struct model_call *call)
{
    struct slot *slot;
    int64_t removed = 0;
    if (!call_value(call, 1, MODEL_STREAM, &slot))
        return;
    for (int i = 2; slot && i < call->argc; i++) {
        int index = stream_entry_index(&slot->value, id_parse(call->argv[i], 0));
        if (index >= 0)
            value_remove(&slot->value, index);
        removed += index >= 0;
    }
    if (removed > 0)
        changed(call, "xdel");
    out_int(call->session, removed);
}

/* ---- ranges ---- */

static void run_xlen(struct model_call *call)
{
    struct slot *slot;
    if (call_value(call, 1, MODEL_STREAM, &slot))
        out_int(call->session, slot ? slot->value.count : 0);
}

static void range(struct model_call *call, int first, int last, bool is_backwards)
{
    struct slot *slot;
    int64_t most = INT64_MAX;
    if (call->argc > 5)
        (void)parse_i64(call->argv[5], &most);
    if (call_value(call, 1, MODEL_STREAM, &slot))
        out_entries(call->session, slot ? &slot->value : NULL, id_parse(call->argv[first], 0),
                    id_parse(call->argv[last], UINT64_MAX), most, is_backwards);
}

static void run_xrange(struct model_call *call)
{
    range(call, 2, 3, false);
}

static void run_xrevrange(struct model_call *call)
{
    range(call, 3, 2, true);
}

/* ---- reading ---- */

struct read_words read_words(const struct model_call *call)
{
    struct read_words words = {.most = INT64_MAX};
    int at = 1;
    for (; !call_word(call, at, "STREAMS"); at++) {
        if (call_word(call, at, "COUNT"))
            (void)parse_i64(call->argv[at + 1], &words.most);
        else if (call_word(call, at, "BLOCK"))
            words.block = at + 1;
        else if (call_word(call, at, "GROUP"))
            words.group = at + 1;
        words.no_ack |= call_word(call, at, "NOACK");
    }
    words.first = at + 1;
    words.count = (call->argc - words.first) / 2;
    return words;
}

void read_waits(struct model_call *call, const struct read_words *words)
{
    struct late *late = &call->session->late;
    int64_t ms = 0;
    if (call->served_key >= 0)
        world_fail("client %d is served with nothing", call->session->number);
    if (!call->is_nested && words->block && call->late != LATE_KEYS)
        world_fail("client %d doesn't wait for what isn't there", call->session->number);
    if (call->late != LATE_KEYS) {
        out_null_array(call->session);
        return;
    }
    (void)parse_i64(call->argv[words->block], &ms);
    late->until_ms = ms > 0 ? model.clock_ms + ms : INT64_MAX;
    late->order = model.arrivals++;
    late->wanted = MODEL_STREAM;
    late->group = words->group ? model_group_number(call->argv[words->group]) : -1;
    late->keys = 0;
    for (int i = 0; i < words->count; i++)
        late->keys |= UINT64_C(1) << model_key(call->argv[words->first + i]);
}

/* Behind which it reads the stream; "$" is what it was when it came. */
static struct id read_after(const struct model_call *call, const struct read_words *words, int i)
{
    struct bytes text = call->argv[words->first + words->count + i];
    const struct slot *slot = call_slot(call, words->first + i);
    if (!bytes_is(text, "$"))
        return id_parse(text, 0);
    const struct late *late = &call->session->late;
    if (call->served_key >= 0)
        return (struct id){late->after_ms[i], late->after_sequence[i]};
    return slot ? slot->value.stream->last : (struct id){0, 0};
}

static void note_after(struct late *late, int i, int key, struct id id)
{
    late->after_ms[i] = id.ms;
    late->after_sequence[i] = id.sequence;
    late->after_key[i] = key;
}

static void run_xread(struct model_call *call)
{
    struct read_words words = read_words(call);
    struct session *session = call->session;
    struct id after[LATE_STREAMS];
    bool is_served[LATE_STREAMS];
    int count = 0;
    for (int i = 0; i < words.count; i++) {
        struct slot *slot;
        if (!call_value(call, words.first + i, MODEL_STREAM, &slot))
            return;
        after[i] = read_after(call, &words, i);
        is_served[i] = slot && stream_has_behind(&slot->value, after[i]);
        count += is_served[i];
    }
    for (int i = 0; i < words.count && count == 0; i++)
        note_after(&session->late, i, model_key(call->argv[words.first + i]), after[i]);
    session->late.stream_count = words.count;
    if (count == 0) {
        read_waits(call, &words);
        return;
    }
    out_head(session, count);
    for (int i = 0; i < words.count; i++) {
        struct id first = {after[i].ms + (after[i].sequence == UINT64_MAX), after[i].sequence + 1};
        if (!is_served[i])
            continue;
        if (session->protocol == 2)
            out_array(session, 2);
        out_bulk(session, call->argv[words.first + i]);
        out_entries(session, &call_slot(call, words.first + i)->value, first,
                    (struct id){UINT64_MAX, UINT64_MAX}, words.most, false);
    }
}

const struct model_command model_stream_commands[] = {
    {.name = "xadd", .arity = -5, .run = run_xadd},
    {.name = "xtrim", .arity = -4, .run = run_xtrim},
    {.name = "xdel", .arity = -3, .run = run_xdel},
    {.name = "xlen", .arity = 2, .run = run_xlen},
    {.name = "xrange", .arity = -4, .run = run_xrange},
    {.name = "xrevrange", .arity = -4, .run = run_xrevrange},
    {.name = "xread", .arity = -4, .run = run_xread},
    {.name = NULL},
};
