/* SPDX-License-Identifier: BSD-3-Clause */
/* Broadcast mode. Changed keys are gathered over a tick, each once, with who changed it last; at the tick's
 * end they are sorted, and then the keys of a prefix lie side by side:
 *
 *     changes    a:1  a:2  b:1  b:2  b:7  x
 *     prefixes   a:-------      b:----------
 *
 * One array is encoded for all members of a prefix; members that don't want to hear of their own changes get
 * theirs. */
#include "base/alloc.h"
#include "base/hash.h"
#include "encode.h"
#include "tracking_private.h"
#include <stdlib.h>

struct prefix {
    struct list link; /* in broadcast->prefixes */
    struct list members;
    uint64_t since; /* changes up to this one were before anybody listened */
    size_t len;
    char bytes[];
};

struct membership {
    struct list of_prefix, of_client;
    struct prefix *prefix;
    struct client *client;
};

struct change {
    uint64_t hash;
    struct list link;
    uint64_t number; /* the how manieth change its last one was */
    uint64_t by;     /* id of the client that made it, 0: nobody */
    size_t len;
    char name[];
};

/* Changes of one prefix, without those by one client. */
struct selection {
    struct change *const *changes;
    size_t count;
    uint64_t since, without;
};

static struct bytes prefix_bytes(const struct prefix *prefix)
{
    return bytes_make(prefix->bytes, prefix->len);
}

static struct bytes change_name(const struct change *change)
{
    return bytes_make(change->name, change->len);
}

static uint64_t hash_of(void *context, const void *item)
{
    (void)context;
    return ((const struct change *)item)->hash;
}

static bool has_name(const void *item, const void *wanted)
{
    return bytes_equal(change_name(item), *(const struct bytes *)wanted);
}

static const struct table_type change_table = {.hash = hash_of};

void tracking_broadcast_init(struct tracking_broadcast *broadcast)
{
    *broadcast = (struct tracking_broadcast){.prefix_count = 0};
    list_init(&broadcast->prefixes);
    list_init(&broadcast->changes);
    table_init(&broadcast->changed, &change_table, NULL);
}

static void drop_changes(struct tracking_broadcast *broadcast)
{
    LIST_EACH_SAFE(link, &broadcast->changes)
        mem_free(LIST_ENTRY(link, struct change, link));
    list_init(&broadcast->changes);
    table_clear(&broadcast->changed);
    table_init(&broadcast->changed, &change_table, NULL);
}

void tracking_broadcast_clear(struct tracking_broadcast *broadcast)
{
    drop_changes(broadcast);
    table_clear(&broadcast->changed);
}

/* ---- who listens ---- */

/* The prefix, made in its place when it isn't there. */
static struct prefix *get_prefix(struct tracking_broadcast *broadcast, struct bytes bytes)
{
    struct list *before = broadcast->prefixes.previous;
    for (; before != &broadcast->prefixes; before = before->previous) {
        struct prefix *prefix = LIST_ENTRY(before, struct prefix, link);
        int order = bytes_compare(prefix_bytes(prefix), bytes);
        if (order == 0)
            return prefix;
        if (order < 0)
            break;
    }
    struct prefix *prefix = mem_alloc(sizeof *prefix + bytes.len);
    *prefix = (struct prefix){.since = broadcast->change_count, .len = bytes.len};
    if (bytes.len > 0)
        memcpy(prefix->bytes, bytes.data, bytes.len);
    list_init(&prefix->members);
    list_prepend(before, &prefix->link);
    broadcast->prefix_count++;
    return prefix;
}

void tracking_broadcast_join(struct tracking_broadcast *broadcast, struct client *client, struct bytes bytes)
{
    struct prefix *prefix = get_prefix(broadcast, bytes);
    /* A client's are in order too. */
    struct list *before = client->tracking->prefixes.previous;
    for (; before != &client->tracking->prefixes; before = before->previous) {
        const struct prefix *other = LIST_ENTRY(before, struct membership, of_client)->prefix;
        if (other == prefix)
            return;
        if (bytes_compare(prefix_bytes(other), bytes) < 0)
            break;
    }
    struct membership *membership = mem_alloc(sizeof *membership);
    *membership = (struct membership){.prefix = prefix, .client = client};
    list_append(&prefix->members, &membership->of_prefix);
    list_prepend(before, &membership->of_client);
    client->tracking->prefix_count++;
}

void tracking_broadcast_leave(struct tracking_broadcast *broadcast, struct client *client)
{
    LIST_EACH_SAFE(link, &client->tracking->prefixes) {
        struct membership *membership = LIST_ENTRY(link, struct membership, of_client);
        struct prefix *prefix = membership->prefix;
        list_remove(&membership->of_prefix);
        list_remove(&membership->of_client);
        mem_free(membership);
        client->tracking->prefix_count--;
        if (!list_is_empty(&prefix->members))
            continue;
        list_remove(&prefix->link);
        mem_free(prefix);
        broadcast->prefix_count--;
    }
}

