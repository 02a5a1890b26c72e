/* SPDX-License-Identifier: BSD-3-Clause */
/* MULTI's queue and WATCH's keys. */
#ifndef ENGINE_TRANSACTION_H
#define ENGINE_TRANSACTION_H

#include "engine/call.h"

struct watches;

/* Counts the watched keys in `*heeded_keys`. */
struct watches *watches_new(size_t *heeded_keys);
/* When nobody watches any more. */
void watches_free(struct watches *watches);

/* `client` will not EXEC if `key` of the keyspace changes, or its removal comes due, before. */
void watch_key(struct client *client, struct keyspace *keyspace, struct key key);
void unwatch_all(struct client *client);
/* Told of every change; cheap when nobody watches. */
void watches_key_changed(struct server *server, struct keyspace *keyspace, struct bytes key);
/* The same for one removed at its deadline: nothing has changed for who began to watch after that. */
void watches_key_expired(struct server *server, struct keyspace *keyspace, struct bytes key);
/* `keyspace` is about to be emptied: whoever watches a key that is there won't EXEC. */
void watches_flushing(struct server *server, struct keyspace *keyspace);
/* Likewise about to be exchanged: whoever watches a key that is there in either. */
void watches_swapping(struct server *server, struct keyspace *a, struct keyspace *b);

void transaction_begin(struct client *client);
/* Queues the call's command, with copies of its arguments, and replies that it is queued. */
void transaction_queue(struct call *call);
/* Marks the transaction, if there is one, as not executable: a command in it was refused. */
void transaction_abort(struct client *client);
/* Replies to EXEC by running the queue, or by saying why not. */
void transaction_exec(struct call *call);
/* Admission refused EXEC itself, with this error: EXECABORT, and the transaction is over. */
void transaction_refuse(struct call *call, const char *error);
/* Forgets the queue and the watched keys; nothing happens when there are none. For DISCARD, RESET, and the
 * client's end. */
void transaction_discard(struct client *client);

/* The flags (enum command_flag) that at least one queued command has, and those that all of them have. */
uint32_t transaction_flags(const struct client *client);
uint32_t transaction_common_flags(const struct client *client);

size_t transaction_memory(const struct client *client);

#endif
