/* SPDX-License-Identifier: BSD-3-Clause */
/* Finding, setting and removing entries. An entry is overwritten in place when the new one takes a slot of
 * the same size, as a refreshed session mostly does; else it moves, and the table's pointer with it. */
#include "base/alloc.h"
#include "base/hash.h"
#include "base/panic.h"
#include "figures.h"
#include "store/keyspace_edit.h"
#include "types/large.h"

/* As much of an entry is fetched ahead: all of a session of 4 KB. What is behind it the processor sees
 * coming. */
#define PREFETCH_MAX 4608
/* Prefix classes that a database counts from its first entry on; the count doubles when there are more. */
#define LIVE_COUNT_MIN 4

/* ---- the table's and the sums' bookkeeping ---- */

static uint64_t hash_of_item(void *context, const void *item)
{
    const struct keyspace *keyspace = context;
    return entry_hash(item, &keyspace->store->prefixes);
}

static void bound_moved(void *context, size_t from, size_t to)
{
    struct keyspace *keyspace = context;
    (void)from;
    deadlines_bucket_changed(&keyspace->deadlines, to);
}

static const struct table_type table_type = {.hash = hash_of_item, .bound_moved = bound_moved};

void keyspace_init(struct keyspace *keyspace, struct store *store, int index)
{
    *keyspace = (struct keyspace){.store = store, .index = index};
    table_init(&keyspace->table, &table_type, keyspace);
    deadlines_init(&keyspace->deadlines, &keyspace->table);
}

void keyspace_clear(struct keyspace *keyspace)
{
    deadlines_clear(&keyspace->deadlines);
    table_clear(&keyspace->table);
    mem_free(keyspace->live);
}

void keyspace_count_class(struct keyspace *keyspace, unsigned class)
{
    unsigned count = keyspace->live_count ? keyspace->live_count : LIVE_COUNT_MIN;
    while (count <= class)
        count *= 2;
    keyspace->live = mem_realloc(keyspace->live, count * sizeof *keyspace->live);
    memset(keyspace->live + keyspace->live_count, 0, (count - keyspace->live_count) * sizeof *keyspace->live);
    keyspace->live_count = count;
}

static void deadline_added(struct keyspace *keyspace, size_t home, int64_t deadline_ms)
{
    uint64_t bound = deadline_bound(deadline_ms);
    keyspace->deadline_count++;
    keyspace->deadline_sum += bound >> TTL_SUM_SHIFT;
    deadlines_lower(&keyspace->deadlines, home, bound);
}

static void deadline_removed(struct keyspace *keyspace, int64_t deadline_ms)
{
    keyspace->deadline_count--;
    keyspace->deadline_sum -= deadline_bound(deadline_ms) >> TTL_SUM_SHIFT;
}

/* ---- freeing ---- */

void entry_free(struct store *store, struct entry *entry)
{
    if (entry->encoding == ENTRY_POINTER)
        store_release_pointer(store, entry->type, entry_pointer(entry));
    slab_give(store->slab, entry, entry_total(entry));
}

void keyspace_drop(struct keyspace *keyspace, struct table_slot slot, enum ending ending)
{
    struct entry *entry = table_slot_held(slot);
    preserve(keyspace, entry);
    if (entry->has_deadline)
        deadline_removed(keyspace, entry_deadline_raw(entry));
    keyspace->timed_parts_count -= entry->has_timed_parts;
    table_remove(&keyspace->table, slot);
    figures_ended(keyspace, entry, ending);
    entry_free(keyspace->store, entry);
}

void keyspace_drop_dead(struct keyspace *keyspace, struct table_slot slot)
{
    struct store *store = keyspace->store;
    const struct entry *entry = table_slot_held(slot);
    int64_t lag_us = store->clock->mono_us - entry_deadline_raw(entry) * 1000;
    if (lag_us > store->stats.expiry_lag_us_max)
        store->stats.expiry_lag_us_max = lag_us;
    store->stats.expired++;
    struct key_name name = {.heap = NULL};
    if (store->observer.removed)
        entry_key(entry, &store->prefixes, &name);
    keyspace_drop(keyspace, slot, ENDED_EXPIRED);
    if (store->observer.removed)
        store->observer.removed(store->observer.context, keyspace, name.bytes, REMOVED_EXPIRED);
    key_name_clear(&name);
}

/* ---- lookups ---- */

