/* SPDX-License-Identifier: BSD-3-Clause */
/* A message to everybody who listens: encoded once per protocol version, shared by all receivers. */
#ifndef ENGINE_PUBLISH_H
#define ENGINE_PUBLISH_H

#include "pubsub/pubsub.h"

struct blob;
struct server;

/* Sends `message` to the subscribers of `channel` (kind SUBSCRIBE_CHANNEL: and of patterns that match it;
 * SUBSCRIBE_SHARD: only of that shard channel). Returns how many receive it; whoever listens twice counts
 * twice. With `own`, a blob that nobody shares and that holds nothing but the message, its bytes are sent
 * from where they lie; NULL: they are copied once. */
size_t publish(struct server *server, enum subscription_kind kind, struct bytes channel, struct bytes message,
               struct blob *own);

void publish_add_metrics(struct server *server);

#endif
