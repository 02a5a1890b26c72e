/* SPDX-License-Identifier: BSD-3-Clause */
/* What changes a database. This is the one gate where the clock is stamped and (while a snapshot runs) the
 * old value preserved. Nothing else follows from a change made here: commands change the dataset through
 * engine/edit.h, which tells everybody, and may not include this header (scripts/layers). */
#ifndef STORE_KEYSPACE_EDIT_H
#define STORE_KEYSPACE_EDIT_H

#include "store/store.h"

/* Gives `key` this value, new or not. Bytes are copied; a blob's reference is taken over. Returns the entry.
 * `*was_there` (may be NULL) tells whether the key was there. */
const struct entry *keyspace_set(struct keyspace *keyspace, struct key key, struct value value,
                                 struct deadline deadline, bool *was_there);

/* Makes the string at `key` `len` bytes long (made when missing, grown with zero bytes, cut when longer) and
 * lends its content for writing until the next edit. Its encoding becomes raw. NULL, with all as it was, when
 * there is no memory. */
char *keyspace_edit_bytes(struct keyspace *keyspace, struct key key, size_t len);

/* The same of a HyperLogLog, for who leaves it a right one: what is known of it stays known. */
char *keyspace_edit_hll(struct keyspace *keyspace, struct key key, size_t len);

/* Gives the string at `key` the blob `own`, whose reference is taken over, in place of `shared`. False, with
 * nothing done, when that isn't what it holds. */
bool keyspace_unshare(struct keyspace *keyspace, struct key key, const struct blob *shared, struct blob *own);

/* Begins an edit of the collection at `key`: the entry, to be looked at, or NULL. The three below look only
 * at `place` where that still holds. */
const struct entry *keyspace_edit(struct keyspace *keyspace, struct key key, struct keyspace_place *place);
/* Gives the key this collection, in the place of what it has; its deadline stays. */
void keyspace_edited(struct keyspace *keyspace, struct key key, const struct keyspace_place *place,
                     struct value value);
/* Lends the large collection at `key`, which must be there, for editing. Whoever still has to see it as it
 * is, a walk, holds it by now. `*old_size` is for keyspace_large_edited, which is to be called before the
 * next edit of the keyspace. */
struct large *keyspace_edit_large(struct keyspace *keyspace, struct key key,
                                  const struct keyspace_place *place, size_t *old_size);
void keyspace_large_edited(struct keyspace *keyspace, struct key key, const struct keyspace_place *place,
                           size_t old_size);

/* Sets the deadline (monotonic ms) or, with NO_DEADLINE, takes it away. `place` is where the key was found;
 * NULL: it is looked for. False when there is no such key. A deadline that has passed is accepted: the entry
 * dies at the next look. */
bool keyspace_set_deadline(struct keyspace *keyspace, struct key key, const struct keyspace_place *place,
                           int64_t deadline_ms);

/* Removes some parts that are past their deadline of the value at the key; true when there are more. */
bool keyspace_drop_some_parts(struct keyspace *keyspace, struct key key);

/* Removes the key and frees its value, a large one on the helper thread. False when it wasn't there. */
bool keyspace_remove(struct keyspace *keyspace, struct key key);

/* Moves the entry at `from` in `source` to `to` in `target`, value and deadline; what was at `to` is
 * replaced. False when there is no `from`. A copy leaves the source, and shares a large value with it until
 * one of them is edited. */
bool keyspace_move(struct keyspace *source, struct key from, struct keyspace *target, struct key to);
bool keyspace_copy(struct keyspace *source, struct key from, struct keyspace *target, struct key to);

/* Makes room for `count` keys at once (a file says how many come). */
void keyspace_presize(struct keyspace *keyspace, size_t count);

/* Empties a database at once; its memory is given back in slices by store_free_slice. `is_lazy`: nobody waits
 * for that, and the entries count as freed in the background. */
void keyspace_flush(struct keyspace *keyspace, bool is_lazy);

/* Exchanges the content of two databases. */
void store_swap(struct store *store, int a, int b);

#endif
