/* SPDX-License-Identifier: BSD-3-Clause */
/* What the commands on strings share, be the string a text, a number or bits. */
#ifndef COMMANDS_STRING_ACCESS_H
#define COMMANDS_STRING_ACCESS_H

#include "engine/call.h"

/* The bytes of the string in `entry` (NULL: none), lent until the keyspace's next edit; digits are printed to `scratch`. */
struct bytes entry_string(const struct entry *entry, char scratch[static STRING_SCRATCH]);

/* Replies with the string in `entry`, or nil when it is NULL. */
void reply_string(struct reply *reply, const struct entry *entry);

/* keyspace_edit_bytes; NULL, having replied, when there is no memory. */
char *edit_string(struct call *call, struct key key, size_t len);

/* Says that a command wrote the string at `key`: the news of a new key, then `event`. */
void string_changed(struct call *call, struct key key, bool is_new, const char *event);

/* Turns the range that a client means (both ends included, negative ones counted from the end) into one within `len`
 * things. False when nothing lies in it. */
bool resolve_range(int64_t start, int64_t end, uint64_t len, uint64_t *first, uint64_t *last);

#endif
