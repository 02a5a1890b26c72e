/* SPDX-License-Identifier: BSD-3-Clause */
/* Topics and who listens to them. A topic (a channel, a pattern, a shard channel) is there as long as
 * somebody listens; it keeps its listeners in one array, so that publishing is a walk over consecutive
 * memory.
 *
 *     topics[kind]   name -> topic -> [listener | listener | ...]
 *                                          |  ^
 *     subscriptions  (topic, subscriber) -> subscription, which knows its place in the array
 *
 * A listener that leaves is replaced by the array's last one, so subscribing, leaving and asking cost the
 * same however many listen and however many topics a subscriber has. Patterns hang on a list as well, which
 * every publication walks. */
#include "pubsub/pubsub.h"
#include "base/alloc.h"
#include "base/glob.h"
#include "base/hash.h"
#include "base/list.h"
#include "base/panic.h"
#include "base/table.h"

/* Of one subscriber, in the order it subscribed. Most clients have none. */
struct subscriptions {
    struct list of_kind[SUBSCRIPTION_KINDS];
    uint32_t counts[SUBSCRIPTION_KINDS];
    uint32_t total;
};

struct subscription {
    struct list link; /* in subscriptions->of_kind[kind] */
    struct topic *topic;
    struct subscriber *subscriber;
    uint32_t index; /* in topic->listeners */
};

struct listener {
    struct subscriber *subscriber;
    struct subscription *subscription;
};

struct topic {
    uint64_t hash;
    struct list link; /* of a pattern: in pubsub->patterns */
    struct listener *listeners;
    uint32_t count, capacity;
    size_t name_len;
    char name[];
};

struct pubsub {
    struct table topics[SUBSCRIPTION_KINDS];
    struct table subscriptions;
    struct list patterns;
};

static struct bytes topic_name(const struct topic *topic)
{
    return bytes_make(topic->name, topic->name_len);
}

static uint64_t hash_of_topic(void *context, const void *item)
{
    (void)context;
    return ((const struct topic *)item)->hash;
}

/* The topic's hash is secret; the rest spreads the subscribers of one topic over all bits. */
static uint64_t hash_of_pair(const struct topic *topic, const struct subscriber *subscriber)
{
    uint64_t hash = topic->hash + (uint64_t)(uintptr_t)subscriber;
    hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15u;
    hash = (hash ^ hash >> 29) * 0xbf58476d1ce4e5b9u;
    return hash ^ hash >> 32;
}

static uint64_t hash_of_subscription(void *context, const void *item)
{
    const struct subscription *subscription = item;
    (void)context;
    return hash_of_pair(subscription->topic, subscription->subscriber);
}

static const struct table_type topic_table = {.hash = hash_of_topic};
static const struct table_type subscription_table = {.hash = hash_of_subscription};

static bool topic_matches(const void *item, const void *wanted)
{
    return bytes_equal(topic_name(item), *(const struct bytes *)wanted);
}

static bool subscription_matches(const void *item, const void *wanted)
{
    const struct subscription *subscription = item, *pair = wanted;
    return subscription->topic == pair->topic && subscription->subscriber == pair->subscriber;
}

struct pubsub *pubsub_new(void)
{
    struct pubsub *pubsub = mem_alloc(sizeof *pubsub);
    for (int kind = 0; kind < SUBSCRIPTION_KINDS; kind++)
        table_init(&pubsub->topics[kind], &topic_table, NULL);
    table_init(&pubsub->subscriptions, &subscription_table, NULL);
    list_init(&pubsub->patterns);
    return pubsub;
}

void pubsub_free(struct pubsub *pubsub)
{
    for (int kind = 0; kind < SUBSCRIPTION_KINDS; kind++) {
        ASSERT(pubsub->topics[kind].count == 0);
        table_clear(&pubsub->topics[kind]);
    }
    table_clear(&pubsub->subscriptions);
    mem_free(pubsub);
}

static struct topic *find_topic(const struct pubsub *pubsub, enum subscription_kind kind, struct bytes name)
{
    return table_slot_item(
        table_find(&pubsub->topics[kind], hash_bytes(name.data, name.len), topic_matches, &name));
}

