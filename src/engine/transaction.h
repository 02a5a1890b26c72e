/* SPDX-License-Identifier: BSD-3-Clause */
/* What a client's transaction consists of: its queue (transaction.c) and its watches (watch.c). It is there
 * only while the client is in MULTI or watches something. */
#ifndef ENGINE_TRANSACTION_PRIVATE_H
#define ENGINE_TRANSACTION_PRIVATE_H

#include "base/list.h"
#include "engine/transaction.h"

struct transaction {
    struct kept_request *first, *last;
    int queue_length;
    size_t queued_bytes;
    uint32_t flags, common_flags; /* of queued commands: that any has, that all have */
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

#endif
