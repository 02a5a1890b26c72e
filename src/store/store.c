/* SPDX-License-Identifier: BSD-3-Clause */
/* The databases together: making, swapping, flushing them, and the slices of expiry and of freeing. */
#include "base/alloc.h"
#include "base/panic.h"
#include "keyspace_private.h"
#include "store/keyspace_edit.h"

/* Freeing more than this at once may take the system over a millisecond: the helper thread does it. */
#define FREE_ELSEWHERE_MIN ((size_t)256 << 10)
/* Entries handled between two looks at the time. */
#define ENTRIES_PER_LOOK 32

struct store *store_new(int database_count, const struct clock *clock, struct worker *worker)
{
    struct store *store = mem_zalloc(sizeof *store + (size_t)database_count * sizeof(struct keyspace));
    store->clock = store->running_clock = clock;
    store->worker = worker;
    store->slab = slab_new();
    store->database_count = database_count;
    store->evict_pool = evict_pool_new();
    store_use_lfu(store, false, 10, 1);
    prefix_table_init(&store->prefixes);
    session_stats_init(&store->sessions, clock->mono_ms);
    list_init(&store->garbage);
    for (int i = 0; i < database_count; i++)
        keyspace_init(&store->keyspaces[i], store, i);
    return store;
}

void store_free(struct store *store)
{
    if (store->is_walking)
        store_walk_abandon(store);
    for (int i = 0; i < store->database_count; i++) {
        keyspace_flush(&store->keyspaces[i], false);
        keyspace_clear(&store->keyspaces[i]);
    }
    while (!store_free_slice(store, INT64_MAX)) {
    }
    slab_free(store->slab);
    session_stats_clear(&store->sessions);
    mem_free(store->evict_pool);
    mem_free(store);
}

struct keyspace *store_keyspace(struct store *store, int index)
{
    ASSERT(index >= 0 && index < store->database_count);
    return &store->keyspaces[index];
}

int store_keyspace_count(const struct store *store)
{
    return store->database_count;
}

void store_observe(struct store *store, struct store_observer observer)
{
    store->observer = observer;
}

struct store_stats *store_stats(struct store *store)
{
    return &store->stats;
}

struct session_stats *store_sessions(struct store *store)
{
    return &store->sessions;
}

bool store_set_prefixes(struct store *store, const struct bytes *texts, size_t count)
{
    return prefix_configure(&store->prefixes, texts, count);
}

void store_set_active_expire(struct store *store, bool is_on)
{
    store->is_expiry_off = !is_on;
}

void store_hold_expired(struct store *store, bool is_held)
{
    store->is_expired_held = is_held;
}

void store_hold_time(struct store *store, const struct clock *clock)
{
    if (clock)
        store->held_clock = *clock;
    store->clock = clock ? &store->held_clock : store->running_clock;
}

/* ---- large values are freed on the helper thread ---- */

struct free_job {
    struct job job;
    struct value value;
};

static void run_free(struct job *job)
{
    value_release(&((struct free_job *)job)->value);
}

static void free_done(struct job *job)
{
    mem_free(job);
}

void store_release_value(struct store *store, struct value value)
{
    if (!store->worker || value_outside_size(&value) < FREE_ELSEWHERE_MIN) {
        value_release(&value);
        return;
    }
    struct free_job *job = mem_alloc(sizeof *job);
    *job = (struct free_job){.job = {.run = run_free, .done = free_done}, .value = value};
    worker_submit(store->worker, &job->job);
}

void store_release_blob(struct store *store, struct blob *blob)
{
    store_release_value(store, (struct value){.blob = blob});
}

void store_release_pointer(struct store *store, unsigned type, void *pointer)
{
    if (type == VALUE_STRING)
        store_release_blob(store, pointer);
    else
        store_release_value(store, (struct value){.type = (enum value_type)type, .large = pointer});
}

/* ---- whole databases ---- */

void store_swap(struct store *store, int a, int b)
{
    struct keyspace *first = store_keyspace(store, a), *second = store_keyspace(store, b);
    int first_pauses = first->table.shrink_paused, second_pauses = second->table.shrink_paused;
    struct keyspace held = *first;
    *first = *second;
    *second = held;
    /* What names the place rather than the content stays. */
    first->index = a;
    second->index = b;
    keyspace_is_used(a > b ? first : second);
    first->table.context = first;
    second->table.context = second;
    first->table.shrink_paused = first_pauses;
    second->table.shrink_paused = second_pauses;
    first->deadlines.table = &first->table;
    second->deadlines.table = &second->table;
}

void store_release_prefixes(struct store *store, struct session_live *live, unsigned count)
{
    for (unsigned class = 0; class < count; class ++)
        store->prefixes.classes[class].entry_count -= live[class].keys;
    mem_free(live);
}

/* Takes a database's entries out of the figures. */
static void count_flushed(struct store *store, const struct session_live *live, unsigned count)
{
    for (unsigned class = 0; class < count; class ++) {
        struct session_class *figures = &store->sessions.classes[class];
        session_live_take(&figures->live, &live[class]);
        figures->events.flushed += live[class].keys;
    }
}

void keyspace_flush(struct keyspace *keyspace, bool is_lazy)
{
    struct store *store = keyspace->store;
    if (keyspace->table.count == 0)
        return;
    struct garbage *garbage = mem_zalloc(sizeof *garbage);
    int shrink_paused = keyspace->table.shrink_paused;
    garbage->table = keyspace->table;
    garbage->is_lazy = is_lazy;
    list_append(&store->garbage, &garbage->link);
    store->stats.lazy_pending += garbage->table.count;
    garbage->walk = keyspace->walk;
    count_flushed(store, keyspace->live, keyspace->live_count);
    if (garbage->walk.is_due) {
        garbage->live = keyspace->live;
        garbage->live_count = keyspace->live_count;
    } else {
        store_release_prefixes(store, keyspace->live, keyspace->live_count);
    }
    deadlines_clear(&keyspace->deadlines);
    keyspace_init(keyspace, store, keyspace->index);
    keyspace->table.shrink_paused = shrink_paused;
}

