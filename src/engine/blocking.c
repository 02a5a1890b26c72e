/* SPDX-License-Identifier: BSD-3-Clause */
/* Who waits for which key, in order of arrival:
 *
 *     keys   (keyspace, name) -> blocked key -> key wait -> key wait -> ...     by key: who is to be served
 *                                                  |
 *     client->wait.keys  --------------------> [ key wait | key wait | ... ]    by client
 *
 * A key that nobody waits for any more goes. */
#include "engine/blocking.h"
#include "base/alloc.h"
#include "base/panic.h"
#include "engine/long_work.h"
#include "engine/metric_tables.h"
#include "engine/pause.h"
#include "engine/server.h"
#include "late_call.h"

struct blocked_key {
    uint64_t hash; /* of keyspace and name */
    struct keyspace *keyspace;
    struct key key;
    struct list waits;
    size_t loss_count; /* of those that heed that the key goes */
    struct list ready; /* in blocking->ready when it changed */
    char name[];
};

struct key_wait {
    struct list of_key;
    struct blocked_key *key;
    struct client *client;
};

/* What a client waits for, in the order given. */
struct key_waits {
    /* Answers with what the key holds; false, having changed and replied nothing, when that isn't what it
     * waits for. */
    bool (*serve)(struct call *call, struct key key);
    bool heeds_loss; /* it is served, too, when a key is gone, or holds something else */
    int count;
    struct key_wait items[];
};

/* ---- keys ---- */

static uint64_t hash_of(void *context, const void *item)
{
    (void)context;
    return ((const struct blocked_key *)item)->hash;
}

static bool matches(const void *item, const void *wanted)
{
    const struct blocked_key *key = item, *other = wanted;
    return key->keyspace == other->keyspace && bytes_equal(key->key.name, other->key.name);
}

static const struct table_type key_table = {.hash = hash_of};

void blocking_init(struct blocking *blocking, size_t *heeded_keys)
{
    blocking->heeded_keys = heeded_keys;
    table_init(&blocking->keys, &key_table, NULL);
    list_init(&blocking->ready);
}

void blocking_clear(struct blocking *blocking)
{
    ASSERT(blocking->keys.count == 0);
    table_clear(&blocking->keys);
}

/* NULL: nobody waits for it. */
static struct blocked_key *find_key(const struct blocking *blocking, struct keyspace *keyspace,
                                    struct key key, uint64_t *hash)
{
    struct blocked_key wanted = {.keyspace = keyspace, .key = key};
    *hash = key.hash + (uint64_t)keyspace_index(keyspace) * 0x9e3779b97f4a7c15u;
    return table_slot_item(table_find(&blocking->keys, *hash, matches, &wanted));
}

static struct blocked_key *get_key(struct blocking *blocking, struct keyspace *keyspace, struct key key)
{
    uint64_t hash;
    struct blocked_key *blocked = find_key(blocking, keyspace, key, &hash);
    if (blocked)
        return blocked;
    blocked = mem_alloc(sizeof *blocked + key.name.len);
    *blocked = (struct blocked_key){.hash = hash, .keyspace = keyspace};
    if (key.name.len > 0)
        memcpy(blocked->name, key.name.data, key.name.len);
    blocked->key = (struct key){bytes_make(blocked->name, key.name.len), key.hash};
    list_init(&blocked->waits);
    list_init(&blocked->ready);
    table_insert(&blocking->keys, hash, blocked);
    (*blocking->heeded_keys)++;
    return blocked;
}

/* Unless somebody waits for it, or it is being gone through. */
static void drop_if_unused(struct blocking *blocking, struct blocked_key *key)
{
    if (!list_is_empty(&key->waits) || key == blocking->serving)
        return;
    list_remove(&key->ready);
    table_remove(&blocking->keys, table_locate(&blocking->keys, key->hash, key));
    (*blocking->heeded_keys)--;
    mem_free(key);
}

/* ---- waiting ---- */

/* One key may be named twice; the client is the last that came, if it waits for it already. */
static bool waits_already(const struct client *client, const struct blocked_key *key)
{
    return !list_is_empty(&key->waits) &&
           LIST_ENTRY(key->waits.previous, struct key_wait, of_key)->client == client;
}

/* One client more, or less, that heeds it when the key goes. */
static void heed_loss(struct client *client, struct blocked_key *key, int more)
{
    struct blocking *blocking = &client->server->blocking;
    if (!client->wait.keys->heeds_loss)
        return;
    blocking->heeding_loss_count -= key->loss_count > 0;
    key->loss_count += (size_t)more;
    blocking->heeding_loss_count += key->loss_count > 0;
}

static void add_wait(struct client *client, struct blocked_key *key)
{
    struct key_waits *waits = client->wait.keys;
    if (waits_already(client, key))
        return;
    struct key_wait *wait = &waits->items[waits->count++];
    *wait = (struct key_wait){.key = key, .client = client};
    heed_loss(client, key, 1);
    list_append(&key->waits, &wait->of_key);
}

static void forget(struct client *client)
{
    struct key_waits *waits = client->wait.keys;
    for (int i = 0; i < waits->count; i++) {
        heed_loss(client, waits->items[i].key, -1);
        list_remove(&waits->items[i].of_key);
        drop_if_unused(&client->server->blocking, waits->items[i].key);
    }
    mem_free(waits);
}

