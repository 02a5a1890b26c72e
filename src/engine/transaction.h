/* SPDX-License-Identifier: BSD-3-Clause */
/* What a client's transaction consists of: its queue (transaction.c, transaction_exec.c) and its watches
 * (watch.c). It is there only while the client is in MULTI or watches something. */
#ifndef ENGINE_TRANSACTION_PRIVATE_H
#define ENGINE_TRANSACTION_PRIVATE_H

#include "base/clock.h"
#include "base/list.h"
#include "engine/client.h"
#include "engine/long_work.h"
#include "engine/transaction.h"

struct transaction {
    struct kept_request *first, *last;
    int queue_length;
    size_t queued_bytes;
    uint32_t flags, common_flags; /* of queued commands: that any has, that all have */
    /* While EXEC runs the queue: */
    struct long_work exec;
    struct client *client;
    const struct kept_request *next; /* to be run */
    struct long_work *resting;       /* of the one before; NULL: it is done */
    struct clock clock;              /* when EXEC began */
    uint32_t silence;                /* what of CLIENT REPLY held then */
    bool may_rest, has_begun, has_rested;
    struct list watches;
    int watch_count;
};

/* The client's, made when there is none. */
struct transaction *transaction_of(struct client *client);
/* Frees it when it holds nothing any more. */
void transaction_drop_if_idle(struct client *client);

/* Bytes that the transaction's watches take. */
size_t watches_memory(const struct transaction *transaction);

/* Looks at the client's watched keys, so that those whose time has come are removed, and it is told. */
void watched_keys_look(struct client *client);

/* The client runs EXEC, and it may go on in later ticks: what of the queue can stand still then may. */
static inline bool transaction_may_rest(const struct client *client)
{
    return (client->flags & CLIENT_IN_EXEC) && client->transaction->may_rest;
}

/* The queued command that runs stands still: EXEC goes on with this work, which it takes over. */
static inline void transaction_rest(struct client *client, struct long_work *work)
{
    client->transaction->resting = work;
}

#endif
