/* SPDX-License-Identifier: BSD-3-Clause */
/* The default mode's memory: for each key that was read, the ids of the clients that read it. An id may be of
 * a client that is gone or tracks no longer: it is found out when the key changes. Keys also hang on a list
 * by age, whose end gives way when there are more than the configuration allows: those clients are told as if
 * the key had changed. */
#include "base/alloc.h"
#include "base/clock.h"
#include "tracking_private.h"

/* How many keys a slice works on before it looks at the clock. */
#define KEYS_A_LOOK 32

struct tracked_key {
    uint64_t hash;
    struct list age;
    uint32_t count, capacity;
    union {
        uint64_t one;   /* capacity 1 */
        uint64_t *many; /* in ascending order */
    } ids;
    size_t len;
    char name[];
};

static uint64_t hash_of(void *context, const void *item)
{
    (void)context;
    return ((const struct tracked_key *)item)->hash;
}

static bool has_name(const void *item, const void *wanted)
{
    const struct tracked_key *key = item;
    return bytes_equal(bytes_make(key->name, key->len), *(const struct bytes *)wanted);
}

static const struct table_type key_table = {.hash = hash_of};

static struct tracked_key *find(const struct tracking_table *table, struct key key)
{
    return table_slot_item(table_find(&table->keys, key.hash, has_name, &key.name));
}

static struct tracked_key *add(struct tracking_table *table, struct key key)
{
    struct tracked_key *tracked = mem_alloc(sizeof *tracked + key.name.len);
    *tracked = (struct tracked_key){.hash = key.hash, .capacity = 1, .len = key.name.len};
    if (key.name.len > 0)
        memcpy(tracked->name, key.name.data, key.name.len);
    table_insert(&table->keys, key.hash, tracked);
    list_append(&table->by_age, &tracked->age);
    return tracked;
}

static void free_key(struct tracked_key *key)
{
    if (key->capacity > 1)
        mem_free(key->ids.many);
    mem_free(key);
}

static uint64_t *ids_of(struct tracked_key *key)
{
    return key->capacity > 1 ? key->ids.many : &key->ids.one;
}

static void make_room(struct tracked_key *key)
{
    if (key->count < key->capacity)
        return;
    uint32_t capacity = key->capacity * 2;
    uint64_t *ids = key->capacity > 1 ? key->ids.many : NULL, one = key->ids.one;
    ids = mem_realloc(ids, capacity * sizeof *ids);
    if (key->capacity == 1)
        ids[0] = one;
    key->ids.many = ids;
    key->capacity = capacity;
}

/* False when it was there. */
static bool add_id(struct tracked_key *key, uint64_t id)
{
    uint32_t low = 0, high = key->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (ids_of(key)[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < key->count && ids_of(key)[low] == id)
        return false;
    make_room(key);
    uint64_t *ids = ids_of(key);
    memmove(ids + low + 1, ids + low, (key->count - low) * sizeof *ids);
    ids[low] = id;
    key->count++;
    return true;
}

void tracking_table_remember(struct tracking_table *table, struct key key, uint64_t client_id)
{
    struct tracked_key *tracked = find(table, key);
    if (!tracked)
        tracked = add(table, key);
    table->item_count += add_id(tracked, client_id);
}

/* Takes the key out of the table and tells its readers. */
static void invalidate(struct tracking_table *table, struct tracked_key *key)
{
    struct server *server = table->server;
    struct bytes name = bytes_make(key->name, key->len);
    table_remove(&table->keys, table_locate(&table->keys, key->hash, key));
    list_remove(&key->age);
    table->item_count -= key->count;
    for (uint32_t i = 0; i < key->count; i++) {
        struct client *client = client_by_id(server, ids_of(key)[i]);
        if (!client || !tracking_is_on(client) || tracking_is_broadcast(client))
            continue;
        if (client == server->current_client && client->tracking->options.is_no_loop)
            continue;
        tracking_tell(client, &name);
    }
    free_key(key);
}

void tracking_table_invalidate(struct tracking_table *table, struct bytes key)
{
    if (table->keys.count == 0)
        return;
    struct tracked_key *tracked = find(table, key_of(key));
    if (tracked)
        invalidate(table, tracked);
}

static struct tracked_key *first_of(struct list *list)
{
    return LIST_ENTRY(list->next, struct tracked_key, age);
}

static bool free_slice(struct slice_job *job, int64_t budget_us)
{
    struct tracking_table *table = LIST_ENTRY(job, struct tracking_table, free_job);
    int64_t end_us = clock_mono_us() + budget_us;
    while (!list_is_empty(&table->garbage)) {
        for (int i = 0; i < KEYS_A_LOOK && !list_is_empty(&table->garbage); i++) {
            struct tracked_key *key = first_of(&table->garbage);
            list_remove(&key->age);
            free_key(key);
        }
        if (clock_mono_us() >= end_us)
            break;
    }
    return list_is_empty(&table->garbage);
}

void tracking_table_forget(struct tracking_table *table)
{
    if (table->keys.count == 0)
        return;
    table_clear(&table->keys);
    table_init(&table->keys, &key_table, NULL);
    list_append_all(&table->garbage, &table->by_age);
    table->item_count = 0;
    if (list_is_unlinked(&table->free_job.link))
        slices_add(&table->server->slices, &table->free_job);
}

static bool is_over_limit(const struct tracking_table *table)
{
    int64_t max = table->server->config->tracking_table_max_keys;
    return max > 0 && table->keys.count > (uint64_t)max;
}

static bool limit_slice(struct slice_job *job, int64_t budget_us)
{
    struct tracking_table *table = LIST_ENTRY(job, struct tracking_table, limit_job);
    int64_t end_us = clock_mono_us() + budget_us;
    while (is_over_limit(table)) {
        for (int i = 0; i < KEYS_A_LOOK && is_over_limit(table); i++)
            invalidate(table, first_of(&table->by_age));
        if (clock_mono_us() >= end_us)
            break;
    }
    return !is_over_limit(table);
}

void tracking_table_limit(struct tracking_table *table)
{
    if (is_over_limit(table) && list_is_unlinked(&table->limit_job.link))
        slices_add(&table->server->slices, &table->limit_job);
}

void tracking_table_init(struct tracking_table *table, struct server *server)
{
    *table = (struct tracking_table){.server = server};
    table_init(&table->keys, &key_table, NULL);
    list_init(&table->by_age);
    list_init(&table->garbage);
    table->free_job = (struct slice_job){.name = "tracking-free", .run = free_slice};
    table->limit_job = (struct slice_job){.name = "tracking-limit", .run = limit_slice};
    list_init(&table->free_job.link);
    list_init(&table->limit_job.link);
}

void tracking_table_clear(struct tracking_table *table)
{
    list_append_all(&table->garbage, &table->by_age);
    LIST_EACH_SAFE(link, &table->garbage)
        free_key(LIST_ENTRY(link, struct tracked_key, age));
    slices_remove(&table->free_job);
    slices_remove(&table->limit_job);
    table_clear(&table->keys);
}