static struct subscription *find_subscription(const struct pubsub *pubsub, struct topic *topic,
                                              struct subscriber *subscriber)
{
    struct subscription pair = {.topic = topic, .subscriber = subscriber};
    return table_slot_item(
        table_find(&pubsub->subscriptions, hash_of_pair(topic, subscriber), subscription_matches, &pair));
}

static struct topic *add_topic(struct pubsub *pubsub, enum subscription_kind kind, struct bytes name)
{
    struct topic *topic = mem_alloc(sizeof *topic + name.len);
    *topic = (struct topic){.hash = hash_bytes(name.data, name.len), .name_len = name.len};
    if (name.len > 0)
        memcpy(topic->name, name.data, name.len);
    list_init(&topic->link);
    if (kind == SUBSCRIBE_PATTERN)
        list_append(&pubsub->patterns, &topic->link);
    table_insert(&pubsub->topics[kind], topic->hash, topic);
    return topic;
}

static void remove_topic(struct pubsub *pubsub, enum subscription_kind kind, struct topic *topic)
{
    table_remove(&pubsub->topics[kind], table_locate(&pubsub->topics[kind], topic->hash, topic));
    list_remove(&topic->link);
    mem_free(topic->listeners);
    mem_free(topic);
}

static void add_listener(struct topic *topic, struct subscription *subscription)
{
    if (topic->count == topic->capacity) {
        topic->capacity = topic->capacity ? topic->capacity * 2 : 1;
        topic->listeners = mem_realloc(topic->listeners, topic->capacity * sizeof *topic->listeners);
    }
    subscription->index = topic->count;
    topic->listeners[topic->count++] = (struct listener){subscription->subscriber, subscription};
}

static void remove_listener(struct topic *topic, const struct subscription *subscription)
{
    struct listener last = topic->listeners[--topic->count];
    topic->listeners[subscription->index] = last;
    last.subscription->index = subscription->index;
    /* Halved only when three quarters are free, so that coming and going at a border costs nothing. */
    if (topic->capacity > 8 && topic->count < topic->capacity / 4) {
        topic->capacity /= 2;
        topic->listeners = mem_realloc(topic->listeners, topic->capacity * sizeof *topic->listeners);
    }
}

static struct subscriptions *subscriptions_new(void)
{
    struct subscriptions *own = mem_zalloc(sizeof *own);
    for (int kind = 0; kind < SUBSCRIPTION_KINDS; kind++)
        list_init(&own->of_kind[kind]);
    return own;
}

bool pubsub_subscribe(struct pubsub *pubsub, struct subscriber *subscriber, enum subscription_kind kind,
                      struct bytes name)
{
    struct topic *topic = find_topic(pubsub, kind, name);
    if (!topic)
        topic = add_topic(pubsub, kind, name);
    else if (find_subscription(pubsub, topic, subscriber))
        return false;
    struct subscription *subscription = mem_alloc(sizeof *subscription);
    *subscription = (struct subscription){.topic = topic, .subscriber = subscriber};
    add_listener(topic, subscription);
    table_insert(&pubsub->subscriptions, hash_of_pair(topic, subscriber), subscription);
    if (!subscriber->own)
        subscriber->own = subscriptions_new();
    list_append(&subscriber->own->of_kind[kind], &subscription->link);
    subscriber->own->counts[kind]++;
    subscriber->own->total++;
    return true;
}

static void end_own(struct subscriber *subscriber, enum subscription_kind kind)
{
    subscriber->own->counts[kind]--;
    if (--subscriber->own->total > 0)
        return;
    mem_free(subscriber->own);
    subscriber->own = NULL;
}

static void end(struct pubsub *pubsub, enum subscription_kind kind, struct subscription *subscription)
{
    struct topic *topic = subscription->topic;
    uint64_t hash = hash_of_subscription(NULL, subscription);
    table_remove(&pubsub->subscriptions, table_locate(&pubsub->subscriptions, hash, subscription));
    list_remove(&subscription->link);
    end_own(subscription->subscriber, kind);
    remove_listener(topic, subscription);
    if (topic->count == 0)
        remove_topic(pubsub, kind, topic);
    mem_free(subscription);
}

