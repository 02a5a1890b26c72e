/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the store share about keyspaces. */
#ifndef STORE_KEYSPACE_PRIVATE_H
#define STORE_KEYSPACE_PRIVATE_H

#include "base/table.h"
#include "base/worker.h"
#include "deadlines.h"
#include "entry_layout.h"
#include "store/store.h"

/* Deadlines are summed up in 16 ms steps, capped as bounds are, so that the sum of any number of them fits. */
#define TTL_SUM_SHIFT 4

struct keyspace {
    struct store *store;
    int index;
    struct table table;
    struct deadlines deadlines;
    size_t deadline_count;
    uint64_t deadline_sum;
    uint32_t prefix_counts[PREFIX_CLASS_MAX + 1];
};

/* A table that was flushed: its entries are freed in slices. */
struct garbage {
    struct list link;
    struct table table;
    size_t bucket; /* the next to be emptied */
};

struct store {
    const struct clock *clock;
    struct worker *worker;
    struct slab *slab;
    struct prefix_table prefixes;
    struct store_observer observer;
    struct store_stats stats;
    struct list garbage;
    bool is_expiry_off;
    bool is_expired_held;
    bool is_lfu;
    int lfu_log_factor, lfu_decay_minutes;
    int database_count;
    struct keyspace keyspaces[];
};

void keyspace_init(struct keyspace *keyspace, struct store *store, int index);
void keyspace_clear(struct keyspace *keyspace);

/* Takes the entry out of table and sums and frees it. */
void keyspace_drop(struct keyspace *keyspace, struct table_slot slot);
/* The same for one past its deadline; tells the observer. */
void keyspace_drop_dead(struct keyspace *keyspace, struct table_slot slot);

void entry_free(struct store *store, struct entry *entry);
void store_free_blob(struct store *store, struct blob *blob);

/* What a new or just read entry's clock says. */
uint32_t access_clock_new(const struct store *store);
void access_clock_touch(const struct store *store, struct entry *entry);

#endif
