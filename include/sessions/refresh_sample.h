/* SPDX-License-Identifier: BSD-3-Clause */
/* Which keys are refreshed most, from a sample: about one refresh in 64 is looked at, the others cost a
 * decrement. A few hundred keys are remembered, and one that comes more often than others stays among them.
 * The counts are halved every hour, so that they tell of the last few. */
#ifndef SESSIONS_REFRESH_SAMPLE_H
#define SESSIONS_REFRESH_SAMPLE_H

#include "base/bytes.h"
#include <stdint.h>

/* Longer keys are never remembered. */
#define REFRESH_KEY_MAX     120
#define REFRESH_RECORDS_MAX 256

struct refresh_record;

struct refresh_sample {
    uint32_t countdown; /* to the next refresh that is looked at */
    struct refresh_record *records;
};

void refresh_sample_init(struct refresh_sample *sample);
void refresh_sample_clear(struct refresh_sample *sample);

/* Forgets all counts; halves them. */
void refresh_sample_reset(struct refresh_sample *sample);
void refresh_sample_halve(struct refresh_sample *sample);

/* Looks at a refresh, and chooses the next one that will be. */
void refresh_sample_take(struct refresh_sample *sample, int database, const struct bytes *key, uint64_t hash);

/* A refresh, of the key with that hash in a database. */
static inline void refresh_sample_count(struct refresh_sample *sample, int database, const struct bytes *key,
                                        uint64_t hash)
{
    if (__builtin_expect(--sample->countdown == 0, 0))
        refresh_sample_take(sample, database, key, hash);
}

struct refreshed_key {
    struct bytes key; /* lent until the next refresh; it may be gone from the database */
    int database;
    uint64_t refreshes; /* an estimate, rather too low than too high */
};

/* Fills `keys` with those that are remembered, most refreshed first; returns how many. */
size_t refresh_sample_top(const struct refresh_sample *sample,
                          struct refreshed_key keys[static REFRESH_RECORDS_MAX]);

#endif
