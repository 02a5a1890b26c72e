/* SPDX-License-Identifier: BSD-3-Clause */
/* Records lie in sets, and the hash of a key says in which one it may be. A key that has no record takes over
 * that of the least counted one in its set, with its count: who comes often can't be pushed out by many that
 * come once. What a record had been counted before its key came is its surplus, and is left out of what is
 * told.
 *
 * The records are there from the start, as a few untouched pages: made at the first refresh they would come
 * as a surprise to who has set maxmemory a little above what is in use. */
#include "sessions/refresh_sample.h"
#include "base/alloc.h"
#include "base/random.h"
#include <stdlib.h>

/* The mean distance of the refreshes that are looked at. It varies, lest it keep time with a client's
 * habits. */
#define MEAN_GAP 64
#define SET_SIZE 4
#define SETS     (REFRESH_RECORDS_MAX / SET_SIZE)

struct refresh_record {
    uint64_t hash;
    uint32_t count, surplus;
    int32_t database;
    uint8_t key_len;
    char key[REFRESH_KEY_MAX];
};

static uint32_t next_gap(void)
{
    return 1 + (uint32_t)random_below(2 * MEAN_GAP - 1);
}

void refresh_sample_init(struct refresh_sample *sample)
{
    *sample = (struct refresh_sample){
        .countdown = next_gap(),
        .records = mem_zalloc(REFRESH_RECORDS_MAX * sizeof *sample->records),
    };
}

void refresh_sample_clear(struct refresh_sample *sample)
{
    mem_free(sample->records);
    sample->records = NULL;
}

void refresh_sample_reset(struct refresh_sample *sample)
{
    memset(sample->records, 0, REFRESH_RECORDS_MAX * sizeof *sample->records);
}

void refresh_sample_halve(struct refresh_sample *sample)
{
    for (unsigned i = 0; i < REFRESH_RECORDS_MAX; i++) {
        sample->records[i].count /= 2;
        sample->records[i].surplus /= 2;
    }
}

static bool is_of(const struct refresh_record *record, int database, struct bytes key, uint64_t hash)
{
    return record->count > 0 && record->hash == hash && record->database == database &&
           bytes_equal(bytes_make(record->key, record->key_len), key);
}

void refresh_sample_take(struct refresh_sample *sample, int database, const struct bytes *lent, uint64_t hash)
{
    struct bytes key = *lent;
    sample->countdown = next_gap();
    if (key.len > REFRESH_KEY_MAX)
        return;
    struct refresh_record *set = &sample->records[hash % SETS * SET_SIZE], *least = set;
    for (unsigned i = 0; i < SET_SIZE; i++) {
        if (is_of(&set[i], database, key, hash)) {
            set[i].count++;
            return;
        }
        if (set[i].count < least->count)
            least = &set[i];
    }
    least->surplus = least->count++;
    least->hash = hash;
    least->database = database;
    least->key_len = (uint8_t)key.len;
    memcpy(least->key, key.data, key.len);
}

static int most_first(const void *left, const void *right)
{
    uint64_t a = ((const struct refreshed_key *)left)->refreshes;
    uint64_t b = ((const struct refreshed_key *)right)->refreshes;
    return (a < b) - (a > b);
}

size_t refresh_sample_top(const struct refresh_sample *sample,
                          struct refreshed_key keys[static REFRESH_RECORDS_MAX])
{
    size_t count = 0;
    for (unsigned i = 0; i < REFRESH_RECORDS_MAX; i++) {
        const struct refresh_record *record = &sample->records[i];
        if (record->count > record->surplus)
            keys[count++] =
                (struct refreshed_key){.key = bytes_make(record->key, record->key_len),
                                       .database = record->database,
                                       .refreshes = (uint64_t)(record->count - record->surplus) * MEAN_GAP};
    }
    qsort(keys, count, sizeof *keys, most_first);
    return count;
}