bool pubsub_unsubscribe(struct pubsub *pubsub, struct subscriber *subscriber, enum subscription_kind kind,
                        struct bytes name)
{
    struct topic *topic = find_topic(pubsub, kind, name);
    struct subscription *subscription = topic ? find_subscription(pubsub, topic, subscriber) : NULL;
    if (!subscription)
        return false;
    end(pubsub, kind, subscription);
    return true;
}

uint32_t subscriber_count(const struct subscriber *subscriber, enum subscription_kind kind)
{
    return subscriber->own ? subscriber->own->counts[kind] : 0;
}

bool subscriber_is_listening(const struct subscriber *subscriber)
{
    return subscriber->own;
}

size_t subscriber_memory(const struct subscriber *subscriber)
{
    const struct subscriptions *own = subscriber->own;
    return own ? sizeof *own + own->total * (sizeof(struct subscription) + sizeof(struct listener)) : 0;
}

void subscriber_clear(struct pubsub *pubsub, struct subscriber *subscriber)
{
    for (int kind = 0; kind < SUBSCRIPTION_KINDS; kind++) {
        while (subscriber_count(subscriber, (enum subscription_kind)kind) > 0) {
            struct list *first = subscriber->own->of_kind[kind].next;
            end(pubsub, (enum subscription_kind)kind, LIST_ENTRY(first, struct subscription, link));
        }
    }
}

void subscriber_each(struct subscriber *subscriber, enum subscription_kind kind,
                     void (*visit)(void *context, struct bytes name), void *context)
{
    if (!subscriber->own)
        return;
    /* With the last one that goes, what the list hangs on goes, too. */
    struct list *link = subscriber->own->of_kind[kind].next;
    for (uint32_t left = subscriber->own->counts[kind]; left > 0; left--) {
        struct list *next = link->next;
        visit(context, topic_name(LIST_ENTRY(link, struct subscription, link)->topic));
        link = next;
    }
}

static void deliver_to_all(const struct topic *topic, const struct bytes *pattern, pubsub_deliver deliver,
                           void *context)
{
    for (uint32_t i = 0; i < topic->count; i++)
        deliver(context, topic->listeners[i].subscriber, pattern);
}

size_t pubsub_publish(struct pubsub *pubsub, enum subscription_kind kind, struct bytes channel,
                      pubsub_deliver deliver, void *context)
{
    size_t receivers = 0;
    const struct topic *topic = find_topic(pubsub, kind, channel);
    if (topic) {
        deliver_to_all(topic, NULL, deliver, context);
        receivers = topic->count;
    }
    if (kind != SUBSCRIBE_CHANNEL)
        return receivers;
    LIST_EACH(link, &pubsub->patterns) {
        topic = LIST_ENTRY(link, struct topic, link);
        struct bytes pattern = topic_name(topic);
        if (!glob_match(pattern, channel, false))
            continue;
        deliver_to_all(topic, &pattern, deliver, context);
        receivers += topic->count;
    }
    return receivers;
}

bool pubsub_has_listeners(const struct pubsub *pubsub)
{
    return pubsub->subscriptions.count > 0;
}

size_t pubsub_subscriber_count(const struct pubsub *pubsub, enum subscription_kind kind, struct bytes name)
{
    const struct topic *topic = find_topic(pubsub, kind, name);
    return topic ? topic->count : 0;
}

size_t pubsub_name_count(const struct pubsub *pubsub, enum subscription_kind kind)
{
    return pubsub->topics[kind].count;
}

struct name_visit {
    void (*visit)(void *context, struct bytes name);
    void *context;
};

static void visit_name(void *context, void *item)
{
    const struct name_visit *names = context;
    names->visit(names->context, topic_name(item));
}

void pubsub_each(const struct pubsub *pubsub, enum subscription_kind kind,
                 void (*visit)(void *context, struct bytes name), void *context)
{
    struct name_visit names = {visit, context};
    uint64_t cursor = 0;
    do
        cursor = table_scan(&pubsub->topics[kind], cursor, visit_name, &names);
    while (cursor);
}
