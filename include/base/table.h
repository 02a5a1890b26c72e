/* SPDX-License-Identifier: BSD-3-Clause */
/* A hash table of pointers that grows and shrinks one bucket at a time (linear hashing), so no operation ever
 * pays for a resize and memory follows the count. It knows nothing of its items but their hash.
 *
 * A bucket is one cache line: eight one-byte tags that are compared at once, eight 48-bit pointers, a bound
 * that its owner may use (the least deadline in it, say), and the number of an overflow bucket:
 *
 *     | tags 8 x 1 | pointers 8 x 6 | bound 5 | overflow 3 |
 *
 * With n buckets, 2^k <= n < 2^(k+1), the bucket of a hash is its low k+1 bits if that is below n, else its
 * low k bits. Growing splits bucket n - 2^k in two; shrinking merges the last bucket into the one it came
 * from. Therefore a cursor that counts in reversed bits meets everything that stays, whatever the size does
 * in between. */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/prefetch.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TABLE_BUCKET_SLOTS    8
#define TABLE_SEGMENT_SHIFT   15 /* buckets in a segment: 32768, 2 MiB */
#define TABLE_SEGMENT_BUCKETS ((size_t)1 << TABLE_SEGMENT_SHIFT)
#define TABLE_BOUND_MAX       (((uint64_t)1 << 40) - 1)

struct table_bucket {
    uint8_t tags[TABLE_BUCKET_SLOTS]; /* 0: the slot is free */
    uint8_t pointers[TABLE_BUCKET_SLOTS * 6];
    uint8_t bound[5];
    uint8_t overflow[3]; /* number of the overflow bucket plus one; 0: none */
};
_Static_assert(sizeof(struct table_bucket) == 64, "a bucket is a cache line");

/* What a table asks of, and tells, its owner. */
struct table_type {
    uint64_t (*hash)(void *context, const void *item);
    /* The bound of bucket `to` became that of `from` as well (a split), or took it in (a merge). May be
     * NULL. */
    void (*bound_moved)(void *context, size_t from, size_t to);
};

struct table {
    struct table_bucket **segments;
    size_t bucket_count, low_mask, count;
    size_t segment_count, first_capacity; /* the first segment starts small and doubles */
    struct table_bucket **overflow_segments;
    size_t overflow_segment_count, overflow_capacity, overflow_used;
    uint32_t overflow_free; /* head of the free ones, number plus one */
    uint32_t moves;         /* slots have been given other items so often */
    int shrink_paused;
    const struct table_type *type;
    void *context;
};

/* Where an item lies; valid until the next insertion or removal, which `moves` counts. */
struct table_slot {
    struct table_bucket *bucket; /* NULL: nowhere */
    unsigned index;
    size_t home; /* number of the main bucket */
};

void table_init(struct table *table, const struct table_type *type, void *context);
/* Frees the table, not its items. */
void table_clear(struct table *table);
/* Makes room for `count` items. Only for an empty table. */
void table_presize(struct table *table, size_t count);

/* Adds an item that is not there yet. Aborts when there is no memory. Returns its main bucket's number. */
size_t table_insert(struct table *table, uint64_t hash, void *item);
/* Takes the item at `slot` out; may shrink the table. */
void table_remove(struct table *table, struct table_slot slot);
/* Shrinks a table that has become too large for its items (removals were made while shrinking was paused) by
 * up to `steps` buckets; true when more is to do. */
bool table_shrink(struct table *table, unsigned steps);
/* The slot that holds exactly this pointer. */
struct table_slot table_locate(const struct table *table, uint64_t hash, const void *item);

/* Visits the items at `cursor`, returns the next cursor, 0 at the end. The visitor may not change the
 * table. */
uint64_t table_scan(const struct table *table, uint64_t cursor, void (*visit)(void *context, void *item),
                    void *context);
/* Visits the items of main bucket `number` and its overflow. */
void table_visit_bucket(const struct table *table, size_t number, void (*visit)(void *context, void *item),
                        void *context);

/* An item chosen at random (not quite evenly: buckets are equally likely), NULL when there is none. `random`
 * gives the bits. */
void *table_random(const struct table *table, uint64_t (*random)(void));

/* Bytes the table itself takes. */
size_t table_memory(const struct table *table);
/* Asserts the invariants (tests, checked builds). */
void table_check(const struct table *table);

/* ---- the hot path, inline ---- */

static inline size_t table_bucket_of(const struct table *table, uint64_t hash)
{
    size_t number = hash & (table->low_mask << 1 | 1);
    return number < table->bucket_count ? number : number & table->low_mask;
}

static inline struct table_bucket *table_bucket_at(const struct table *table, size_t number)
{
    return &table->segments[number >> TABLE_SEGMENT_SHIFT][number & (TABLE_SEGMENT_BUCKETS - 1)];
}

/* Neither 0, which marks a free slot, nor 1, which table_match_tags may take a free slot for. */
static inline uint8_t table_tag_of(uint64_t hash)
{
    uint8_t tag = (uint8_t)(hash >> 56);
    return (uint8_t)(tag > 1 ? tag : tag + 2);
}

