/* SPDX-License-Identifier: BSD-3-Clause */
/* How commands change the dataset. There is no other way, and each of these does everything that follows from
 * a change: WATCH, caches of clients, notifications, the count of unsaved changes, the journal. A command
 * that changed something is recorded as it was called unless it says otherwise (engine/journal.h). */
#ifndef ENGINE_EDIT_H
#define ENGINE_EDIT_H

#include "engine/call.h"
#include "engine/events.h"
#include "types/collection.h"

/* ---- values ---- */

/* Gives `key` this value, new or not: "new" where it wasn't there, then `event`. Bytes are copied; a blob's
 * reference is taken over. Returns the entry, lent until the next edit. */
const struct entry *call_set(struct call *call, struct key key, struct value value, struct deadline deadline,
                             unsigned event_class, const char *event);
/* The same for a value that replaces the key itself, if there is one: "new" is said in any case, and nothing
 * is known of its use (RESTORE). */
const struct entry *call_set_anew(struct call *call, struct key key, struct value value,
                                  struct deadline deadline, unsigned event_class, const char *event);

/* ---- strings in place ---- */

/* Makes the string at `key` `len` bytes long, made when missing, and lends its content for writing. What
 * follows from it waits for call_bytes_edited. NULL, having replied, when there is no memory. */
char *call_edit_bytes(struct call *call, struct key key, size_t len);
/* The same of a HyperLogLog, which is one of as many bytes when it is done. */
char *call_edit_hll(struct call *call, struct key key, size_t len);
/* Puts `own`, whose reference is taken over, in the place of the large string's blob `shared`, which has the
 * same content: nobody sees a change. False, with nothing done, when the key holds another one. */
bool call_unshare(struct call *call, struct key key, const struct blob *shared, struct blob *own);
/* Says that the string at `key` was written. `event` NULL: nobody is to be notified. */
void call_bytes_edited(struct call *call, struct key key, bool is_new, const char *event);

/* ---- collections in place ---- */

/* The collection at a key while a command edits it by its type's functions. */
struct edit {
    struct key key;
    struct keyspace_place place;
    struct collection value;
    bool is_new;     /* there is no such key: the collection is empty */
    size_t old_size; /* of a large one */
    struct large *old_large;
};

/* Begins an edit of the collection at `key`. False, having replied, when the key holds another type. A
 * command that changes nothing after all just doesn't call call_edited, but hasn't used an editing function
 * then. At most EDITS_MAX edits are begun in a call. */
bool call_edit(struct call *call, struct key key, enum value_type type, struct edit *edit);
/* Puts what was made in place and says so: "new" where the key wasn't there, `event` of the type's class,
 * "del" when the collection is empty now and its key goes. `event` NULL: it was said before. */
void call_edited(struct call *call, struct edit *edit, const char *event);

/* The same for what nobody sees who reads the value, only who asks for its groups: transactions that watch
 * the key and caches of clients aren't told. `event` may be NULL. */
void call_edited_unseen(struct call *call, struct edit *edit, const char *event);

/* The collection at `key`, to be read, counting a hit or a miss; empty when there is none. False, having
 * replied WRONGTYPE, when the key holds another type. Lent until the next edit. */
bool call_collection(struct call *call, struct key key, enum value_type type, struct collection *collection);

/* What limits the small form of a type, by the configuration. */
struct collection_limits edit_limits(const struct server *server, enum value_type type);
struct value_limits edit_all_limits(const struct server *server);

/* ---- keys ---- */

/* Removes the key, saying "del". False when there was none. */
bool call_remove(struct call *call, struct key key);

/* Gives `key`, which is there, a deadline ("expire"; "del" when it has passed) or, DEADLINE_NONE, takes it
 * away ("persist"). Recorded as what it comes to: PEXPIREAT, DEL or PERSIST. */
void call_expire(struct call *call, struct key key, struct deadline deadline);
/* The same where the key was found (keyspace_touch_at); NULL: it is looked for, which counts as no use of
 * it. */
void call_expire_at(struct call *call, struct key key, const struct keyspace_place *place,
                    struct deadline deadline);

/* Moves or copies `from`, which is there, with its deadline, to `to` in `target`; what was there is replaced.
 * The events are those of RENAME, MOVE and COPY. */
void call_move(struct call *call, struct key from, const char *from_event, struct keyspace *target,
               struct key to, const char *to_event);
void call_copy(struct call *call, struct key from, struct keyspace *target, struct key to, const char *event);

/* ---- databases ---- */

/* Empties one database, or all; `is_lazy`: nobody waits until the memory is back. */
void call_flush(struct call *call, struct keyspace *keyspace, bool is_lazy);
void call_flush_all(struct call *call, bool is_lazy);
/* Exchanges two databases. */
void call_swap(struct call *call, int a, int b);

/* Something that lies in no database, as functions do, has changed. */
void call_changed_elsewhere(struct call *call);

#endif
