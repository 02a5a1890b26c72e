/* SPDX-License-Identifier: BSD-3-Clause */
/* What the commands on strings share, be the string a text, a number or bits. */
#ifndef COMMANDS_STRING_ACCESS_H
#define COMMANDS_STRING_ACCESS_H

#include "engine/edit.h"
#include "engine/server.h"

/* The bytes of the string in `entry` (NULL: none), lent until the keyspace's next edit; digits are printed to
 * `scratch`. */
struct bytes entry_string(const struct entry *entry, char scratch[static STRING_SCRATCH]);

/* The content of the string in `entry` for whoever looks at it over several ticks: by reference if it is
 * large, and then writes make another blob of it. blob_unref it. */
struct blob *hold_string(const struct entry *entry);

/* True when `entry` (NULL: none) still is the string that `held` (NULL: none) holds. */
bool is_held_string(const struct blob *held, const struct entry *entry);

/* The number that the string in `entry` stands for, 0 for NULL; false, having replied, when it stands for
 * none. */
bool read_float(struct call *call, const struct entry *entry, long double *number);

/* Replies with the string in `entry`, or nil when it is NULL. */
void reply_string(struct reply *reply, const struct entry *entry);

/* Gives `key` this string, saying "set", and "expire" when it gets a deadline. */
static inline void set_string(struct call *call, struct key key, struct value value, struct deadline deadline)
{
    call_set(call, key, value, deadline, EVENT_STRING, "set");
    if (deadline.mode == DEADLINE_SET)
        call_notify(call, call->keyspace, key, EVENT_GENERIC, "expire");
}

/* Records that it was so given `value`: as a SET with the time at which it ends, without conditions or
 * GET. */
void record_string_now(struct call *call, struct bytes key, struct bytes value, struct deadline deadline);
static inline void record_string(struct call *call, struct bytes key, struct bytes value,
                                 struct deadline deadline)
{
    if (__builtin_expect(call->server->journal.is_on, 0))
        record_string_now(call, key, value, deadline);
}

/* call_edit_bytes. NULL: there is no memory, which was replied, or a large string has to be copied first,
 * after which the command is run by whoever made the copy. So whatever is counted or replied is so behind
 * it. */
char *edit_string(struct call *call, struct key key, size_t len);

/* Turns the range that a client means (both ends included, negative ones counted from the end) into one
 * within `len` things. False when nothing lies in it. */
bool resolve_range(int64_t start, int64_t end, uint64_t len, uint64_t *first, uint64_t *last);

#endif
