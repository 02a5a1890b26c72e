/* SPDX-License-Identifier: BSD-3-Clause */
/* The slow half of the table: growing, shrinking, overflow buckets, scans. See the header for the layout and
 * for why a reversed-bit cursor is safe under linear hashing. */
#include "base/table.h"
#include "base/alloc.h"
#include "base/pages.h"
#include "base/panic.h"

/* Items per bucket at which the table grows and shrinks; between them it keeps still. */
#define LOAD_MAX                 6
#define LOAD_MIN                 2

#define OVERFLOW_SEGMENT_BUCKETS ((size_t)1 << TABLE_OVERFLOW_SHIFT)
#define OVERFLOW_MAX             (((uint32_t)1 << 24) - 2)

static const struct table_bucket EMPTY_BUCKET = {.bound = {0xff, 0xff, 0xff, 0xff, 0xff}};

/* A whole segment is a chunk of huge pages; a smaller one, which only the first can be, is an allocation.
 * Buckets are made empty when they are taken into use, so that a large segment is not touched before. */
_Static_assert(TABLE_SEGMENT_BUCKETS * sizeof(struct table_bucket) == PAGES_CHUNK_SIZE,
               "a segment is a chunk");

static struct table_bucket *new_segment(size_t buckets)
{
    if (buckets < TABLE_SEGMENT_BUCKETS)
        return mem_alloc(buckets * sizeof(struct table_bucket));
    mem_account((ptrdiff_t)PAGES_CHUNK_SIZE);
    return pages_map_chunk();
}

static void free_segment(struct table_bucket *segment, size_t buckets)
{
    if (buckets < TABLE_SEGMENT_BUCKETS) {
        mem_free(segment);
        return;
    }
    mem_account(-(ptrdiff_t)PAGES_CHUNK_SIZE);
    pages_unmap_chunk(segment);
}

/* The first segment doubles up to the full size, so that a small table is small; then whole segments
 * follow. */
static void make_room_for_bucket(struct table *table)
{
    size_t number = table->bucket_count;
    if (number < table->first_capacity)
        return;
    if (table->first_capacity < TABLE_SEGMENT_BUCKETS) {
        size_t capacity = table->first_capacity ? table->first_capacity * 2 : 1;
        struct table_bucket *segment = new_segment(capacity);
        if (table->first_capacity) {
            memcpy(segment, table->segments[0], table->first_capacity * sizeof *segment);
            free_segment(table->segments[0], table->first_capacity);
        } else {
            table->segments = mem_alloc(sizeof(struct table_bucket *));
            table->segment_count = 1;
        }
        table->segments[0] = segment;
        table->first_capacity = capacity;
        return;
    }
    if (number >> TABLE_SEGMENT_SHIFT < table->segment_count)
        return;
    table->segments =
        mem_realloc(table->segments, (table->segment_count + 1) * sizeof(struct table_bucket *));
    table->segments[table->segment_count++] = new_segment(TABLE_SEGMENT_BUCKETS);
}

static void set_overflow(struct table_bucket *bucket, uint32_t number_plus_one)
{
    bucket->overflow[0] = (uint8_t)number_plus_one;
    bucket->overflow[1] = (uint8_t)(number_plus_one >> 8);
    bucket->overflow[2] = (uint8_t)(number_plus_one >> 16);
}

/* Overflow buckets come in segments too, and the first of them starts small as well. */
static void make_room_for_overflow(struct table *table)
{
    if (table->overflow_used < table->overflow_capacity)
        return;
    if (table->overflow_capacity > 0 && table->overflow_capacity < OVERFLOW_SEGMENT_BUCKETS) {
        table->overflow_capacity *= 2;
        table->overflow_segments[0] =
            mem_realloc(table->overflow_segments[0], table->overflow_capacity * sizeof(struct table_bucket));
        return;
    }
    size_t count = table->overflow_segment_count, buckets = count ? OVERFLOW_SEGMENT_BUCKETS : 2;
    table->overflow_segments =
        mem_realloc(table->overflow_segments, (count + 1) * sizeof(struct table_bucket *));
    table->overflow_segments[count] = mem_alloc(buckets * sizeof(struct table_bucket));
    table->overflow_segment_count++;
    table->overflow_capacity += buckets;
}

