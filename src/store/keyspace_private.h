/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the store share about keyspaces. */
#ifndef STORE_KEYSPACE_PRIVATE_H
#define STORE_KEYSPACE_PRIVATE_H

#include "base/table.h"
#include "base/worker.h"
#include "deadlines.h"
#include "entry_layout.h"
#include "sessions/session_stats.h"
#include "store/store.h"
#include "store/walk.h"

/* Deadlines are summed up in 16 ms steps, capped as bounds are, so that the sum of any number of them
 * fits. */
#define TTL_SUM_SHIFT 4

/* How far a walk has come in a table. */
struct walk_state {
    int database; /* where its content was when the walk began */
    bool is_due;  /* there is more to be visited */
    uint64_t cursor;
};

/* What the stamps of accesses are made of; see access_clock.c. */
struct access_clock {
    bool is_lfu, evicted_lately;
    bool is_held;      /* accesses leave no stamps */
    bool is_plain;     /* neither of LFU and held: nearly always */
    uint32_t grain_ms; /* LRU: stamps that are not older than this stay */
    uint32_t step;     /* goes on with every quarter of the entries evicted */
    size_t step_evictions;
    int64_t lru_since_ms;          /* LFU stamps count as accesses of then */
    int log_factor, decay_minutes; /* lfu-log-factor, lfu-decay-time */
    uint32_t period;               /* of decay, counted every tenth of a second */
    int64_t period_begin_ms;
};

struct keyspace {
    struct store *store;
    int index;
    struct table table;
    struct deadlines deadlines;
    size_t deadline_count;
    size_t timed_parts_count; /* entries in whose values something has a deadline */
    uint64_t deadline_sum;
    struct session_live
        *live; /* of each prefix class below the count; those that had no entry may be missing */
    unsigned live_count;
    struct walk_state walk;
    size_t age_bucket; /* where the round over the access clocks is */
};

/* A table that was flushed: its entries are freed in slices, once a walk has been through. Until then their
 * prefix classes are theirs. */
struct garbage {
    struct list link;
    struct table table;
    size_t bucket; /* the next to be emptied */
    bool is_lazy;  /* nobody waits for it */
    struct walk_state walk;
    struct session_live *live;
    unsigned live_count;
};

struct store {
    const struct clock *clock; /* the running one, or `held_clock` */
    const struct clock *running_clock;
    struct clock held_clock; /* what it showed when time was held */
    struct worker *worker;
    struct slab *slab;
    struct prefix_table prefixes;
    struct session_stats sessions;
    struct store_observer observer;
    struct store_stats stats;
    struct list garbage;
    bool is_expiry_off;
    bool is_expired_held;
    bool is_walking;
    unsigned epoch; /* one bit: that of entries that no walk has to hand out */
    struct walk_sink walk_sink;
    struct access_clock access_clock;
    struct evict_pool *evict_pool;
    int database_count;
    int used_count; /* databases from this one on never held a key: no tick needs to look at them */
    struct keyspace keyspaces[];
};

void keyspace_init(struct keyspace *keyspace, struct store *store, int index);
/* Makes room for the figures of a class that had no entry here yet. */
void keyspace_count_class(struct keyspace *keyspace, unsigned class);

/* The keyspace has, or will have, a table to look after. */
static inline void keyspace_is_used(struct keyspace *keyspace)
{
    if (__builtin_expect(keyspace->index >= keyspace->store->used_count, 0))
        keyspace->store->used_count = keyspace->index + 1;
}
void keyspace_clear(struct keyspace *keyspace);

/* What an entry's end is counted as. */
enum ending { ENDED_DELETED, ENDED_EXPIRED, ENDED_EVICTED };

/* Takes the entry out of table and sums and frees it. */
void keyspace_drop(struct keyspace *keyspace, struct table_slot slot, enum ending ending);
/* The same for one past its deadline; tells the observer. */
void keyspace_drop_dead(struct keyspace *keyspace, struct table_slot slot);

/* The slot of a live entry, for writing; a dead one is removed. */
struct table_slot keyspace_locate_live(struct keyspace *keyspace, struct key key);

/* Gives the entry at `slot` room for another deadline and `value_len` bytes of value: where it is, or
 * elsewhere with its key copied. Of the old value the first `kept` bytes go along, the rest is gone (its blob
 * isn't freed). */
struct entry *keyspace_reshape(struct keyspace *keyspace, struct table_slot slot, int64_t deadline_ms,
                               size_t value_len, size_t kept);

/* When it, or something in it, is due; TABLE_BOUND_MAX: never. */
uint64_t entry_bound(const struct entry *entry);
/* To be called when the value of an entry that hangs at bucket `home` has changed: notes when the first of
 * its parts is due. */
void keyspace_note_parts(struct keyspace *keyspace, struct entry *entry, size_t home);
/* Removes some of the dead parts of the entry at `slot`, and the entry with the last; tells the observer.
 * False when the entry is gone. */
bool keyspace_drop_dead_parts(struct keyspace *keyspace, struct table_slot slot);

/* Lets go of what an entry of that type points to. */
void store_release_pointer(struct store *store, unsigned type, void *pointer);

void entry_free(struct store *store, struct entry *entry);

/* The entries of a flushed table, of which there were `live`, no longer need their prefix classes. Frees
 * `live`. */
void store_release_prefixes(struct store *store, struct session_live *live, unsigned count);

static inline bool entry_is_due(const struct store *store, const struct entry *entry)
{
    return entry->epoch != store->epoch;
}

/* Hands a due entry, which is about to change or go or is met by the walk, to the walk's sink and marks
 * it. */
void walk_hand_over(struct store *store, int database, struct entry *entry, bool is_leaving);

/* To be called before an entry is changed or removed. */
static inline void preserve(struct keyspace *keyspace, struct entry *entry)
{
    if (__builtin_expect(entry_is_due(keyspace->store, entry), 0))
        walk_hand_over(keyspace->store, keyspace->walk.database, entry, true);
}

/* What a new entry's clock says; and one's that was read or edited: it belongs to the key, whatever becomes
 * of the value. */
uint32_t access_clock_new(const struct store *store);
void access_clock_touch(const struct store *store, struct entry *entry);
/* LFU: how many eviction steps ago the last access was. */
uint32_t access_clock_steps(const struct store *store, const struct entry *entry);
/* An entry was evicted that had not been accessed for `idle_ms`, out of `entry_count`. */
void access_clock_evicted(struct store *store, size_t entry_count, int64_t idle_ms);

struct evict_pool *evict_pool_new(void);

#endif