static void block(struct call *call, int first, int last, int64_t until_ms, const struct key_waits *form,
                  void (*expired)(struct call *call))
{
    struct client *client = call->client;
    ASSERT(call_may_wait(call) || call->late);
    struct key_waits *waits =
        mem_try_alloc(sizeof *form + (size_t)(last - first + 1) * sizeof form->items[0]);
    if (!waits) {
        call_error(call, ERR_OUT_OF_MEMORY);
        return;
    }
    *waits = *form;
    const struct wait wait = {.kind = WAIT_KEYS, .expired = expired, .cancel = forget, .keys = waits};
    if (!call_wait(call, &wait, until_ms)) {
        mem_free(waits);
        return;
    }
    for (int i = first; i <= last; i++)
        add_wait(client, get_key(&call->server->blocking, call->keyspace, call_key(call, i)));
}

void call_block(struct call *call, int first, int last, int64_t until_ms,
                bool (*serve)(struct call *call, struct key key), void (*expired)(struct call *call))
{
    block(call, first, last, until_ms, &(struct key_waits){.serve = serve}, expired);
}

void call_block_heeding_loss(struct call *call, int first, int last, int64_t until_ms,
                             bool (*serve)(struct call *call, struct key key),
                             void (*expired)(struct call *call))
{
    block(call, first, last, until_ms, &(struct key_waits){.serve = serve, .heeds_loss = true}, expired);
}

/* ---- what changed ---- */

static void note(struct blocking *blocking, struct blocked_key *key)
{
    if (list_is_unlinked(&key->ready))
        list_append(&blocking->ready, &key->ready);
}

void blocking_note(struct blocking *blocking, struct keyspace *keyspace, struct bytes name)
{
    uint64_t hash;
    struct blocked_key *key = find_key(blocking, keyspace, key_of(name), &hash);
    if (key)
        note(blocking, key);
}

struct exchange {
    struct blocking *blocking;
    const struct keyspace *a, *b;
};

static void note_if_exchanged(void *context, void *item)
{
    const struct exchange *exchange = context;
    struct blocked_key *key = item;
    if (key->keyspace == exchange->a || key->keyspace == exchange->b)
        note(exchange->blocking, key);
}

static void note_any(void *context, void *item)
{
    const struct exchange *exchange = context;
    note(exchange->blocking, item);
}

void blocking_swapping(struct blocking *blocking, struct keyspace *a, struct keyspace *b)
{
    struct exchange exchange = {blocking, a, b};
    uint64_t cursor = 0;
    if (blocking->keys.count == 0)
        return;
    do
        cursor = table_scan(&blocking->keys, cursor, note_if_exchanged, &exchange);
    while (cursor);
}

void blocking_flushing(struct blocking *blocking, const struct keyspace *keyspace)
{
    struct exchange exchange = {blocking, keyspace, NULL};
    uint64_t cursor = 0;
    if (blocking->keys.count == 0)
        return;
    do
        cursor = table_scan(&blocking->keys, cursor, keyspace ? note_if_exchanged : note_any, &exchange);
    while (cursor);
}

/* ---- serving ---- */

/* Its user may have lost the right since it began to wait, when it was counted. */
static bool refuse(struct call *call)
{
    struct buf text = {0};
    call->command->calls--;
    call->command->rejected++;
    call->client->wait.late->is_refused = true;
    acl_explain_denial(call, &text);
    call_error_format(call, "%s%s", error_text(ERR_NO_PERMISSION), buf_cstring(&text));
    buf_clear(&text);
    return true;
}

/* What takes long goes on in slices, and is answered by them. */
static bool serve_with(struct call *call, void *context)
{
    const struct client *client = call->client;
    if (acl_denies(call))
        return refuse(call);
    call->may_wait = !client->wait.late->is_silent;
    bool is_served = client->wait.keys->serve(call, *(const struct key *)context);
    call->may_wait = false;
    return is_served && client->wait.kind == WAIT_KEYS;
}

/* Its work takes what the key holds in its end. Who came later is served with what it leaves. */
static bool is_taking(const struct client *client)
{
    const struct long_work *work = client->wait.kind == WAIT_WORK ? client->wait.work : NULL;
    return work && work->changes_data && !work->works_on_keys;
}

/* Until the key is gone, unless that is of importance to somebody; those that wait for something else stay
 * where they are. */
static void serve_key(struct blocked_key *key)
{
    LIST_EACH_SAFE(link, &key->waits) {
        struct client *client = LIST_ENTRY(link, struct key_wait, of_key)->client;
        bool is_gone = !keyspace_peek(key->keyspace, key->key);
        if (is_gone && key->loss_count == 0)
            break;
        if (!client_is_closing(client) && (!is_gone || client->wait.keys->heeds_loss))
            wait_finish(client, serve_with, &key->key);
        if (is_taking(client))
            break;
    }
}

static bool may_serve(const struct server *server)
{
    return !server->blocking.serving && !pause_holds_data(server) && !server->status.is_loading &&
           !server->status.is_script_busy;
}

void blocking_serve(struct server *server)
{
    struct blocking *blocking = &server->blocking;
    if (!may_serve(server))
        return;
    while (!list_is_empty(&blocking->ready)) {
        struct blocked_key *key = LIST_ENTRY(blocking->ready.next, struct blocked_key, ready);
        list_remove(&key->ready);
        blocking->serving = key;
        serve_key(key);
        blocking->serving = NULL;
        drop_if_unused(blocking, key);
    }
}

/* ---- figures ---- */

#define BLOCKING_METRICS(ROW)                                                                         \
    ROW(INTEGER, "Clients", total_blocking_keys, GAUGE, server->blocking.keys.count,                  \
        "Keys that clients wait for.")                                                                \
    ROW(INTEGER, "Clients", total_blocking_keys_on_nokey, GAUGE, server->blocking.heeding_loss_count, \
        "Of them those whose loss is waited for as well.")

METRIC_TABLE(blocking_add_metrics, BLOCKING_METRICS)
