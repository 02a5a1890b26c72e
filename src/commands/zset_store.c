/* SPDX-License-Identifier: BSD-3-Clause */
#include "zset_store.h"
#include "engine/edit.h"

void zset_store_begin(struct zset_store *store, struct call *call)
{
    struct collection_limits limits = edit_limits(call->server, VALUE_ZSET);
    store->call = call;
    store->buffer = (struct buf){0};
    store->zset = collection_edit(VALUE_ZSET, NULL, &store->buffer, &limits);
}

void zset_store_end(struct zset_store *store, struct key key, const char *event)
{
    static const struct deadline never = {.mode = DEADLINE_NONE};
    struct call *call = store->call;
    uint64_t count = zset_count(&store->zset);
    if (count > 0)
        call_set(call, key, collection_value(&store->zset), never, EVENT_ZSET, event);
    else
        (void)call_remove(call, key);
    buf_clear(&store->buffer);
    reply_int(call->reply, (int64_t)count);
}

void zset_store_drop(struct zset_store *store)
{
    struct value value = collection_value(&store->zset);
    value_release(&value);
    buf_clear(&store->buffer);
}
