/* SPDX-License-Identifier: BSD-3-Clause */
#include "zset_store.h"
#include "base/alloc.h"
#include "engine/edit.h"
#include "engine/server.h"

void zset_store_begin(struct zset_store *made, const struct call *call)
{
    struct collection_limits limits = edit_limits(call->server, VALUE_ZSET);
    *made = (struct zset_store){.lacks_memory = false};
    made->zset = collection_edit(VALUE_ZSET, NULL, &made->buffer, &limits);
}

void zset_store_put(struct zset_store *made, struct bytes member, double score)
{
    if (mem_has_room(member.len))
        (void)zset_put(&made->zset, member, score);
    else
        made->lacks_memory = true;
}

/* The large one belongs to somebody else by now. */
static void forget(struct zset_store *made)
{
    made->zset.large = NULL;
    made->zset.packed = (struct bytes){0};
    buf_clear(&made->buffer);
}

void zset_store_end(struct zset_store *made, struct call *call, struct key key, const char *event)
{
    static const struct deadline never = {.mode = DEADLINE_NONE};
    uint64_t count = zset_count(&made->zset);
    if (made->lacks_memory) {
        call_error(call, ERR_OUT_OF_MEMORY);
        zset_store_drop(made, call->server->store);
        return;
    }
    if (count > 0)
        call_set(call, key, collection_value(&made->zset), never, EVENT_ZSET, event);
    else
        (void)call_remove(call, key);
    forget(made);
    reply_int(call->reply, (int64_t)count);
}

void zset_store_drop(struct zset_store *made, struct store *store)
{
    if (made->zset.large)
        store_release_value(store, collection_value(&made->zset));
    forget(made);
}