struct wanted {
    struct bytes name;
    const struct prefix_table *prefixes;
};

static bool is_wanted(const void *item, const void *context)
{
    const struct wanted *wanted = context;
    return entry_has_key(item, wanted->name, wanted->prefixes);
}

static inline __attribute__((always_inline)) struct table_slot locate_here(const struct keyspace *keyspace,
                                                                           struct key key)
{
    struct wanted wanted = {key.name, &keyspace->store->prefixes};
    return table_find(&keyspace->table, key.hash, is_wanted, &wanted);
}

static __attribute__((noinline)) struct table_slot locate(const struct keyspace *keyspace, struct key key)
{
    return locate_here(keyspace, key);
}

/* The same slot, or none, when all dead parts are gone. */
static inline struct table_slot without_dead_parts(struct keyspace *keyspace, struct table_slot slot)
{
    while (entry_has_dead_parts(table_slot_held(slot), keyspace->store->clock->mono_ms)) {
        if (!keyspace_drop_dead_parts(keyspace, slot))
            return (struct table_slot){.bucket = NULL};
    }
    return slot;
}

static struct table_slot locate_live(struct keyspace *keyspace, struct key key)
{
    struct table_slot slot = locate_here(keyspace, key);
    if (slot.bucket && entry_is_dead(table_slot_held(slot), keyspace->store->clock->mono_ms)) {
        keyspace_drop_dead(keyspace, slot);
        slot.bucket = NULL;
    }
    return slot.bucket ? without_dead_parts(keyspace, slot) : slot;
}

bool keyspace_drop_some_parts(struct keyspace *keyspace, struct key key)
{
    enum { ROUNDS = 2 };
    const struct store *store = keyspace->store;
    int64_t now_ms = store->clock->mono_ms;
    struct table_slot slot = locate(keyspace, key);
    if (!slot.bucket || store->is_expired_held || entry_is_dead(table_slot_held(slot), now_ms))
        return false;
    for (int i = 0; i < ROUNDS; i++) {
        if (!entry_has_dead_parts(table_slot_held(slot), now_ms) || !keyspace_drop_dead_parts(keyspace, slot))
            return false;
    }
    return entry_has_dead_parts(table_slot_held(slot), now_ms);
}

struct table_slot keyspace_locate_live(struct keyspace *keyspace, struct key key)
{
    return locate_live(keyspace, key);
}

/* What a reader sees; while dead entries are held, they stay. */
static struct table_slot look_up_slot(struct keyspace *keyspace, struct key key)
{
    struct table_slot slot = locate_here(keyspace, key);
    if (slot.bucket && entry_is_dead(table_slot_held(slot), keyspace->store->clock->mono_ms)) {
        if (!keyspace->store->is_expired_held)
            keyspace_drop_dead(keyspace, slot);
        slot.bucket = NULL;
    }
    if (slot.bucket && !keyspace->store->is_expired_held)
        slot = without_dead_parts(keyspace, slot);
    return slot;
}

/* Its entry. What is dead, or may have dead parts, is looked at once more. */
static inline __attribute__((always_inline)) struct entry *look_up(struct keyspace *keyspace, struct key key)
{
    struct table_slot slot = locate_here(keyspace, key);
    if (!slot.bucket)
        return NULL;
    struct entry *entry = table_slot_held(slot);
    bool is_whole = !entry->has_timed_parts && !entry_is_dead(entry, keyspace->store->clock->mono_ms);
    return __builtin_expect(is_whole, 1) ? entry : table_slot_item(look_up_slot(keyspace, key));
}

bool keyspace_holds(const struct keyspace *keyspace, struct key key)
{
    const struct entry *entry = table_slot_item(locate(keyspace, key));
    return entry && !entry_is_dead(entry, keyspace->store->clock->mono_ms);
}

bool keyspace_holds_dead(const struct keyspace *keyspace, struct key key)
{
    const struct entry *entry = table_slot_item(locate(keyspace, key));
    return entry && entry_is_dead(entry, keyspace->store->clock->mono_ms);
}

const struct entry *keyspace_peek(struct keyspace *keyspace, struct key key)
{
    return look_up(keyspace, key);
}

const struct entry *keyspace_peek_even_dead(const struct keyspace *keyspace, struct key key)
{
    return table_slot_item(locate(keyspace, key));
}

