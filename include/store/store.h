/* SPDX-License-Identifier: BSD-3-Clause */
/* The databases, and what they share: memory, prefix classes, the clock, the wires to whoever wants to
 * know. */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/clock.h"
#include "store/keyspace.h"

struct session_stats;
struct worker;

enum removal { REMOVED_EXPIRED, REMOVED_EVICTED };

/* Parts of a value, fields of a hash, that went by themselves. */
struct removed_parts {
    const struct bytes *names;
    size_t count;
    bool with_key; /* they were the last: the key went, too */
};

/* Called after an entry, or parts of one, went by themselves. What is told is lent for the call; the keyspace
 * may not be edited in it. */
struct store_observer {
    void (*removed)(void *context, struct keyspace *keyspace, struct bytes key, enum removal why);
    void (*parts_removed)(void *context, struct keyspace *keyspace, struct bytes key,
                          const struct removed_parts *parts);
    void *context;
};

struct store_stats {
    uint64_t expired;
    uint64_t expired_parts;    /* fields of hashes */
    uint64_t lazy_freed;       /* entries freed in slices without anybody waiting for it */
    uint64_t moved;            /* entries moved by compaction */
    size_t lazy_pending;       /* entries that wait to be freed in slices */
    int64_t expiry_lag_us_max; /* the latest removal, measured from its deadline */
};

/* `worker` frees large values (NULL: they are freed at once). The clock is read, not owned. */
struct store *store_new(int database_count, const struct clock *clock, struct worker *worker);
void store_free(struct store *store);
/* Asserts the invariants of all it holds (tests, simulated worlds). */
void store_check(const struct store *store);

struct keyspace *store_keyspace(struct store *store, int index);
int store_keyspace_count(const struct store *store);
void store_observe(struct store *store, struct store_observer observer);
struct store_stats *store_stats(struct store *store);
/* What is known of each prefix class; who keeps the store's clock calls session_stats_tick. */
struct session_stats *store_sessions(struct store *store);

/* See prefix_configure. */
bool store_set_prefixes(struct store *store, const struct bytes *texts, size_t count);

/* Lets go of what value_hold gave, or of a value's blob (NULL: none): the helper thread frees what is
 * large. */
void store_release_value(struct store *store, struct value value);
void store_release_blob(struct store *store, struct blob *blob);

/* ---- slices: each works for at most about `budget_us` and returns true when nothing is left to do now
 * ---- */

/* Removes entries past their deadline; each is told to the observer. */
bool store_expire_slice(struct store *store, int64_t budget_us);
/* When the next entry may be due (monotonic ms): a lower bound, INT64_MAX when no entry has a deadline. */
int64_t store_next_due_ms(const struct store *store);
/* Whether there are values whose parts have deadlines. */
bool store_has_timed_parts(const struct store *store);
/* DEBUG SET-ACTIVE-EXPIRE: while off, only lookups remove. */
void store_set_active_expire(struct store *store, bool is_on);
/* CLIENT PAUSE: while on, entries past their deadline are out of sight, but only who writes to their key
 * removes them. */
void store_hold_expired(struct store *store, bool is_held);
/* EXEC: no time passes for entries, and it is that of `clock`, which is copied: what was there in the
 * beginning is there until the end. NULL: time passes. */
void store_hold_time(struct store *store, const struct clock *clock);
bool store_free_slice(struct store *store, int64_t budget_us);
/* Shrinks tables that became too large. */
bool store_resize_slice(struct store *store, int64_t budget_us);
/* Moves entries together, so that pages which are sparsely used become empty and go back to the system. */
bool store_compact_slice(struct store *store, int64_t budget_us);

/* Gives back the memory of empty pages that is kept at hand. */
void store_trim(struct store *store);

/* Bytes that entries take, without blobs, and of the pages they lie in. */
struct store_memory {
    size_t used, held;
};
struct store_memory store_memory(const struct store *store);

/* Whether finds stamp the access clock for LFU instead of LRU. */
void store_use_lfu(struct store *store, bool is_lfu, int log_factor, int decay_minutes);
/* CLIENT NO-TOUCH: while on, finds and edits leave the access clocks of the entries that are there as they
 * are. */
void store_hold_stamps(struct store *store, bool is_held);
/* To be called ten times a second: keeps stamps that are long ago from being taken for new ones, a few
 * entries at a time. */
void store_age_clocks(struct store *store);
/* Milliseconds since the last access (of one more than an hour ago in whole seconds, at most 45 days); LFU
 * counter. */
int64_t store_idle_ms(const struct store *store, const struct entry *entry);
unsigned store_frequency(const struct store *store, const struct entry *entry);
/* The entry is new, though it may have taken another's place (RESTORE, COPY). */
void store_set_new(const struct store *store, const struct entry *entry);
/* The same said by a client (RESTORE); without effect while the other of the two is kept. */
void store_set_idle_ms(const struct store *store, const struct entry *entry, int64_t idle_ms);
void store_set_frequency(const struct store *store, const struct entry *entry, unsigned frequency);

#endif
