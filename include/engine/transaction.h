/* SPDX-License-Identifier: BSD-3-Clause */
/* MULTI's queue and WATCH's keys. */
#ifndef ENGINE_TRANSACTION_H
#define ENGINE_TRANSACTION_H

#include "engine/call.h"

struct watches;

struct watches *watches_new(void);
void watches_free(struct watches *watches);

/* `client` will not EXEC if `key` of the keyspace changes, or its removal comes due, before. */
void watch_key(struct client *client, struct keyspace *keyspace, struct key key);
void unwatch_all(struct client *client);
/* Told of every change; cheap when nobody watches. keyspace-wide: a flush or swap. */
void watches_key_changed(struct server *server, struct keyspace *keyspace, struct bytes key);
void watches_flushed(struct server *server, struct keyspace *keyspace);
bool watches_is_empty(const struct watches *watches);

/* Queues the call's command (arguments copied). */
void transaction_queue(struct call *call);
/* Marks the transaction as not executable: a command in it was refused. */
void transaction_abort(struct client *client);
void transaction_begin(struct call *call);
void transaction_exec(struct call *call);
/* Forgets the queue and the watched keys. */
void transaction_discard(struct client *client);
size_t transaction_memory(const struct client *client);
int transaction_queue_length(const struct client *client);   /* -1 outside of MULTI */
int transaction_watch_count(const struct client *client);

#endif