static inline struct keyspace_place look_up_place(struct keyspace *keyspace, struct key key)
{
    struct table_slot slot = look_up_slot(keyspace, key);
    /* Where there is nothing to be seen, a dead one may lie still. */
    return (struct keyspace_place){.slot = slot,
                                   .moves = keyspace->table.moves,
                                   .is_known = slot.bucket || !keyspace->store->is_expired_held};
}

const struct entry *keyspace_touch_at(struct keyspace *keyspace, struct key key, struct keyspace_place *place)
{
    *place = look_up_place(keyspace, key);
    struct entry *entry = table_slot_item(place->slot);
    if (entry)
        access_clock_touch(keyspace->store, entry);
    return entry;
}

const struct entry *keyspace_touch(struct keyspace *keyspace, struct key key)
{
    struct keyspace_place place;
    return keyspace_touch_at(keyspace, key, &place);
}

const struct entry *keyspace_find(struct keyspace *keyspace, struct key key)
{
    struct entry *entry = look_up(keyspace, key);
    if (entry) {
        access_clock_touch(keyspace->store, entry);
        figures_read(keyspace, entry);
    }
    return entry;
}

void keyspace_found_hll(const struct entry *entry)
{
    if (entry->type == VALUE_STRING && entry->encoding != ENTRY_POINTER)
        ((struct entry *)(uintptr_t)entry)->is_hll = true;
}

void keyspace_prefetch_bucket(const struct keyspace *keyspace, uint64_t hash)
{
    table_prefetch_bucket(&keyspace->table, hash);
}

void keyspace_prefetch_entry(const struct keyspace *keyspace, uint64_t hash)
{
    table_prefetch_item(&keyspace->table, hash);
}

void keyspace_prefetch_rest(const struct keyspace *keyspace, uint64_t hash)
{
    const struct entry *entry = table_likely_item(&keyspace->table, hash);
    if (!entry)
        return;
    size_t total = entry_total(entry);
    if (total > PREFETCH_MAX)
        total = PREFETCH_MAX;
    for (size_t at = 64; at < total + 63; at += 64)
        memory_prefetch((const char *)entry + at);
    if (entry->encoding == ENTRY_POINTER)
        memory_prefetch(entry_pointer(entry));
}

size_t keyspace_count(const struct keyspace *keyspace)
{
    return keyspace->table.count;
}

size_t keyspace_deadline_count(const struct keyspace *keyspace)
{
    return keyspace->deadline_count;
}

size_t keyspace_capacity(const struct keyspace *keyspace)
{
    return keyspace->table.bucket_count * TABLE_BUCKET_SLOTS;
}

size_t keyspace_index_memory(const struct keyspace *keyspace)
{
    size_t bytes = table_memory(&keyspace->table);
    for (int level = 0; level < DEADLINE_LEVELS; level++)
        bytes += keyspace->deadlines.capacities[level] * sizeof(uint64_t);
    return keyspace->live ? bytes + mem_size(keyspace->live) : bytes;
}

int64_t keyspace_mean_ttl_ms(const struct keyspace *keyspace)
{
    if (keyspace->deadline_count == 0)
        return 0;
    int64_t mean = (int64_t)(keyspace->deadline_sum / keyspace->deadline_count) << TTL_SUM_SHIFT;
    int64_t now = keyspace->store->clock->mono_ms;
    return mean > now ? mean - now : 0;
}

int keyspace_index(const struct keyspace *keyspace)
{
    return keyspace->index;
}

const struct prefix_table *keyspace_prefixes(const struct keyspace *keyspace)
{
    return &keyspace->store->prefixes;
}

/* ---- changes ---- */

/* How a value lies in an entry. */
struct shape {
    unsigned encoding;
    size_t value_len;
};

static struct shape shape_of(const struct value *value)
{
    if (value->encoding == STRING_INT)
        return (struct shape){ENTRY_INT, sizeof value->integer};
    if (value->blob || value->large || (value->type == VALUE_STRING && value->bytes.len > INLINE_VALUE_MAX))
        return (struct shape){ENTRY_POINTER, sizeof(void *)};
    return (struct shape){value->encoding, value->bytes.len};
}