static void free_item(void *context, void *item)
{
    struct store *store = context;
    entry_free(store, item);
    store->stats.lazy_pending--;
}

static void prefetch_item(void *context, void *item)
{
    (void)context;
    memory_prefetch(item);
}

/* The next table to be freed; NULL when there is none, or only such as a walk has yet to go through. */
static struct garbage *next_garbage(const struct store *store)
{
    LIST_EACH(link, &store->garbage) {
        struct garbage *garbage = LIST_ENTRY(link, struct garbage, link);
        if (!garbage->walk.is_due)
            return garbage;
    }
    return NULL;
}

bool store_free_slice(struct store *store, int64_t budget_us)
{
    struct garbage *garbage = next_garbage(store);
    if (!garbage)
        return true;
    int64_t begin = clock_mono_us();
    for (unsigned work = 0; garbage->bucket < garbage->table.bucket_count; work++) {
        if (work % ENTRIES_PER_LOOK == ENTRIES_PER_LOOK - 1 && clock_mono_us() - begin >= budget_us)
            return false;
        if (garbage->bucket + 4 < garbage->table.bucket_count)
            table_visit_bucket(&garbage->table, garbage->bucket + 4, prefetch_item, NULL);
        size_t before = store->stats.lazy_pending;
        table_visit_bucket(&garbage->table, garbage->bucket++, free_item, store);
        if (garbage->is_lazy)
            store->stats.lazy_freed += before - store->stats.lazy_pending;
    }
    list_remove(&garbage->link);
    table_clear(&garbage->table);
    mem_free(garbage);
    return !next_garbage(store);
}

/* ---- expiry ---- */

/* Removes what is dead in bucket `number`, and sets its bound to the least deadline left. Returns how many it
 * looked at. */
static unsigned expire_bucket(struct keyspace *keyspace, size_t number, int64_t now_ms)
{
    struct table *table = &keyspace->table;
    uint64_t least = TABLE_BOUND_MAX;
    unsigned looked = 0;
    table_visit_bucket(table, number, prefetch_item, NULL);
    struct table_bucket *bucket = table_bucket_at(table, number);
    while (bucket) {
        struct table_slot dead = {.bucket = NULL};
        for (unsigned i = 0; i < TABLE_BUCKET_SLOTS; i++) {
            if (!bucket->tags[i])
                continue;
            const struct entry *entry = table_pointer_get(bucket, i);
            looked++;
            if (entry_is_dead(entry, now_ms)) {
                dead = (struct table_slot){bucket, i, number};
                break;
            }
            if (entry_has_dead_parts(entry, now_ms)) {
                /* There may be more of them than there is time for: the bucket stays due. */
                keyspace_drop_dead_parts(keyspace, (struct table_slot){bucket, i, number});
                return ENTRIES_PER_LOOK;
            }
            uint64_t bound = entry_bound(entry);
            least = bound < least ? bound : least;
        }
        if (dead.bucket) {
            /* The chain's last item moves into the hole, so the chain is looked at again from its start. */
            keyspace_drop_dead(keyspace, dead);
            least = TABLE_BOUND_MAX;
            bucket = table_bucket_at(table, number);
        } else {
            bucket = table_next_bucket(table, bucket);
        }
    }
    deadlines_set(&keyspace->deadlines, number, least);
    return looked;
}

bool store_expire_slice(struct store *store, int64_t budget_us)
{
    if (store->is_expiry_off || store->is_expired_held)
        return true;
    int64_t begin = clock_mono_us(), now_ms = store->clock->mono_ms;
    unsigned work = 0;
    for (int i = 0; i < store->used_count; i++) {
        struct keyspace *keyspace = &store->keyspaces[i];
        size_t number;
        keyspace_pause_shrinking(keyspace);
        while (deadlines_due(&keyspace->deadlines, deadline_bound(now_ms - 1), &number)) {
            work += expire_bucket(keyspace, number, now_ms);
            if (work >= ENTRIES_PER_LOOK) {
                work = 0;
                if (clock_mono_us() - begin >= budget_us) {
                    keyspace_resume_shrinking(keyspace);
                    return false;
                }
            }
        }
        keyspace_resume_shrinking(keyspace);
    }
    return true;
}

int64_t store_next_due_ms(const struct store *store)
{
    uint64_t next = TABLE_BOUND_MAX;
    if (!store->is_expiry_off && !store->is_expired_held) {
        for (int i = 0; i < store->used_count; i++) {
            const struct keyspace *keyspace = &store->keyspaces[i];
            uint64_t bound = keyspace->deadline_count + keyspace->timed_parts_count
                                 ? deadlines_next(&keyspace->deadlines)
                                 : TABLE_BOUND_MAX;
            next = bound < next ? bound : next;
        }
    }
    return next == TABLE_BOUND_MAX ? INT64_MAX : (int64_t)next + 1;
}

bool store_has_timed_parts(const struct store *store)
{
    for (int i = 0; i < store->used_count; i++) {
        if (store->keyspaces[i].timed_parts_count > 0)
            return true;
    }
    return false;
}

bool store_resize_slice(struct store *store, int64_t budget_us)
{
    int64_t begin = clock_mono_us();
    for (int i = 0; i < store->used_count; i++) {
        while (table_shrink(&store->keyspaces[i].table, ENTRIES_PER_LOOK)) {
            if (clock_mono_us() - begin >= budget_us)
                return false;
        }
    }
    return true;
}
