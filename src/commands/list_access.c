/* SPDX-License-Identifier: BSD-3-Clause */
#include "list_access.h"
#include "engine/server.h"
#include "store/store.h"

const char *const list_push_events[2] = {"lpush", "rpush"};
const char *const list_pop_events[2] = {"lpop", "rpop"};

bool call_list_end(struct call *call, int index, enum sequence_end *end)
{
    if (call_arg_is(call, index, "LEFT")) {
        *end = SEQUENCE_HEAD;
        return true;
    }
    if (call_arg_is(call, index, "RIGHT")) {
        *end = SEQUENCE_TAIL;
        return true;
    }
    call_syntax_error(call);
    return false;
}

struct bytes list_end_name(enum sequence_end end)
{
    return end == SEQUENCE_HEAD ? BYTES("LEFT") : BYTES("RIGHT");
}

bool call_list(struct call *call, int index, struct collection *list)
{
    return call_collection(call, call_key(call, index), VALUE_LIST, list);
}

void reply_list_element(struct reply *reply, const struct sequence_element *element)
{
    if (element->blob)
        reply_bulk_blob(reply, element->blob, 0, element->bytes.len);
    else
        reply_bulk(reply, element->bytes);
}

void list_cut(const struct call *call, struct collection *list, uint64_t index, uint64_t count)
{
    struct large *cut = sequence_cut(list, index, count);
    if (cut)
        store_release_value(call->server->store, (struct value){.type = VALUE_LIST, .large = cut});
}

void list_pop(struct call *call, struct edit *edit, enum sequence_end end, uint64_t count)
{
    struct collection *list = &edit->value;
    struct sequence_walk walk;
    struct sequence_element element;
    if (end == SEQUENCE_HEAD)
        sequence_walk_begin(&walk, list, 0);
    else
        sequence_walk_backwards(&walk, list);
    for (uint64_t i = 0; i < count && sequence_walk_next(&walk, &element); i++)
        reply_list_element(call->reply, &element);
    list_cut(call, list, end == SEQUENCE_HEAD ? 0 : sequence_count(list) - count, count);
    sequence_shrunk(list);
    call_edited(call, edit, list_pop_events[end]);
}
