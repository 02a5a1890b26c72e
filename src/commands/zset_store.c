/* SPDX-License-Identifier: BSD-3-Clause */
#include "zset_store.h"
#include "engine/edit.h"

void zset_store_begin(struct zset_store *made, const struct call *call)
{
    struct collection_limits limits = edit_limits(call->server, VALUE_ZSET);
    made->buffer = (struct buf){0};
    made->zset = collection_edit(VALUE_ZSET, NULL, &made->buffer, &limits);
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