/* May move overflow buckets: whoever holds a pointer to one looks it up anew. */
static uint32_t new_overflow(struct table *table)
{
    uint32_t number = table->overflow_free;
    if (number) {
        table->overflow_free = table_overflow_of(table_overflow_at(table, number));
    } else {
        make_room_for_overflow(table);
        ASSERT(table->overflow_used < OVERFLOW_MAX);
        number = (uint32_t)++table->overflow_used;
    }
    *table_overflow_at(table, number) = EMPTY_BUCKET;
    return number;
}

static void free_overflow(struct table *table, uint32_t number)
{
    set_overflow(table_overflow_at(table, number), table->overflow_free);
    table->overflow_free = number;
}

static unsigned free_slot(const struct table_bucket *bucket)
{
    uint64_t match = table_match_tags(bucket, 0);
    return match ? (unsigned)__builtin_ctzll(match) >> 3 : TABLE_BUCKET_SLOTS;
}

/* Puts the item into main bucket `home` or behind it. */
static void put(struct table *table, size_t home, uint8_t tag, const void *item)
{
    struct table_bucket *bucket = table_bucket_at(table, home);
    uint32_t number = 0; /* of the overflow bucket that `bucket` is; 0: the main one */
    for (;;) {
        unsigned index = free_slot(bucket);
        if (index < TABLE_BUCKET_SLOTS) {
            bucket->tags[index] = tag;
            table_pointer_set(bucket, index, item);
            return;
        }
        uint32_t next = table_overflow_of(bucket);
        if (!next) {
            next = new_overflow(table);
            set_overflow(number ? table_overflow_at(table, number) : bucket, next);
        }
        number = next;
        bucket = table_overflow_at(table, number);
    }
}

/* Puts everything in `chain`, a copy of a main bucket, where it belongs now, and frees the chain's overflow
 * buckets. */
static void redistribute(struct table *table, struct table_bucket chain)
{
    for (;;) {
        for (unsigned i = 0; i < TABLE_BUCKET_SLOTS; i++) {
            if (!chain.tags[i])
                continue;
            void *item = table_pointer_get(&chain, i);
            uint64_t hash = table->type->hash(table->context, item);
            put(table, table_bucket_of(table, hash), chain.tags[i], item);
        }
        uint32_t overflow = table_overflow_of(&chain);
        if (!overflow)
            return;
        chain = *table_overflow_at(table, overflow);
        free_overflow(table, overflow);
    }
}

static void update_mask(struct table *table)
{
    size_t highest = (size_t)1 << (63 - __builtin_clzll(table->bucket_count));
    table->low_mask = highest - 1;
}

/* The front of an item, with its key, often lies in two cache lines. */
#define ITEM_FRONT 40

static void prefetch_items(const struct table *table, size_t number)
{
    const struct table_bucket *bucket = table_bucket_at(table, number);
    for (unsigned i = 0; i < TABLE_BUCKET_SLOTS; i++) {
        if (bucket->tags[i]) {
            const char *item = table_pointer_get(bucket, i);
            memory_prefetch(item);
            memory_prefetch(item + ITEM_FRONT);
        }
    }
}

/* Splits the next bucket in turn. The items of the one after it are fetched ahead, for the next split. */
static void grow(struct table *table)
{
    make_room_for_bucket(table);
    size_t to = table->bucket_count, from = to & table->low_mask;
    table->bucket_count++;
    update_mask(table);
    struct table_bucket *bucket = table_bucket_at(table, from);
    struct table_bucket chain = *bucket;
    struct table_bucket *fresh = table_bucket_at(table, to);
    *bucket = *fresh = EMPTY_BUCKET;
    memcpy(bucket->bound, chain.bound, sizeof chain.bound);
    memcpy(fresh->bound, chain.bound, sizeof chain.bound);
    redistribute(table, chain);
    if (table->type->bound_moved)
        table->type->bound_moved(table->context, from, to);
    prefetch_items(table, table->bucket_count & table->low_mask);
}

