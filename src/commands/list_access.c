/* SPDX-License-Identifier: BSD-3-Clause */
#include "list_access.h"
#include "engine/server.h"
#include "store/store.h"
#include "telling.h"

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

/* Elements that were cut off, from one end to the other. */
struct popped {
    struct telling telling;
    struct sequence_walk walk;
};

static bool tell(struct telling *telling, struct reply *reply)
{
    struct popped *popped = LIST_ENTRY(telling, struct popped, telling);
    struct sequence_element element;
    if (!sequence_walk_next(&popped->walk, &element))
        return false;
    reply_list_element(reply, &element);
    return true;
}

/* They are gone at once, and told of in steps. */
static void pop_many(struct call *call, struct edit *edit, enum sequence_end end, uint64_t count)
{
    struct collection *list = &edit->value;
    uint64_t first = end == SEQUENCE_HEAD ? 0 : sequence_count(list) - count;
    struct value cut = {.type = VALUE_LIST, .large = sequence_cut(list, first, count)};
    sequence_shrunk(list);
    call_edited(call, edit, list_pop_events[end]);
    struct popped *popped = telling_new_of(call, sizeof *popped, cut);
    popped->telling.tell = tell;
    if (end == SEQUENCE_HEAD)
        sequence_walk_begin(&popped->walk, &popped->telling.held.collection, 0);
    else
        sequence_walk_backwards(&popped->walk, &popped->telling.held.collection);
    telling_run(call, &popped->telling);
}

static void reply_some(struct call *call, const struct collection *list, enum sequence_end end,
                       uint64_t count)
{
    struct sequence_walk walk;
    struct sequence_element element;
    if (end == SEQUENCE_HEAD)
        sequence_walk_begin(&walk, list, 0);
    else
        sequence_walk_backwards(&walk, list);
    for (uint64_t i = 0; i < count && sequence_walk_next(&walk, &element); i++)
        reply_list_element(call->reply, &element);
}

void list_pop(struct call *call, struct edit *edit, enum sequence_end end, uint64_t count)
{
    struct collection *list = &edit->value;
    struct sequence_element element;
    uint64_t first = end == SEQUENCE_HEAD ? 0 : sequence_count(list) - count;
    if (list->large && count > TOLD_AT_ONCE) {
        pop_many(call, edit, end, count);
        return;
    }
    /* Queues need no way through it. */
    if (count == 1 && sequence_at(list, first, &element))
        reply_list_element(call->reply, &element);
    else
        reply_some(call, list, end, count);
    list_cut(call, list, first, count);
    sequence_shrunk(list);
    call_edited(call, edit, list_pop_events[end]);
}
