/* SPDX-License-Identifier: BSD-3-Clause */
#include "telling.h"
#include "base/alloc.h"
#include "engine/server.h"

enum { TOLD_A_STEP = 64 };
/* What may wait for the client to read it. */
#define AHEAD_MAX ((size_t)1 << 20)
/* HRANDFIELD key -9999999999 replies any number of times what is there once. */
#define REPEATED_MAX ((size_t)256 << 20)
/* Of an element, "$0", in a reply. */
enum { LEAST_BYTES = 6 };

static bool step(struct long_work *work)
{
    struct telling *telling = LIST_ENTRY(work, struct telling, work);
    /* Who hears nothing is told no more: the end may be as far away as somebody likes to say. */
    if (work->client && (telling->is_silent || work->client->flags & CLIENT_DEAF))
        return true;
    for (int i = 0; i < TOLD_A_STEP; i++) {
        if (!telling->tell(telling, telling->reply))
            return true;
    }
    if (work->client && !telling->head)
        client_wants_write(work->client);
    telling->is_too_large =
        telling->repeated && !work->client && reply_pending(telling->reply) > REPEATED_MAX;
    return telling->is_too_large;
}

static bool is_ahead(const struct long_work *work)
{
    const struct telling *telling = LIST_ENTRY(work, struct telling, work);
    return !telling->head && !(work->client->flags & CLIENT_INTERNAL) &&
           reply_pending(telling->reply) > AHEAD_MAX;
}

static void finish(struct call *call, struct long_work *work)
{
    struct telling *telling = LIST_ENTRY(work, struct telling, work);
    if (telling->is_too_large) {
        reply_rollback(call->reply, telling->begin);
        call_error(call, ERR_REPLY_TOO_LARGE);
        return;
    }
    if (!telling->head)
        return;
    telling->head(telling, call->reply);
    reply_take(call->reply, &telling->shown);
}

static void free_telling(struct long_work *work)
{
    struct telling *telling = LIST_ENTRY(work, struct telling, work);
    release_collection(&telling->held, telling->store);
    reply_clear(&telling->shown);
    if (telling->clear)
        telling->clear(telling);
    mem_free(telling);
}

static struct telling *make(struct call *call, size_t size)
{
    struct telling *telling = mem_zalloc(size);
    telling->work =
        (struct long_work){.step = step, .is_ahead = is_ahead, .finish = finish, .free = free_telling};
    telling->store = call->server->store;
    telling->begin = reply_mark(call->reply);
    telling->is_silent = client_is_silent(call->client);
    reply_init(&telling->shown, call->reply->pool);
    telling->shown.protocol = call->reply->protocol;
    return telling;
}

void *telling_new(struct call *call, size_t size, enum value_type type, int argument)
{
    struct telling *telling = make(call, size);
    hold_collection(&telling->held, type, keyspace_peek(call->keyspace, call_key(call, argument)));
    return telling;
}

void *telling_new_of(struct call *call, size_t size, struct value value)
{
    struct telling *telling = make(call, size);
    telling->held.value = value;
    telling->held.collection = collection_of(value.type, &telling->held.value);
    return telling;
}

/* Less may wait for the client than is told ahead, and what it asked for is more: it would be closed amid it.
 * So it is closed before it has read of so many elements. */
static bool is_hopeless(const struct call *call, const struct telling *telling)
{
    size_t limit = client_output_hard_limit(call->client);
    return call_may_wait(call) && limit > 0 && limit < AHEAD_MAX && telling->repeated > limit / LEAST_BYTES;
}

void telling_run(struct call *call, struct telling *telling)
{
    if (is_hopeless(call, telling)) {
        free_telling(&telling->work);
        client_close_for_output(call->client);
        return;
    }
    telling->reply = telling->head ? &telling->shown : call->reply;
    long_work_run(call, &telling->work);
}
