/* SPDX-License-Identifier: BSD-3-Clause */
/* One database: keys, values, deadlines. It changes only through store/keyspace_edit.h.
 *
 * Entries past their deadline don't exist for anybody: every lookup removes what it finds dead and tells the
 * store's observer. */
#ifndef STORE_KEYSPACE_H
#define STORE_KEYSPACE_H

#include "base/table.h"
#include "store/entry.h"

struct keyspace;
struct store;

/* ---- reading ---- */

/* The entry, lent until the next edit of the keyspace; NULL when there is none. Stamps the access clock and
 * counts as a read. */
const struct entry *keyspace_find(struct keyspace *keyspace, struct key key);
/* The same without counting: for who doesn't want the value. */
const struct entry *keyspace_touch(struct keyspace *keyspace, struct key key);
/* The same without stamping (TTL, TYPE, OBJECT, EXISTS of a NO-TOUCH client). */
const struct entry *keyspace_peek(struct keyspace *keyspace, struct key key);

/* The same of one past its deadline that wasn't removed yet, too. */
const struct entry *keyspace_peek_even_dead(const struct keyspace *keyspace, struct key key);

/* Whether there is such a key; nothing is stamped or removed. */
bool keyspace_holds(const struct keyspace *keyspace, struct key key);

/* Whether there is an entry past its deadline that wasn't removed yet (store_hold_expired). */
bool keyspace_holds_dead(const struct keyspace *keyspace, struct key key);

size_t keyspace_count(const struct keyspace *keyspace);
size_t keyspace_deadline_count(const struct keyspace *keyspace);
/* Mean time to live of the keys with a deadline, in ms, from a sample that expiry keeps current. */
int64_t keyspace_mean_ttl_ms(const struct keyspace *keyspace);
/* Places for entries in the table; bytes of what leads to the entries: the table, what tells when the next is
 * due, and the figures of prefix classes. */
size_t keyspace_capacity(const struct keyspace *keyspace);
size_t keyspace_index_memory(const struct keyspace *keyspace);
int keyspace_index(const struct keyspace *keyspace);
const struct prefix_table *keyspace_prefixes(const struct keyspace *keyspace);

/* A live entry chosen at random, or NULL when there is none. */
const struct entry *keyspace_random(struct keyspace *keyspace);

/* Visits the entries of the bucket group at `cursor` and returns the next cursor, 0 after the last. Every
 * entry that is there from the first call to the last is visited at least once; the table may grow and shrink
 * in between. The visitor may not edit the keyspace. Dead entries are not shown. */
typedef void (*entry_visitor)(void *context, const struct entry *entry);
uint64_t keyspace_scan(struct keyspace *keyspace, uint64_t cursor, entry_visitor visit, void *context);

/* While paused the table doesn't shrink, and then a scan shows nothing twice. Calls nest. */
void keyspace_pause_shrinking(struct keyspace *keyspace);
void keyspace_resume_shrinking(struct keyspace *keyspace);

/* Asks the processor for the memory that a lookup of a key with this hash will touch, in three steps with
 * other work in between: the bucket; the header of the likely entry; the rest of it. */
void keyspace_prefetch_bucket(const struct keyspace *keyspace, uint64_t hash);
void keyspace_prefetch_entry(const struct keyspace *keyspace, uint64_t hash);
void keyspace_prefetch_rest(const struct keyspace *keyspace, uint64_t hash);

/* Notes of an entry that its string was found to be a right HyperLogLog, so that nobody has to look through
 * it again until its bytes are written by anything but keyspace_edit_hll. */
void keyspace_found_hll(const struct entry *entry);

/* The blob of the string at `key` when an edit would copy it, since somebody else holds it as well or a walk
 * is still to meet it; NULL otherwise. */
struct blob *keyspace_shared_blob(struct keyspace *keyspace, struct key key);

/* ---- for those who change it (store/keyspace_edit.h) ---- */

/* Where a key's entry hangs, or nothing does, until something in the keyspace moves. */
struct keyspace_place {
    struct table_slot slot;
    uint32_t moves;
    bool is_known;
};

/* keyspace_touch, for who goes on to change the key. */
const struct entry *keyspace_touch_at(struct keyspace *keyspace, struct key key,
                                      struct keyspace_place *place);

/* What becomes of a key's deadline when it gets a value. */
enum { DEADLINE_NONE, DEADLINE_KEEP, DEADLINE_SET };
struct deadline {
    int mode;
    int64_t at_ms; /* DEADLINE_SET: monotonic */
};

#endif
