/* SPDX-License-Identifier: BSD-3-Clause */
/* Walks over the bits of a string: what BITCOUNT and BITPOS are made of. The answer is that of the moment
 * when the command came, whatever others write to the key during a long walk. */
#ifndef COMMANDS_BIT_WALK_H
#define COMMANDS_BIT_WALK_H

#include "engine/call.h"

/* Both are the last thing that a command does. */

/* How many bits of the string in `entry` are set among `first` to `last`, both included. */
void reply_bit_count(struct call *call, const struct entry *entry, uint64_t first, uint64_t last);

/* The position of the first bit among `first` to `last`, both included, that is as `bit`, or else
 * `if_none`. */
void reply_bit_position(struct call *call, const struct entry *entry, bool bit, uint64_t first, uint64_t last,
                        int64_t if_none);

#endif
