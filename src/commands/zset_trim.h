/* SPDX-License-Identifier: BSD-3-Clause */
/* Removing a long range from a large sorted set, in steps. */
#ifndef COMMANDS_ZSET_TRIM_H
#define COMMANDS_ZSET_TRIM_H

#include "engine/call.h"
#include "types/zset.h"

/* Shorter ranges are removed at once. */
enum { ZSET_TRIM_MIN = 256 };

/* Removes the range from the large sorted set at the key argv[1], says `event`, and replies how much that
 * was. When the set has become another meanwhile, `again` does it, at once. */
void zset_trim(struct call *call, struct zset_range range, const char *event,
               void (*again)(struct call *call));

#endif
