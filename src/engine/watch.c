/* SPDX-License-Identifier: BSD-3-Clause */
/* WATCH: who must not EXEC when which key changes.
 *
 *     keys   (keyspace, name) -> watched key -> watch -> watch -> ...     by key: who is still to be told
 *                                                 |
 *     client->transaction->watches  ------------> watch -> ...            by client
 *
 * A key that expired is gone for whoever looks at it, and a look at it removes it and tells everybody who
 * watches. So it is enough to look: when the watch begins (what is dead then never was there for this
 * client), and when EXEC comes. In a pause a look removes nothing, and while a script stands still nobody
 * looks: then EXEC sees for itself which keys are dead that weren't, and the removal of one that was tells
 * nobody who knew it as dead. */
#include "base/alloc.h"
#include "base/panic.h"
#include "base/table.h"
#include "engine/server.h"
#include "transaction.h"

struct watched_key {
    uint64_t hash; /* of keyspace and name */
    struct keyspace *keyspace;
    struct key key;
    struct list watches;  /* of clients that don't know of a change yet */
    uint32_t watch_count; /* all of them */
    char name[];
};

struct watch {
    struct list of_client, of_key;
    struct watched_key *key;
    struct client *client;
    bool was_dead; /* past its deadline when the watch began, and held by a pause or a script since */
};

struct watches {
    struct table keys;
    size_t *heeded_keys; /* server->heeded_keys: how many keys somebody wants to hear of */
};

static uint64_t hash_of(void *context, const void *item)
{
    (void)context;
    return ((const struct watched_key *)item)->hash;
}

static bool matches(const void *item, const void *wanted)
{
    const struct watched_key *key = item, *other = wanted;
    return key->keyspace == other->keyspace && bytes_equal(key->key.name, other->key.name);
}

static const struct table_type key_table = {.hash = hash_of};

struct watches *watches_new(size_t *heeded_keys)
{
    struct watches *watches = mem_alloc(sizeof *watches);
    table_init(&watches->keys, &key_table, NULL);
    watches->heeded_keys = heeded_keys;
    return watches;
}

void watches_free(struct watches *watches)
{
    ASSERT(watches->keys.count == 0);
    table_clear(&watches->keys);
    mem_free(watches);
}

static bool is_empty(const struct watches *watches)
{
    return watches->keys.count == 0;
}

static struct table_slot find_key(const struct watches *watches, struct keyspace *keyspace, struct key key,
                                  uint64_t *hash)
{
    struct watched_key wanted = {.keyspace = keyspace, .key = key};
    *hash = key.hash + (uint64_t)keyspace_index(keyspace) * 0x9e3779b97f4a7c15u;
    return table_find(&watches->keys, *hash, matches, &wanted);
}

static struct watched_key *get_key(struct watches *watches, struct keyspace *keyspace, struct key key)
{
    uint64_t hash;
    struct watched_key *watched = table_slot_item(find_key(watches, keyspace, key, &hash));
    if (watched)
        return watched;
    watched = mem_alloc(sizeof *watched + key.name.len);
    *watched = (struct watched_key){.hash = hash, .keyspace = keyspace};
    if (key.name.len > 0)
        memcpy(watched->name, key.name.data, key.name.len);
    watched->key = (struct key){bytes_make(watched->name, key.name.len), key.hash};
    list_init(&watched->watches);
    table_insert(&watches->keys, hash, watched);
    (*watches->heeded_keys)++;
    return watched;
}

/* Asks the shorter of the two lists. */
static bool is_watching(const struct transaction *transaction, const struct watched_key *key)
{
    if (key->watch_count < (uint32_t)transaction->watch_count) {
        LIST_EACH(link, &key->watches) {
            if (LIST_ENTRY(link, struct watch, of_key)->client->transaction == transaction)
                return true;
        }
        return false;
    }
    LIST_EACH(link, &transaction->watches) {
        if (LIST_ENTRY(link, struct watch, of_client)->key == key)
            return true;
    }
    return false;
}

