/* SPDX-License-Identifier: BSD-3-Clause */
/* Which arguments of a request are keys, out of the specs in the command's row: for COMMAND GETKEYS,
 * client tracking and ACL rules. The arguments are foreign: nothing about them is taken for granted. */
#ifndef ENGINE_KEY_SPEC_H
#define ENGINE_KEY_SPEC_H

#include "engine/command.h"

struct key_position {
    int index;      /* in argv */
    unsigned flags; /* enum key_flag */
};

/* Grows as needed; zero-initialised is empty. */
struct key_positions {
    int count, capacity; /* capacity 0: they lie in `few` */
    struct key_position *many;
    struct key_position few[8];
};

static inline const struct key_position *key_position_at(const struct key_positions *positions, int i)
{
    return positions->capacity ? &positions->many[i] : &positions->few[i];
}

void key_positions_add(struct key_positions *positions, int index, unsigned flags);

/* Frees the memory and leaves it empty. */
void key_positions_clear(struct key_positions *positions);

/* True when some argument of the command may be a key (channels of shard pub/sub are not). */
bool command_has_keys(const struct command *row);

/* Appends the keys of argv to `positions`, in the order of the specs. False, with none appended, when the
 * arguments don't fit the specs: an announced number that is no number, keys past the end. */
bool command_find_keys(const struct command *row, const struct bytes *argv, int argc,
                       struct key_positions *positions);

/* Keys in the old terms of COMMAND INFO: from `first` to `last` (below 0: from the end) every `step`;
 * zeros: none. */
struct key_range {
    int first, last, step;
    bool is_movable; /* the range doesn't tell all of them: "movablekeys" */
};

struct key_range command_key_range(const struct command *row);

#endif
