/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of eviction share. */
#ifndef STORE_EVICT_PRIVATE_H
#define STORE_EVICT_PRIVATE_H

#include "keyspace_private.h"
#include "store/evict.h"

/* Buckets that one call looks at, at most (about 50 microseconds). */
#define CALL_BUCKETS_MAX 2048

/* Entries that may go, in one database and in all. */
size_t evict_candidate_count(const struct keyspace *keyspace, bool only_volatile);
size_t evict_total_count(const struct store *store, bool only_volatile);

/* The next bucket from `number` on that may have candidates; false when there is none up to the table's
 * end. */
bool evict_seek(struct keyspace *keyspace, bool only_volatile, size_t *number);
/* Entries with a deadline were looked for in the bucket and there are none: it won't be looked into again,
 * unless parts of others have deadlines. */
void evict_found_none(struct keyspace *keyspace, size_t number);

/* Removes the entry, telling the observer. */
void evict_entry(struct keyspace *keyspace, struct table_slot slot);

/* The slot in bucket `home` that holds `entry`, which may be anything by now; its bucket is NULL when there
 * is none. */
struct table_slot evict_find_in_bucket(const struct table *table, size_t home, const struct entry *entry);

/* Removes the entry that dies first; any entry. */
enum evict_result evict_soonest(struct store *store);
enum evict_result evict_any(struct store *store, bool only_volatile);

#endif
