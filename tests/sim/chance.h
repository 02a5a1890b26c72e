/* SPDX-License-Identifier: BSD-3-Clause */
/* All of a run's chances come from its seed. What the world does and what its clients do are drawn from
 * different sequences, and each event of a client from one of its own: so an event can be left out, and the
 * others stay. */
#ifndef SIM_CHANCE_H
#define SIM_CHANCE_H

#include <stdbool.h>
#include <stdint.h>

struct chance {
    uint64_t state;
};

/* The world's own sequence. */
extern struct chance world_chance;

struct chance chance_of(uint64_t seed, uint64_t number);
uint64_t chance_next(struct chance *chance);
/* 0 to `bound` - 1; `bound` isn't 0. */
uint64_t chance_below(struct chance *chance, uint64_t bound);
/* `least` to `most`. */
int64_t chance_between(struct chance *chance, int64_t least, int64_t most);
/* True so many times in a thousand. */
bool chance_permille(struct chance *chance, unsigned permille);

#endif
