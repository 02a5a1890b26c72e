/* SPDX-License-Identifier: BSD-3-Clause */
/* Channels, patterns and shard channels, and who listens. A subscriber is embedded in whoever listens; a
 * published message is handed to `deliver` once for each receiver, encoded by whoever publishes. */
#ifndef PUBSUB_PUBSUB_H
#define PUBSUB_PUBSUB_H

#include "base/bytes.h"
#include <stdint.h>

struct pubsub;

enum subscription_kind { SUBSCRIBE_CHANNEL, SUBSCRIBE_PATTERN, SUBSCRIBE_SHARD, SUBSCRIPTION_KINDS };

/* Zero-initialised: listens to nothing. */
struct subscriber {
    struct subscriptions *own; /* NULL: it has none */
};

struct pubsub *pubsub_new(void);
void pubsub_free(struct pubsub *pubsub);

/* Ends all its subscriptions. */
void subscriber_clear(struct pubsub *pubsub, struct subscriber *subscriber);
uint32_t subscriber_count(const struct subscriber *subscriber, enum subscription_kind kind);
bool subscriber_is_listening(const struct subscriber *subscriber);
/* Bytes that its subscriptions take. */
size_t subscriber_memory(const struct subscriber *subscriber);

/* False when it was subscribed (was not subscribed) already. */
bool pubsub_subscribe(struct pubsub *pubsub, struct subscriber *subscriber, enum subscription_kind kind,
                      struct bytes name);
bool pubsub_unsubscribe(struct pubsub *pubsub, struct subscriber *subscriber, enum subscription_kind kind,
                        struct bytes name);

/* Visits the names a subscriber listens to, in the order it subscribed; it may unsubscribe the visited
 * one. */
void subscriber_each(struct subscriber *subscriber, enum subscription_kind kind,
                     void (*visit)(void *context, struct bytes name), void *context);

/* Calls `deliver` for everybody who listens to `channel` (kind CHANNEL: and by pattern, `pattern` set then).
 * Returns how many. `deliver` may not subscribe or unsubscribe. */
typedef void (*pubsub_deliver)(void *context, struct subscriber *subscriber, const struct bytes *pattern);
size_t pubsub_publish(struct pubsub *pubsub, enum subscription_kind kind, struct bytes channel,
                      pubsub_deliver deliver, void *context);

/* Whether anybody would hear: cheap, for notifications. */
bool pubsub_has_listeners(const struct pubsub *pubsub);

size_t pubsub_subscriber_count(const struct pubsub *pubsub, enum subscription_kind kind, struct bytes name);
size_t pubsub_name_count(const struct pubsub *pubsub, enum subscription_kind kind);
/* Visits the names of that kind that somebody listens to. */
void pubsub_each(const struct pubsub *pubsub, enum subscription_kind kind,
                 void (*visit)(void *context, struct bytes name), void *context);

#endif