static void write_value(struct entry *entry, struct shape shape, struct value *value)
{
    entry->type = value->type & 7;
    entry->encoding = shape.encoding & 3;
    entry->value_len = shape.value_len & 0x3fff;
    entry->is_hll = false;
    if (shape.encoding == ENTRY_INT)
        memcpy(entry_value_start(entry), &value->integer, sizeof value->integer);
    else if (shape.encoding == ENTRY_POINTER)
        entry_set_pointer(entry, value->large  ? (void *)value->large
                                 : value->blob ? value->blob
                                               : blob_of(value->bytes));
    else if (value->bytes.data != entry_value_start(entry))
        memcpy(entry_value_start(entry), value->bytes.data, value->bytes.len);
}

static struct entry *insert(struct keyspace *keyspace, struct key key, struct shape shape,
                            struct value *value, int64_t deadline_ms)
{
    struct store *store = keyspace->store;
    struct stored_key stored = stored_key_of(key.name, &store->prefixes);
    bool has_deadline = deadline_ms != NO_DEADLINE;
    size_t total = entry_bytes(&stored, has_deadline, shape.value_len);
    struct entry *entry =
        entry_write(slab_take(store->slab, total), &stored, deadline_ms, access_clock_new(store));
    entry->epoch = store->epoch & 1;
    write_value(entry, shape, value);
    size_t home = table_insert(&keyspace->table, key.hash, entry);
    keyspace_is_used(keyspace);
    figures_created(keyspace, entry, slab_slot_size(total) + entry_outside_size(entry));
    if (has_deadline) {
        deadline_added(keyspace, home, deadline_ms);
        figures_ttl_given(keyspace, entry, deadline_ms);
    }
    if (value->type != VALUE_STRING)
        keyspace_note_parts(keyspace, entry, home);
    return entry;
}

struct entry *keyspace_reshape(struct keyspace *keyspace, struct table_slot slot, int64_t deadline_ms,
                               size_t value_len, size_t kept)
{
    struct store *store = keyspace->store;
    struct entry *old = table_slot_held(slot), *entry = old;
    bool has_deadline = deadline_ms != NO_DEADLINE;
    size_t old_total = entry_total(old);
    size_t total =
        old_total - old->value_len + value_len + (has_deadline ? 8 : 0) - (old->has_deadline ? 8 : 0);
    if (deadline_ms == entry_deadline(old) && slab_slot_size(total) == slab_slot_size(old_total)) {
        old->value_len = value_len & 0x3fff;
        return old;
    }
    const char *key = entry_key_start(old);
    size_t moved = (size_t)(entry_value_start(old) - key) + kept;
    if (slab_slot_size(total) != slab_slot_size(old_total) || total > SLAB_SIZE_MAX) {
        size_t blob_size = entry_outside_size(old);
        figures_resized(keyspace, old, slab_slot_size(old_total) + blob_size,
                        slab_slot_size(total) + blob_size);
        entry = slab_take(store->slab, total);
        *entry = *old;
    }
    if (old->has_deadline)
        deadline_removed(keyspace, entry_deadline_raw(old));
    entry->has_deadline = has_deadline;
    char *new_key = entry_key_start(entry);
    if (new_key != key)
        memmove(new_key, key, moved);
    if (has_deadline) {
        memcpy((char *)entry + sizeof *entry, &deadline_ms, sizeof deadline_ms);
        deadline_added(keyspace, slot.home, deadline_ms);
    }
    entry->value_len = value_len & 0x3fff;
    if (entry != old) {
        table_slot_set(slot, entry);
        slab_give(store->slab, old, old_total);
    }
    return entry;
}

/* `slot` is the live entry's, or none. */
static inline const struct entry *set_at(struct keyspace *keyspace, struct key key, struct table_slot slot,
                                         struct value *value, struct deadline deadline)
{
    struct entry *entry = table_slot_item(slot);
    struct shape shape = shape_of(value);
    int64_t deadline_ms = deadline.mode == DEADLINE_SET ? deadline.at_ms : NO_DEADLINE;
    if (!entry)
        return insert(keyspace, key, shape, value, deadline_ms);
    preserve(keyspace, entry);
    if (deadline.mode == DEADLINE_KEEP)
        deadline_ms = entry_deadline(entry);
    unsigned old_type = entry->type;
    size_t old_outside = entry_outside_size(entry);
    void *old_pointer = entry->encoding == ENTRY_POINTER ? entry_pointer(entry) : NULL;
    entry = keyspace_reshape(keyspace, slot, deadline_ms, shape.value_len, 0);
    write_value(entry, shape, value);
    if (value->type != VALUE_STRING || entry->has_timed_parts)
        keyspace_note_parts(keyspace, entry, slot.home);
    access_clock_touch(keyspace->store, entry);
    figures_refreshed(keyspace, &key, entry);
    if (deadline.mode == DEADLINE_SET)
        figures_ttl_given(keyspace, entry, deadline_ms);
    if (old_pointer || shape.encoding == ENTRY_POINTER)
        figures_outside_changed(keyspace, entry, old_outside);
    if (old_pointer)
        store_release_pointer(keyspace->store, old_type, old_pointer);
    return entry;
}

