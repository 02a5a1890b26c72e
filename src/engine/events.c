/* SPDX-License-Identifier: BSD-3-Clause */
/* The one place where a change of a key, whoever caused it, becomes known to those who wait for it:
 * transactions that watch it, clients that cache it, subscribers of its notifications. Each costs a test of
 * one word while nobody waits. */
#include "engine/events.h"
#include "base/buf.h"
#include "engine/blocking.h"
#include "engine/journal.h"
#include "engine/long_work.h"
#include "engine/publish.h"
#include "engine/server.h"
#include "engine/tracking.h"
#include "engine/transaction.h"

void events_key_changed(struct server *server, struct client *by, struct keyspace *keyspace, struct bytes key)
{
    watches_key_changed(server, keyspace, key);
    blocking_key_changed(&server->blocking, keyspace, key);
    if (server->tracking)
        tracking_key_changed(server, by, key);
}

void events_flushing(struct server *server, struct keyspace *keyspace)
{
    if (keyspace) {
        watches_flushing(server, keyspace);
    } else {
        for (int index = 0; index < store_keyspace_count(server->store); index++)
            watches_flushing(server, store_keyspace(server->store, index));
    }
    blocking_flushing(&server->blocking, keyspace);
    if (server->tracking)
        tracking_flushing(server);
}

void events_swapping(struct server *server, struct keyspace *a, struct keyspace *b)
{
    watches_swapping(server, a, b);
    blocking_swapping(&server->blocking, a, b);
    long_work_swapping(server, a, b);
}

void events_removed(void *context, struct keyspace *keyspace, struct bytes key, enum removal why)
{
    struct server *server = context;
    journal_removed(server, keyspace_index(keyspace), key);
    switch (why) {
    case REMOVED_EXPIRED:
        events_notify(server, keyspace, key, EVENT_EXPIRED, "expired");
        watches_key_expired(server, keyspace, key);
        blocking_key_changed(&server->blocking, keyspace, key);
        if (server->tracking)
            tracking_key_changed(server, NULL, key);
        break;
    case REMOVED_EVICTED:
        server->counters.evicted_keys++;
        events_key_changed(server, NULL, keyspace, key);
        events_notify(server, keyspace, key, EVENT_EVICTED, "evicted");
        break;
    }
}

void events_parts_removed(void *context, struct keyspace *keyspace, struct bytes key,
                          const struct removed_parts *parts)
{
    struct server *server = context;
    journal_parts_removed(server, keyspace_index(keyspace), key, parts);
    events_key_changed(server, NULL, keyspace, key);
    events_notify(server, keyspace, key, EVENT_HASH, "hexpired");
    if (parts->with_key)
        events_notify(server, keyspace, key, EVENT_GENERIC, "del");
}

/* "__keyspace@0__:" and what follows. */
static void publish_event(struct server *server, const char *channel_kind, struct keyspace *keyspace,
                          struct bytes channel_end, struct bytes message)
{
    struct buf channel = {0};
    buf_printf(&channel, "__%s@%d__:", channel_kind, keyspace_index(keyspace));
    buf_append_bytes(&channel, channel_end);
    publish(server, SUBSCRIBE_CHANNEL, buf_bytes(&channel), message, NULL);
    buf_clear(&channel);
}

void events_notify(struct server *server, struct keyspace *keyspace, struct bytes key, unsigned event_class,
                   const char *event)
{
    if (!(server->notify_classes & event_class) || !pubsub_has_listeners(server->pubsub))
        return;
    struct bytes name = bytes_of(event);
    if (server->notify_classes & EVENT_KEYSPACE)
        publish_event(server, "keyspace", keyspace, key, name);
    if (server->notify_classes & EVENT_KEYEVENT)
        publish_event(server, "keyevent", keyspace, name, key);
}

static const struct {
    char letter;
    unsigned classes;
} event_letters[] = {
    {'K', EVENT_KEYSPACE}, {'E', EVENT_KEYEVENT}, {'A', EVENT_ALL},     {'g', EVENT_GENERIC},
    {'$', EVENT_STRING},   {'l', EVENT_LIST},     {'s', EVENT_SET},     {'h', EVENT_HASH},
    {'z', EVENT_ZSET},     {'x', EVENT_EXPIRED},  {'e', EVENT_EVICTED}, {'t', EVENT_STREAM},
    {'m', EVENT_KEY_MISS}, {'d', EVENT_MODULE},   {'n', EVENT_NEW},
};

unsigned events_parse_classes(const char *letters)
{
    unsigned classes = 0;
    for (; *letters; letters++) {
        for (size_t i = 0; i < sizeof event_letters / sizeof event_letters[0]; i++)
            classes |= *letters == event_letters[i].letter ? event_letters[i].classes : 0;
    }
    return classes;
}
