/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that wait until a key holds something. Who came first is served first, whatever command made
 * the key, when the outermost call that did is over (EXEC: its whole queue), and never while CLIENT PAUSE
 * holds up writes. Nothing of it costs anything in a tick in which no key that is waited for changes. */
#ifndef ENGINE_BLOCKING_H
#define ENGINE_BLOCKING_H

#include "base/list.h"
#include "base/table.h"
#include "engine/call.h"
#include "engine/wait.h"

/* Those of a server. */
struct blocking {
    struct table keys; /* (database, name) -> who waits for it */
    struct list ready; /* keys that changed, the one that did so first in front */
    struct blocked_key *serving;
    size_t heeding_loss_count; /* keys of which somebody heeds that they go */
    size_t *heeded_keys;       /* counts them, too */
};

void blocking_init(struct blocking *blocking, size_t *heeded_keys);
/* When nobody waits any more. */
void blocking_clear(struct blocking *blocking);

/* The call, which may wait and found nothing, waits for any of its keys at argv[first] to argv[last], in the
 * client's database. `serve` is tried with a key that was changed and is there, when the client is next;
 * `expired` replies when `until_ms` (monotonic, INT64_MAX: never) has come. The command is to return. */
void call_block(struct call *call, int first, int last, int64_t until_ms,
                bool (*serve)(struct call *call, struct key key), void (*expired)(struct call *call));

/* The same for who can't go on without its keys: `serve` is tried with one that went, too. */
void call_block_heeding_loss(struct call *call, int first, int last, int64_t until_ms,
                             bool (*serve)(struct call *call, struct key key),
                             void (*expired)(struct call *call));

/* Told of every change. */
void blocking_note(struct blocking *blocking, struct keyspace *keyspace, struct bytes key);
static inline void blocking_key_changed(struct blocking *blocking, struct keyspace *keyspace,
                                        struct bytes key)
{
    if (blocking->keys.count > 0)
        blocking_note(blocking, keyspace, key);
}
/* Two databases are about to be exchanged: who waits for a key of one is served with the other's. */
void blocking_swapping(struct blocking *blocking, struct keyspace *a, struct keyspace *b);

/* A database (NULL: every one) is emptied. */
void blocking_flushing(struct blocking *blocking, const struct keyspace *keyspace);

/* Serves who waits for keys that changed. */
void blocking_serve(struct server *server);

void blocking_add_metrics(struct server *server);

#endif