/* Merges the last bucket into the one it was split from. A merge needs no hashes. */
static void shrink(struct table *table)
{
    size_t from = table->bucket_count - 1;
    struct table_bucket chain = *table_bucket_at(table, from);
    uint64_t bound = table_bound(table, from);
    *table_bucket_at(table, from) = EMPTY_BUCKET;
    table->bucket_count--;
    update_mask(table);
    size_t to = from & table->low_mask;
    if (bound < table_bound(table, to))
        table_set_bound(table, to, bound);
    for (;;) {
        for (unsigned i = 0; i < TABLE_BUCKET_SLOTS; i++) {
            if (chain.tags[i])
                put(table, to, chain.tags[i], table_pointer_get(&chain, i));
        }
        uint32_t overflow = table_overflow_of(&chain);
        if (!overflow)
            break;
        chain = *table_overflow_at(table, overflow);
        free_overflow(table, overflow);
    }
    if (table->type->bound_moved)
        table->type->bound_moved(table->context, from, to);
    /* Whole segments go back, one is kept in reserve against coming and going at the border. */
    size_t needed = (table->bucket_count + TABLE_SEGMENT_BUCKETS - 1) >> TABLE_SEGMENT_SHIFT;
    if (table->segment_count > needed + 1)
        free_segment(table->segments[--table->segment_count], TABLE_SEGMENT_BUCKETS);
}

void table_init(struct table *table, const struct table_type *type, void *context)
{
    *table = (struct table){.type = type, .context = context};
    make_room_for_bucket(table);
    table->segments[0][0] = EMPTY_BUCKET;
    table->bucket_count = 1;
}

void table_clear(struct table *table)
{
    for (size_t i = 0; i < table->segment_count; i++)
        free_segment(table->segments[i], i ? TABLE_SEGMENT_BUCKETS : table->first_capacity);
    for (size_t i = 0; i < table->overflow_segment_count; i++)
        mem_free(table->overflow_segments[i]);
    mem_free(table->segments);
    mem_free(table->overflow_segments);
    *table = (struct table){.type = table->type, .context = table->context};
}

void table_presize(struct table *table, size_t count)
{
    ASSERT(table->count == 0);
    size_t wanted = count / LOAD_MAX + 1;
    while (table->bucket_count < wanted) {
        make_room_for_bucket(table);
        *table_bucket_at(table, table->bucket_count++) = EMPTY_BUCKET;
    }
    update_mask(table);
    if (table->type->bound_moved)
        table->type->bound_moved(table->context, 0, table->bucket_count - 1);
}

size_t table_insert(struct table *table, uint64_t hash, void *item)
{
    if (table->count >= table->bucket_count * LOAD_MAX)
        grow(table);
    size_t home = table_bucket_of(table, hash);
    put(table, home, table_tag_of(hash), item);
    table->count++;
    table->moves++;
    return home;
}

/* Fills the hole at `slot` with the last item of its chain, so that only the chain's end is ever part empty,
 * and gives the end back when it is empty. */
static void fill_hole(struct table *table, struct table_slot slot)
{
    struct table_bucket *before = NULL, *last = table_bucket_at(table, slot.home);
    for (struct table_bucket *next; (next = table_next_bucket(table, last)); last = next)
        before = last;
    unsigned index = TABLE_BUCKET_SLOTS;
    while (index > 0 && !last->tags[index - 1])
        index--;
    ASSERT(index > 0);
    index--;
    slot.bucket->tags[slot.index] = last->tags[index];
    table_pointer_set(slot.bucket, slot.index, table_pointer_get(last, index));
    last->tags[index] = 0;
    if (index == 0 && before) {
        free_overflow(table, table_overflow_of(before));
        set_overflow(before, 0);
    }
}

void table_remove(struct table *table, struct table_slot slot)
{
    ASSERT(slot.bucket && slot.bucket->tags[slot.index]);
    if (table_overflow_of(table_bucket_at(table, slot.home)))
        fill_hole(table, slot);
    else
        slot.bucket->tags[slot.index] = 0;
    table->count--;
    table->moves++;
    table_shrink(table, 1);
}

static bool is_too_large(const struct table *table)
{
    return table->bucket_count > 1 && table->count < table->bucket_count * LOAD_MIN && !table->shrink_paused;
}

bool table_shrink(struct table *table, unsigned steps)
{
    while (steps-- && is_too_large(table))
        shrink(table);
    return is_too_large(table);
}

static bool same_pointer(const void *item, const void *wanted)
{
    return item == wanted;
}

struct table_slot table_locate(const struct table *table, uint64_t hash, const void *item)
{
    return table_find(table, hash, same_pointer, item);
}

void table_visit_bucket(const struct table *table, size_t number, void (*visit)(void *context, void *item),
                        void *context)
{
    for (const struct table_bucket *bucket = table_bucket_at(table, number); bucket;
         bucket = table_next_bucket(table, bucket)) {
        for (unsigned i = 0; i < TABLE_BUCKET_SLOTS; i++) {
            if (bucket->tags[i])
                visit(context, table_pointer_get(bucket, i));
        }
    }
}

