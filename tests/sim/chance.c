/* SPDX-License-Identifier: BSD-3-Clause */
/* And what the server draws: RAND_bytes stands outside of it, too. */
#include "chance.h"
#include <openssl/rand.h>

struct chance world_chance;

uint64_t chance_next(struct chance *chance)
{
    chance->state += 0x9e3779b97f4a7c15;
    uint64_t mixed = chance->state;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    return mixed ^ (mixed >> 31);
}

struct chance chance_of(uint64_t seed, uint64_t number)
{
    struct chance chance = {seed * 0xda942042e4dd58b5 + number};
    chance.state = chance_next(&chance) ^ number;
    return chance;
}

uint64_t chance_below(struct chance *chance, uint64_t bound)
{
    return chance_next(chance) % bound;
}

int64_t chance_between(struct chance *chance, int64_t least, int64_t most)
{
    return least + (int64_t)chance_below(chance, (uint64_t)(most - least) + 1);
}

bool chance_permille(struct chance *chance, unsigned permille)
{
    return chance_below(chance, 1000) < permille;
}

__typeof__(RAND_bytes) __wrap_RAND_bytes;
int __wrap_RAND_bytes(unsigned char *out, int len)
{
    for (int i = 0; i < len; i++)
        out[i] = (unsigned char)chance_next(&world_chance);
    return 1;
}
