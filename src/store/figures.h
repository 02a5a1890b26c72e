/* SPDX-License-Identifier: BSD-3-Clause */
/* Keeping the figures of prefix classes (sessions/session_stats.h): for each class over all databases, and
 * what is live for each database too, so that emptying one takes no walk. Each function is a few additions,
 * called where entries change. */
#ifndef STORE_FIGURES_H
#define STORE_FIGURES_H

#include "base/alloc.h"
#include "keyspace_private.h"

_Static_assert(SESSION_CLASS_COUNT == PREFIX_CLASS_MAX + 1, "every class has figures");
_Static_assert(SESSION_PREFIX_MAX == PREFIX_LEN_MAX, "every prefix fits");

static inline struct session_class *figures_of(const struct keyspace *keyspace, const struct entry *entry)
{
    return &keyspace->store->sessions.classes[entry->prefix];
}

/* It was said how long the entry is to live. */
static inline void figures_ttl_given(const struct keyspace *keyspace, const struct entry *entry,
                                     int64_t deadline_ms)
{
    session_ttl_given(&figures_of(keyspace, entry)->ttls, deadline_ms - keyspace->store->clock->mono_ms);
}

/* The entry, of `size` bytes with its blob, is new. */
static inline void figures_created(struct keyspace *keyspace, const struct entry *entry, size_t size)
{
    struct store *store = keyspace->store;
    struct session_class *figures = figures_of(keyspace, entry);
    if (__builtin_expect(entry->prefix >= keyspace->live_count, 0))
        keyspace_count_class(keyspace, entry->prefix);
    if (store->prefixes.classes[entry->prefix].entry_count++ == 0)
        session_class_begin(&store->sessions, entry->prefix, prefix_text(&store->prefixes, entry->prefix));
    figures->events.created++;
    session_live_add(&figures->live, size);
    session_live_add(&keyspace->live[entry->prefix], size);
}

/* The entry is about to be freed. */
static inline void figures_ended(struct keyspace *keyspace, const struct entry *entry, enum ending ending)
{
    struct session_class *figures = figures_of(keyspace, entry);
    size_t size = entry_size(entry);
    keyspace->store->prefixes.classes[entry->prefix].entry_count--;
    figures->events.deleted += ending == ENDED_DELETED;
    figures->events.expired += ending == ENDED_EXPIRED;
    figures->events.evicted += ending == ENDED_EVICTED;
    session_live_remove(&figures->live, size);
    session_live_remove(&keyspace->live[entry->prefix], size);
}

/* The entry of `key` was edited, or given another deadline. */
static inline void figures_refreshed(struct keyspace *keyspace, const struct key *key,
                                     const struct entry *entry)
{
    refresh_sample_count(&keyspace->store->sessions.refreshes, keyspace->index, &key->name, key->hash);
    figures_of(keyspace, entry)->events.refreshed++;
}

static inline void figures_read(const struct keyspace *keyspace, const struct entry *entry)
{
    figures_of(keyspace, entry)->events.read++;
}

/* Rarely needed: not worth registers of those who mostly don't. */
__attribute__((noinline, unused)) static void
figures_resized(struct keyspace *keyspace, const struct entry *entry, size_t old_size, size_t new_size)
{
    session_live_resize(&figures_of(keyspace, entry)->live, old_size, new_size);
    session_live_resize(&keyspace->live[entry->prefix], old_size, new_size);
}

/* What the entry points to, of `old_size` bytes (0: nothing), has another size now, or is gone. */
static inline void figures_outside_changed(struct keyspace *keyspace, const struct entry *entry,
                                           size_t old_size)
{
    size_t slot_size = slab_slot_size(entry_total(entry));
    figures_resized(keyspace, entry, slot_size + old_size, slot_size + entry_outside_size(entry));
}

#endif