static uint64_t reverse_bits(uint64_t v)
{
    v = __builtin_bswap64(v);
    v = (v >> 4 & 0x0f0f0f0f0f0f0f0fu) | (v & 0x0f0f0f0f0f0f0f0fu) << 4;
    v = (v >> 2 & 0x3333333333333333u) | (v & 0x3333333333333333u) << 2;
    return (v >> 1 & 0x5555555555555555u) | (v & 0x5555555555555555u) << 1;
}

static uint64_t next_cursor(uint64_t cursor, uint64_t mask)
{
    return reverse_bits(reverse_bits(cursor | ~mask) + 1);
}

/* The bucket that a scan at `cursor` begins with, and the cursor behind it. A pair of buckets that was one
 * before a split is visited by the cursor of the whole, each half by that of its own. */
struct scan_step {
    size_t number;
    uint64_t next;
};

static struct scan_step scan_step(const struct table *table, uint64_t cursor)
{
    uint64_t small = table->low_mask, large = small << 1 | 1;
    uint64_t mask = (cursor & small) + small + 1 < table->bucket_count ? large : small;
    return (struct scan_step){cursor & mask, next_cursor(cursor, mask)};
}

/* Scanned buckets lie anywhere, and so do their items: all of the next one's are fetched while this one's are
 * looked at, and before that the bucket itself. */
static void prefetch_scan(const struct table *table, uint64_t cursor)
{
    struct scan_step next = scan_step(table, cursor), after_next = scan_step(table, next.next);
    memory_prefetch(table_bucket_at(table, after_next.number));
    prefetch_items(table, next.number);
}

uint64_t table_scan(const struct table *table, uint64_t cursor, void (*visit)(void *context, void *item),
                    void *context)
{
    uint64_t split_bit = table->low_mask + 1;
    /* Both halves of a pair, unless the cursor comes from between them. */
    do {
        struct scan_step step = scan_step(table, cursor);
        prefetch_scan(table, step.next);
        table_visit_bucket(table, step.number, visit, context);
        cursor = step.next;
    } while (cursor & split_bit);
    return cursor;
}

void *table_random(const struct table *table, uint64_t (*random)(void))
{
    if (table->count == 0)
        return NULL;
    for (;;) {
        size_t number = random() % table->bucket_count;
        unsigned total = 0;
        for (const struct table_bucket *b = table_bucket_at(table, number); b;
             b = table_next_bucket(table, b)) {
            for (unsigned i = 0; i < TABLE_BUCKET_SLOTS; i++)
                total += b->tags[i] != 0;
        }
        if (total == 0)
            continue;
        unsigned chosen = (unsigned)(random() % total);
        for (const struct table_bucket *b = table_bucket_at(table, number); b;
             b = table_next_bucket(table, b)) {
            for (unsigned i = 0; i < TABLE_BUCKET_SLOTS; i++) {
                if (b->tags[i] && chosen-- == 0)
                    return table_pointer_get(b, i);
            }
        }
    }
}

size_t table_memory(const struct table *table)
{
    size_t buckets = table->overflow_capacity;
    buckets +=
        table->segment_count > 1 ? table->segment_count * TABLE_SEGMENT_BUCKETS : table->first_capacity;
    return buckets * sizeof(struct table_bucket) +
           (table->segment_count + table->overflow_segment_count) * sizeof(struct table_bucket *);
}

void table_check(const struct table *table)
{
    size_t count = 0, overflow = 0;
    for (size_t number = 0; number < table->bucket_count; number++) {
        for (const struct table_bucket *bucket = table_bucket_at(table, number); bucket;
             bucket = table_next_bucket(table, bucket)) {
            for (unsigned i = 0; i < TABLE_BUCKET_SLOTS; i++) {
                if (!bucket->tags[i])
                    continue;
                uint64_t hash = table->type->hash(table->context, table_pointer_get(bucket, i));
                ASSERT(table_bucket_of(table, hash) == number);
                ASSERT(table_tag_of(hash) == bucket->tags[i]);
                count++;
            }
            overflow += table_overflow_of(bucket) != 0;
        }
    }
    ASSERT(count == table->count);
    for (uint32_t free = table->overflow_free; free; free = table_overflow_of(table_overflow_at(table, free)))
        overflow++;
    ASSERT(overflow == table->overflow_used);
}
