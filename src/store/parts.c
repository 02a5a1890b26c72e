/* SPDX-License-Identifier: BSD-3-Clause */
/* Values whose parts have deadlines of their own: fields of hashes. The bound of the entry's bucket covers
 * them, too, so they come due as entries do, and entries without any cost nothing. */
#include "figures.h"
#include "types/collection.h"

/* Parts removed at a time. */
enum { PARTS_AT_ONCE = 32 };

void keyspace_note_parts(struct keyspace *keyspace, struct entry *entry, size_t home)
{
    int64_t least = entry_parts_deadline(entry);
    bool has_timed_parts = least != VALUE_NEVER;
    keyspace->timed_parts_count += has_timed_parts;
    keyspace->timed_parts_count -= entry->has_timed_parts;
    entry->has_timed_parts = has_timed_parts;
    if (has_timed_parts)
        deadlines_lower(&keyspace->deadlines, home, deadline_bound(least));
}

uint64_t entry_bound(const struct entry *entry)
{
    uint64_t bound = TABLE_BOUND_MAX;
    if (entry->has_deadline)
        bound = deadline_bound(entry_deadline_raw(entry));
    if (entry->has_timed_parts) {
        uint64_t of_parts = deadline_bound(entry_parts_deadline(entry));
        bound = of_parts < bound ? of_parts : bound;
    }
    return bound;
}

/* Names of what was removed, one behind the other. */
struct names {
    struct buf text;
    size_t ends[PARTS_AT_ONCE], count;
};

static void remove_parts(const struct value_row *row, struct collection *collection, int64_t now_ms,
                         struct names *names)
{
    while (names->count < PARTS_AT_ONCE && row->remove_due(collection, now_ms - 1, &names->text))
        names->ends[names->count++] = names->text.len;
}

/* Puts the packed bytes in the place of those that are there. */
static void rewrite(struct keyspace *keyspace, struct table_slot slot, struct bytes packed)
{
    int64_t deadline_ms = entry_deadline(table_slot_held(slot));
    struct entry *entry = keyspace_reshape(keyspace, slot, deadline_ms, packed.len, 0);
    memcpy(entry_value_start(entry), packed.data, packed.len);
}

static void tell(struct keyspace *keyspace, struct bytes key, const struct names *names, bool with_key)
{
    struct store_observer observer = keyspace->store->observer;
    struct bytes parts[PARTS_AT_ONCE];
    for (size_t i = 0, start = 0; i < names->count; start = names->ends[i++])
        parts[i] = bytes_make(names->text.data + start, names->ends[i] - start);
    if (observer.parts_removed)
        observer.parts_removed(observer.context, keyspace, key,
                               &(struct removed_parts){parts, names->count, with_key});
}

bool keyspace_drop_dead_parts(struct keyspace *keyspace, struct table_slot slot)
{
    static const struct collection_limits no_limits = {INT64_MAX, INT64_MAX, INT64_MAX};
    struct store *store = keyspace->store;
    struct entry *entry = table_slot_held(slot);
    preserve(keyspace, entry);
    struct value value = entry_value(entry);
    size_t old_outside = entry_outside_size(entry);
    struct key_name name = {.heap = NULL};
    struct bytes key = entry_key(entry, &store->prefixes, &name);
    struct buf packed = {0};
    struct names names = {.count = 0};
    struct collection collection = collection_edit(value.type, &value, &packed, &no_limits);
    remove_parts(value_types[value.type], &collection, store->clock->mono_ms, &names);
    value = collection_value(&collection);
    bool is_empty = value_count(&value) == 0;
    if (value.large)
        figures_outside_changed(keyspace, entry, old_outside);
    else
        rewrite(keyspace, slot, value.bytes);
    if (is_empty)
        keyspace_drop(keyspace, slot, ENDED_EXPIRED);
    else
        keyspace_note_parts(keyspace, table_slot_held(slot), slot.home);
    store->stats.expired_parts += names.count;
    tell(keyspace, key, &names, is_empty);
    buf_clear(&packed);
    buf_clear(&names.text);
    key_name_clear(&name);
    return !is_empty;
}
