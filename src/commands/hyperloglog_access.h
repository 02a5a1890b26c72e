/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading and writing HyperLogLogs for commands. */
#ifndef COMMANDS_HYPERLOGLOG_ACCESS_H
#define COMMANDS_HYPERLOGLOG_ACCESS_H

#include "engine/call.h"
#include "types/hyperloglog.h"

/* The HyperLogLog in `entry`, checked wholly, lent until the keyspace's next edit. False, having replied,
 * when it is none. */
bool read_hll(struct call *call, const struct entry *entry, struct bytes *hll);
/* The same, and where a register lies, if it is sparse. One that was found to be right, and has been changed
 * by nobody but call_edit_hll since, is looked at only as far as that. */
bool find_in_hll(struct call *call, const struct entry *entry, unsigned index, struct bytes *hll,
                 struct hll_place *place);

/* Gives `key` this one, with the deadline that it has, and says so: NULL: nothing. False, having replied,
 * when there is no memory. */
bool put_hll(struct call *call, struct key key, struct bytes hll, unsigned event_class, const char *event);

#endif