const struct entry *keyspace_set(struct keyspace *keyspace, struct key key, struct value value,
                                 struct deadline deadline, bool *was_there)
{
    struct table_slot slot = locate_live(keyspace, key);
    if (was_there)
        *was_there = slot.bucket;
    return set_at(keyspace, key, slot, &value, deadline);
}

/* ---- collections ---- */

const struct entry *keyspace_edit(struct keyspace *keyspace, struct key key, struct keyspace_place *place)
{
    *place = look_up_place(keyspace, key);
    return table_slot_item(place->slot);
}

static struct table_slot slot_at(struct keyspace *keyspace, struct key key,
                                 const struct keyspace_place *place)
{
    return place && place->is_known && place->moves == keyspace->table.moves ? place->slot
                                                                             : locate_live(keyspace, key);
}

void keyspace_edited(struct keyspace *keyspace, struct key key, const struct keyspace_place *place,
                     struct value value)
{
    static const struct deadline kept = {.mode = DEADLINE_KEEP};
    (void)set_at(keyspace, key, slot_at(keyspace, key, place), &value, kept);
}

struct large *keyspace_edit_large(struct keyspace *keyspace, struct key key,
                                  const struct keyspace_place *place, size_t *old_size)
{
    struct entry *entry = table_slot_item(slot_at(keyspace, key, place));
    struct large *large = entry ? entry_large(entry) : NULL;
    ASSERT(large);
    preserve(keyspace, entry);
    access_clock_touch(keyspace->store, entry);
    *old_size = large_memory(large);
    return large;
}

void keyspace_large_edited(struct keyspace *keyspace, struct key key, const struct keyspace_place *place,
                           size_t old_size)
{
    struct table_slot slot = slot_at(keyspace, key, place);
    ASSERT(slot.bucket);
    const struct entry *entry = table_slot_held(slot);
    keyspace_note_parts(keyspace, table_slot_held(slot), slot.home);
    figures_refreshed(keyspace, &key, entry);
    figures_outside_changed(keyspace, entry, old_size);
}

/* Rewrites the entry with the same value and another deadline. */
static void change_deadline(struct keyspace *keyspace, struct table_slot slot, int64_t deadline_ms)
{
    struct entry *entry = table_slot_held(slot);
    preserve(keyspace, entry);
    if (entry->has_deadline && deadline_ms != NO_DEADLINE) {
        deadline_removed(keyspace, entry_deadline_raw(entry));
        memcpy((char *)entry + sizeof *entry, &deadline_ms, sizeof deadline_ms);
        deadline_added(keyspace, slot.home, deadline_ms);
        return;
    }
    /* The rest moves by eight bytes. */
    (void)keyspace_reshape(keyspace, slot, deadline_ms, entry->value_len, entry->value_len);
}

bool keyspace_set_deadline(struct keyspace *keyspace, struct key key, const struct keyspace_place *place,
                           int64_t deadline_ms)
{
    struct table_slot slot = slot_at(keyspace, key, place);
    if (!slot.bucket)
        return false;
    const struct entry *entry = table_slot_held(slot);
    if (deadline_ms != NO_DEADLINE) {
        figures_refreshed(keyspace, &key, entry);
        figures_ttl_given(keyspace, entry, deadline_ms);
    }
    if (deadline_ms != entry_deadline(entry))
        change_deadline(keyspace, slot, deadline_ms);
    return true;
}

bool keyspace_remove(struct keyspace *keyspace, struct key key)
{
    struct table_slot slot = locate_live(keyspace, key);
    if (!slot.bucket)
        return false;
    keyspace_drop(keyspace, slot, ENDED_DELETED);
    return true;
}

void keyspace_presize(struct keyspace *keyspace, size_t count)
{
    if (keyspace->table.count > 0)
        return;
    table_presize(&keyspace->table, count);
    keyspace_is_used(keyspace);
}