bool tracking_prefix_overlaps(const struct client *client, struct bytes prefix, struct bytes *existing)
{
    if (!client->tracking)
        return false;
    LIST_EACH(link, &client->tracking->prefixes) {
        *existing = prefix_bytes(LIST_ENTRY(link, struct membership, of_client)->prefix);
        if (bytes_starts_with(prefix, *existing) || bytes_starts_with(*existing, prefix))
            return true;
    }
    return false;
}

size_t tracking_memory(const struct client *client)
{
    const struct tracking_state *state = client->tracking;
    return state ? sizeof *state + state->prefix_count * sizeof(struct membership) : 0;
}

size_t tracking_prefixes(const struct client *client, void (*visit)(void *context, struct bytes prefix),
                         void *context)
{
    size_t count = 0;
    if (!client->tracking)
        return 0;
    LIST_EACH(link, &client->tracking->prefixes) {
        visit(context, prefix_bytes(LIST_ENTRY(link, struct membership, of_client)->prefix));
        count++;
    }
    return count;
}

/* ---- what changed ---- */

static bool has_prefix(const struct tracking_broadcast *broadcast, struct bytes key)
{
    LIST_EACH(link, &broadcast->prefixes) {
        if (bytes_starts_with(key, prefix_bytes(LIST_ENTRY(link, struct prefix, link))))
            return true;
    }
    return false;
}

void tracking_broadcast_remember(struct tracking_broadcast *broadcast, struct bytes key, uint64_t by)
{
    if (!has_prefix(broadcast, key))
        return;
    uint64_t hash = hash_bytes(key.data, key.len);
    struct change *change = table_slot_item(table_find(&broadcast->changed, hash, has_name, &key));
    if (!change) {
        change = mem_alloc(sizeof *change + key.len);
        *change = (struct change){.hash = hash, .len = key.len};
        if (key.len > 0)
            memcpy(change->name, key.data, key.len);
        table_insert(&broadcast->changed, hash, change);
        list_append(&broadcast->changes, &change->link);
    }
    change->number = ++broadcast->change_count;
    change->by = by;
}

/* ---- telling ---- */

static bool is_selected(const struct selection *selection, const struct change *change)
{
    return change->number > selection->since && (!selection->without || change->by != selection->without);
}

/* What one client, or several, are told. */
struct notice {
    size_t count;
    struct blob *keys; /* "*2\r\n$1\r\na\r\n$1\r\nb\r\n"; NULL: nothing, or there was no memory for it */
};

static struct notice encode(const struct selection *selection)
{
    size_t count = 0, size = 0;
    for (size_t i = 0; i < selection->count; i++) {
        if (is_selected(selection, selection->changes[i])) {
            count++;
            size += encoded_bulk_size(change_name(selection->changes[i]));
        }
    }
    size += encoded_header_size(count);
    struct blob *blob = count > 0 ? blob_try_new(size, size) : NULL;
    if (!blob)
        return (struct notice){count, NULL};
    char *at = encode_header(blob->data, '*', count);
    for (size_t i = 0; i < selection->count; i++) {
        if (is_selected(selection, selection->changes[i]))
            at = encode_bulk(at, change_name(selection->changes[i]));
    }
    return (struct notice){count, blob};
}

/* Without the names it is told that all has changed. */
static void tell(struct client *client, struct notice notice)
{
    if (notice.count > 0)
        tracking_send(client, NULL, notice.keys);
}

static void tell_members(const struct prefix *prefix, struct selection selection)
{
    struct notice for_all = encode(&selection);
    LIST_EACH(link, &prefix->members) {
        struct client *client = LIST_ENTRY(link, struct membership, of_prefix)->client;
        if (!client->tracking->options.is_no_loop) {
            tell(client, for_all);
            continue;
        }
        selection.without = client->id;
        struct notice for_one = encode(&selection);
        tell(client, for_one);
        blob_unref(for_one.keys);
    }
    blob_unref(for_all.keys);
}

static int by_name(const void *a, const void *b)
{
    return bytes_compare(change_name(*(struct change *const *)a), change_name(*(struct change *const *)b));
}

/* The changes with this prefix. */
static struct selection select_changes(struct change *const *changes, size_t count,
                                       const struct prefix *prefix)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (bytes_compare(change_name(changes[middle]), prefix_bytes(prefix)) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    struct selection selection = {.changes = changes + low, .since = prefix->since};
    while (low + selection.count < count &&
           bytes_starts_with(change_name(changes[low + selection.count]), prefix_bytes(prefix)))
        selection.count++;
    return selection;
}

void tracking_broadcast_send(struct tracking_broadcast *broadcast)
{
    size_t count = 0;
    if (list_is_empty(&broadcast->changes))
        return;
    struct change **changes = mem_alloc(broadcast->changed.count * sizeof(struct change *));
    LIST_EACH(link, &broadcast->changes)
        changes[count++] = LIST_ENTRY(link, struct change, link);
    qsort(changes, count, sizeof(struct change *), by_name);
    LIST_EACH(link, &broadcast->prefixes) {
        const struct prefix *prefix = LIST_ENTRY(link, struct prefix, link);
        tell_members(prefix, select_changes(changes, count, prefix));
    }
    mem_free(changes);
    drop_changes(broadcast);
}
