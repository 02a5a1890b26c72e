/* SPDX-License-Identifier: BSD-3-Clause */
/* What commands look at: keys, and values made of arguments. */
#include "base/alloc.h"
#include "engine/call.h"
#include "engine/events.h"
#include "engine/server.h"

/* Counts a hit or a miss. */
static const struct entry *found(struct call *call, struct key key, const struct entry *entry)
{
    if (entry) {
        call->server->counters.keyspace_hits++;
        return entry;
    }
    call->server->counters.keyspace_misses++;
    call_notify(call, call->keyspace, key, EVENT_KEY_MISS, "keymiss");
    return NULL;
}

const struct entry *call_peek(struct call *call, struct key key)
{
    return found(call, key, keyspace_peek(call->keyspace, key));
}

const struct entry *call_find(struct call *call, struct key key)
{
    return found(call, key, keyspace_find(call->keyspace, key));
}

static bool is_string(struct call *call, const struct entry *entry)
{
    if (!entry || entry_type(entry) == VALUE_STRING)
        return true;
    call_error(call, ERR_WRONG_TYPE);
    return false;
}

bool call_find_string(struct call *call, struct key key, const struct entry **entry)
{
    return is_string(call, *entry = call_find(call, key));
}

bool call_string_to_edit(struct call *call, struct key key, const struct entry **entry)
{
    return is_string(call, *entry = keyspace_peek(call->keyspace, key));
}

void call_notify(struct call *call, struct keyspace *keyspace, struct key key, unsigned event_class,
                 const char *event)
{
    if (call->server->notify_classes & event_class)
        events_notify(call->server, keyspace, key.name, event_class, event);
}

bool call_has_room(struct call *call, size_t size)
{
    if (mem_has_room(size))
        return true;
    call_error(call, ERR_OUT_OF_MEMORY);
    return false;
}

struct blob *call_own_blob(const struct call *call, int index)
{
    struct blob *blob = call->big_argument;
    return blob && call->argv[index].data == blob->data && !blob_is_shared(blob) ? blob : NULL;
}

bool call_string_value(struct call *call, int index, struct value *value)
{
    struct bytes argument = call->argv[index];
    if (argument.len <= INLINE_VALUE_MAX) {
        *value = string_value(argument);
        return true;
    }
    struct blob *own = call_own_blob(call, index);
    /* The request keeps its reference: its arguments are looked at again (monitors) when the value may be
     * gone. */
    struct blob *blob = own ? blob_ref(own) : blob_try_of(argument);
    if (blob)
        *value = string_value_blob(blob);
    else
        call_error(call, ERR_OUT_OF_MEMORY);
    return blob;
}