void watch_key(struct client *client, struct keyspace *keyspace, struct key key)
{
    struct transaction *transaction = transaction_of(client);
    /* For a script that stands still, time does as well: what is dead now may live for it. */
    if (!client->server->status.is_script_busy)
        keyspace_peek(keyspace, key);
    struct watched_key *watched = get_key(client->server->watches, keyspace, key);
    if (is_watching(transaction, watched))
        return;
    struct watch *watch = mem_alloc(sizeof *watch);
    *watch = (struct watch){.key = watched, .client = client, .was_dead = keyspace_holds_dead(keyspace, key)};
    list_append(&watched->watches, &watch->of_key);
    watched->watch_count++;
    list_append(&transaction->watches, &watch->of_client);
    transaction->watch_count++;
}

static void end_watch(struct watches *watches, struct watch *watch)
{
    struct watched_key *key = watch->key;
    list_remove(&watch->of_key);
    list_remove(&watch->of_client);
    mem_free(watch);
    if (--key->watch_count > 0)
        return;
    table_remove(&watches->keys, table_locate(&watches->keys, key->hash, key));
    (*watches->heeded_keys)--;
    mem_free(key);
}

size_t watches_memory(const struct transaction *transaction)
{
    return (size_t)transaction->watch_count * sizeof(struct watch);
}

void unwatch_all(struct client *client)
{
    struct transaction *transaction = client->transaction;
    if (!transaction)
        return;
    LIST_EACH_SAFE(link, &transaction->watches)
        end_watch(client->server->watches, LIST_ENTRY(link, struct watch, of_client));
    transaction->watch_count = 0;
    transaction_drop_if_idle(client);
}

void watched_keys_look(struct client *client)
{
    if (!client->transaction)
        return;
    LIST_EACH(link, &client->transaction->watches) {
        const struct watch *watch = LIST_ENTRY(link, struct watch, of_client);
        const struct watched_key *key = watch->key;
        if (!keyspace_peek(key->keyspace, key->key) && !watch->was_dead &&
            keyspace_holds_dead(key->keyspace, key->key))
            client->flags |= CLIENT_DIRTY_WATCH;
    }
}

/* Told once, a client needn't be told again: it leaves the key's list, but keeps its watch until EXEC. */
static void touch(struct watched_key *key)
{
    LIST_EACH_SAFE(link, &key->watches) {
        LIST_ENTRY(link, struct watch, of_key)->client->flags |= CLIENT_DIRTY_WATCH;
        list_remove(link);
    }
}

/* NULL when nobody watches it. */
static struct watched_key *watched_by_name(const struct server *server, struct keyspace *keyspace,
                                           struct bytes key)
{
    uint64_t hash;
    if (is_empty(server->watches))
        return NULL;
    return table_slot_item(find_key(server->watches, keyspace, key_of(key), &hash));
}

void watches_key_changed(struct server *server, struct keyspace *keyspace, struct bytes key)
{
    struct watched_key *watched = watched_by_name(server, keyspace, key);
    if (watched)
        touch(watched);
}

void watches_key_expired(struct server *server, struct keyspace *keyspace, struct bytes key)
{
    struct watched_key *watched = watched_by_name(server, keyspace, key);
    if (!watched)
        return;
    LIST_EACH_SAFE(link, &watched->watches) {
        struct watch *watch = LIST_ENTRY(link, struct watch, of_key);
        if (!watch->was_dead) {
            watch->client->flags |= CLIENT_DIRTY_WATCH;
            list_remove(link);
        }
        watch->was_dead = false;
    }
}

struct touch_present {
    struct keyspace *keyspace, *other; /* a key is touched when it is there in either; `other` may be NULL */
};

static void touch_if_present(void *context, void *item)
{
    const struct touch_present *present = context;
    struct watched_key *key = item;
    if (key->keyspace != present->keyspace)
        return;
    if (keyspace_peek(present->keyspace, key->key) ||
        (present->other && keyspace_peek(present->other, key->key)))
        touch(key);
}

static void touch_all_present(struct watches *watches, struct touch_present present)
{
    uint64_t cursor = 0;
    if (is_empty(watches))
        return;
    do
        cursor = table_scan(&watches->keys, cursor, touch_if_present, &present);
    while (cursor);
}

void watches_flushing(struct server *server, struct keyspace *keyspace)
{
    touch_all_present(server->watches, (struct touch_present){keyspace, NULL});
}

void watches_swapping(struct server *server, struct keyspace *a, struct keyspace *b)
{
    touch_all_present(server->watches, (struct touch_present){a, b});
    touch_all_present(server->watches, (struct touch_present){b, a});
}