static inline void *table_pointer_get(const struct table_bucket *bucket, unsigned index)
{
    uint64_t word;
    memcpy(&word, bucket->pointers + index * 6, sizeof word);
    return (void *)(uintptr_t)(word & 0xffffffffffff); /* NOLINT(performance-no-int-to-ptr) */
}

static inline void table_pointer_set(struct table_bucket *bucket, unsigned index, const void *pointer)
{
    uint64_t word = (uint64_t)(uintptr_t)pointer;
    memcpy(bucket->pointers + index * 6, &word, 6);
}

/* A bit in the top of each byte whose slot has that tag. Above a match a slot whose tag differs in the lowest
 * bit may be shown as well; it is not free, as no tag is 1, so it only costs a comparison. */
static inline uint64_t table_match_tags(const struct table_bucket *bucket, uint8_t tag)
{
    uint64_t word;
    memcpy(&word, bucket->tags, sizeof word);
    word ^= 0x0101010101010101u * tag;
    return (word - 0x0101010101010101u) & ~word & 0x8080808080808080u;
}

static inline uint32_t table_overflow_of(const struct table_bucket *bucket)
{
    return (uint32_t)bucket->overflow[0] | (uint32_t)bucket->overflow[1] << 8 |
           (uint32_t)bucket->overflow[2] << 16;
}

#define TABLE_OVERFLOW_SHIFT 10
static inline struct table_bucket *table_overflow_at(const struct table *table, uint32_t number_plus_one)
{
    uint32_t number = number_plus_one - 1;
    return &table->overflow_segments[number >> TABLE_OVERFLOW_SHIFT]
                                    [number & ((1u << TABLE_OVERFLOW_SHIFT) - 1)];
}

static inline struct table_bucket *table_next_bucket(const struct table *table,
                                                     const struct table_bucket *bucket)
{
    uint32_t overflow = table_overflow_of(bucket);
    return overflow ? table_overflow_at(table, overflow) : NULL;
}

/* The slot of the item for which `matches(item, wanted)` holds; slot.bucket is NULL when there is none. Pass
 * a static function: it is inlined. */
static inline __attribute__((always_inline)) struct table_slot
table_find(const struct table *table, uint64_t hash, bool (*matches)(const void *item, const void *wanted),
           const void *wanted)
{
    size_t home = table_bucket_of(table, hash);
    uint8_t tag = table_tag_of(hash);
    for (struct table_bucket *bucket = table_bucket_at(table, home); bucket;
         bucket = table_next_bucket(table, bucket)) {
        for (uint64_t match = table_match_tags(bucket, tag); match; match &= match - 1) {
            unsigned index = (unsigned)__builtin_ctzll(match) >> 3;
            if (matches(table_pointer_get(bucket, index), wanted))
                return (struct table_slot){bucket, index, home};
        }
    }
    return (struct table_slot){NULL, 0, home};
}

static inline void *table_slot_item(struct table_slot slot)
{
    return slot.bucket ? table_pointer_get(slot.bucket, slot.index) : NULL;
}

/* The same for a slot that is known to hold something. */
static inline void *table_slot_held(struct table_slot slot)
{
    return table_pointer_get(slot.bucket, slot.index);
}

/* Puts another item of the same hash in the slot. */
static inline void table_slot_set(struct table_slot slot, const void *item)
{
    table_pointer_set(slot.bucket, slot.index, item);
}

static inline void table_prefetch_bucket(const struct table *table, uint64_t hash)
{
    memory_prefetch(table_bucket_at(table, table_bucket_of(table, hash)));
}

/* The likely item of this hash, as the tags of its bucket tell, which should be near by now; NULL when there
 * is none, or it lies in an overflow bucket. */
static inline void *table_likely_item(const struct table *table, uint64_t hash)
{
    const struct table_bucket *bucket = table_bucket_at(table, table_bucket_of(table, hash));
    uint64_t match = table_match_tags(bucket, table_tag_of(hash));
    return match ? table_pointer_get(bucket, (unsigned)__builtin_ctzll(match) >> 3) : NULL;
}

/* Fetches that item ahead, or the overflow bucket. */
static inline void table_prefetch_item(const struct table *table, uint64_t hash)
{
    const struct table_bucket *bucket = table_bucket_at(table, table_bucket_of(table, hash));
    const void *item = table_likely_item(table, hash);
    if (item)
        memory_prefetch(item);
    else if (table_overflow_of(bucket))
        memory_prefetch(table_next_bucket(table, bucket));
}

static inline uint64_t table_bound(const struct table *table, size_t number)
{
    const struct table_bucket *bucket = table_bucket_at(table, number);
    uint64_t bound = 0;
    memcpy(&bound, bucket->bound, sizeof bucket->bound);
    return bound;
}

static inline void table_set_bound(struct table *table, size_t number, uint64_t bound)
{
    struct table_bucket *bucket = table_bucket_at(table, number);
    memcpy(bucket->bound, &bound, sizeof bucket->bound);
}

#endif
