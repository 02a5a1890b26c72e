/* SPDX-License-Identifier: BSD-3-Clause */
/* A page begins with its header and a bitmap of its slots (1: in use). A slot's page is found by rounding its
 * address down; pages with a free slot hang in their class's list, full ones nowhere. A page that has just
 * got its first free slot comes first there, so that sparse pages gather at the end; that is where one is
 * looked for that is worth emptying.
 *
 * Small sizes have a class every 8 bytes. Large ones have one for each count of slots that fit a page: what a
 * page would have left over is part of its slots, and thereby counted.
 *
 * A class of which there is little would leave most of a page unused. Its own have first claim to its pages,
 * but where it has no free slot those of the next larger classes are taken before a page is. */
#include "base/slab.h"
#include "base/alloc.h"
#include "base/list.h"
#include "base/pages.h"
#include "base/panic.h"
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Under the address sanitizer every slot is an allocation of its own, so that it is watched. */
#if defined(__SANITIZE_ADDRESS__)
#define EACH_BY_ITSELF 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define EACH_BY_ITSELF 1
#endif
#endif
#ifndef EACH_BY_ITSELF
#define EACH_BY_ITSELF 0
#endif

#define PAGE_SIZE   ((size_t)64 << 10)
#define CHUNK_PAGES (PAGES_CHUNK_SIZE / PAGE_SIZE)
#define SMALL_MAX   1024
#define SMALL_COUNT (SMALL_MAX / 8 + 1)
/* Of pages with large slots: one word of bitmap is enough. */
#define LARGE_ROOM      ((uint32_t)(PAGE_SIZE - sizeof(struct page) - 8))
#define LARGE_SLOTS_MAX (LARGE_ROOM / (SMALL_MAX + 8))
#define LARGE_SLOTS_MIN (LARGE_ROOM / SLAB_SIZE_MAX)
#define CLASS_COUNT     (SMALL_COUNT + LARGE_SLOTS_MAX - LARGE_SLOTS_MIN + 1)
/* The counter that all threads share is told of changes this large. */
#define ACCOUNT_STEP ((ptrdiff_t)4 << 10)
/* Empty pages whose memory is kept at hand before it goes back to the system. */
#define SPARE_PAGES 16
/* A size is worth compacting when this part of its slots is free, and as many slots as one page and a half
 * have are free where its own may lie. */
#define FREE_SHARE 32
/* How much larger a slot may be than its class: by this part, and by less the more slots the class owns. If
 * all of them lay in larger ones, this much would be wasted: what a class of its own has free on average. */
#define LARGER_SHARE 8
#define LARGER_WASTE (PAGE_SIZE / 2)
/* Pages that are compared to find a sparse one. */
#define SPARSE_LOOKS 16

struct chunk {
    struct list link; /* in slab->chunks; those with free pages come first */
    char *memory;
    uint32_t free_pages;  /* a bit each */
    uint32_t spare_pages; /* those of the free ones that still have their memory */
    bool has_holes;       /* memory was given back: the system shall not fill up its huge page again */
};

struct page {
    struct list link; /* in its class's list while it has a free slot */
    struct chunk *chunk;
    uint32_t slot_size, slot_count, used_count;
    uint32_t first_slot; /* offset of slot 0 */
    uint32_t hint;       /* bitmap word where a free slot is likely */
    uint32_t class;
    uint64_t bitmap[];
};

/* The slots of one size. */
struct class
{
    struct list partial; /* pages with a free slot */
    size_t page_count, used_count;
    size_t owned; /* slots in use of those who asked for this size, wherever they lie */
    uint32_t size;
};

struct slab {
    struct class classes[CLASS_COUNT];
    uint64_t with_room[CLASS_COUNT / 64 + 1]; /* a bit for each class that has a page with a free slot */
    struct list chunks;
    struct chunk *unused; /* all of it is free: in no list, kept for the next one that is needed; or NULL */
    struct page *emptied; /* the page that is being emptied: in no list, so that nothing is taken from it */
    size_t held, used, spare_count;
    ptrdiff_t unaccounted;
};

static size_t class_of(size_t size)
{
    uint32_t eighths = ((uint32_t)size + 7) / 8;
    return size <= SMALL_MAX ? eighths : SMALL_COUNT + LARGE_SLOTS_MAX - LARGE_ROOM / (eighths * 8);
}

static size_t size_of_class(size_t class)
{
    return class < SMALL_COUNT ? class * 8
                               : LARGE_ROOM / (LARGE_SLOTS_MAX + SMALL_COUNT - (uint32_t) class) & ~7u;
}

static size_t bitmap_words(size_t slot_size)
{
    return PAGE_SIZE / slot_size / 64 + 1;
}

static size_t page_slot_count(size_t slot_size)
{
    return (PAGE_SIZE - sizeof(struct page) - bitmap_words(slot_size) * 8) / slot_size;
}

size_t slab_slot_size(size_t size)
{
    return EACH_BY_ITSELF || size > SLAB_SIZE_MAX ? size : size_of_class(class_of(size));
}

size_t slab_held(const struct slab *slab)
{
    return slab->held;
}

size_t slab_used(const struct slab *slab)
{
    return slab->used;
}

struct slab *slab_new(void)
{
    struct slab *slab = mem_zalloc(sizeof *slab);
    for (size_t i = 0; i < CLASS_COUNT; i++) {
        list_init(&slab->classes[i].partial);
        slab->classes[i].size = (uint32_t)size_of_class(i);
    }
    list_init(&slab->chunks);
    return slab;
}

/* Tells the shared count what changed since it was told last. */
static void account(struct slab *slab, ptrdiff_t delta)
{
    slab->unaccounted += delta;
    if (slab->unaccounted >= ACCOUNT_STEP || slab->unaccounted <= -ACCOUNT_STEP) {
        mem_account(slab->unaccounted);
        slab->unaccounted = 0;
    }
}

static void free_chunk(struct chunk *chunk)
{
    pages_unmap_chunk(chunk->memory);
    mem_free(chunk);
}

static void free_unused(struct slab *slab)
{
    if (slab->unused)
        free_chunk(slab->unused);
    slab->unused = NULL;
}

void slab_free(struct slab *slab)
{
    LIST_EACH_SAFE(link, &slab->chunks) {
        free_chunk(LIST_ENTRY(link, struct chunk, link));
    }
    free_unused(slab);
    mem_account(slab->unaccounted - (ptrdiff_t)slab->used);
    mem_free(slab);
}

/* ---- pages with a free slot ---- */

static void has_room(struct slab *slab, struct page *page, bool comes_first)
{
    struct list *partial = &slab->classes[page->class].partial;
    if (comes_first)
        list_prepend(partial, &page->link);
    else
        list_append(partial, &page->link);
    slab->with_room[page->class / 64] |= (uint64_t)1 << (page->class % 64);
}

/* It is full, free, or chosen to become so. */
static void leave_list(struct slab *slab, struct page *page)
{
    list_remove(&page->link);
    if (list_is_empty(&slab->classes[page->class].partial))
        slab->with_room[page->class / 64] &= ~((uint64_t)1 << (page->class % 64));
}

/* The first class from `class` on that has a free slot; CLASS_COUNT: none. */
static size_t class_with_room(const struct slab *slab, size_t class)
{
    size_t word = class / 64;
    uint64_t bits = slab->with_room[word] & (UINT64_MAX << (class % 64));
    while (!bits && ++word <= CLASS_COUNT / 64)
        bits = slab->with_room[word];
    return bits ? word * 64 + (size_t)__builtin_ctzll(bits) : CLASS_COUNT;
}

/* The largest slots that those of the class may lie in. */
static size_t reach(const struct class *class)
{
    size_t most = class->size / LARGER_SHARE, fair = LARGER_WASTE / (class->owned + 1);
    return class->size + (fair < most ? fair : most);
}

static struct chunk *chunk_with_room(struct slab *slab)
{
    if (!list_is_empty(&slab->chunks)) {
        struct chunk *first = LIST_ENTRY(slab->chunks.next, struct chunk, link);
        if (first->free_pages)
            return first;
    }
    struct chunk *chunk = slab->unused;
    slab->unused = NULL;
    if (!chunk) {
        chunk = mem_alloc(sizeof *chunk);
        *chunk = (struct chunk){.memory = pages_map_chunk(), .free_pages = UINT32_MAX};
    }
    _Static_assert(CHUNK_PAGES == 32, "a bit for each page");
    list_prepend(&slab->chunks, &chunk->link);
    return chunk;
}

static struct page *new_page(struct slab *slab, size_t class)
{
    struct chunk *chunk = chunk_with_room(slab);
    /* One whose memory is still there, if possible. */
    uint32_t candidates = chunk->spare_pages ? chunk->spare_pages : chunk->free_pages;
    unsigned index = (unsigned)__builtin_ctz(candidates);
    slab->spare_count -= chunk->spare_pages >> index & 1;
    chunk->spare_pages &= ~(1u << index);
    chunk->free_pages &= ~(1u << index);
    if (!chunk->free_pages) {
        list_remove(&chunk->link);
        list_append(&slab->chunks, &chunk->link);
        if (chunk->has_holes)
            pages_use_huge(chunk->memory, true);
        chunk->has_holes = false;
    }
    struct page *page = (struct page *)(void *)(chunk->memory + index * PAGE_SIZE);
    size_t size = size_of_class(class), words = bitmap_words(size);
    *page = (struct page){.chunk = chunk,
                          .slot_size = (uint32_t)size,
                          .slot_count = (uint32_t)page_slot_count(size),
                          .first_slot = (uint32_t)(sizeof *page + words * 8),
                          .class = (uint32_t) class};
    memset(page->bitmap, 0, words * 8);
    /* Bits behind the last slot are never free. */
    for (size_t slot = page->slot_count; slot < words * 64; slot++)
        page->bitmap[slot / 64] |= (uint64_t)1 << (slot % 64);
    has_room(slab, page, true);
    slab->classes[class].page_count++;
    slab->held += PAGE_SIZE;
    return page;
}

/* Gives the memory of a free page back to the system. */
static void discard(struct chunk *chunk, unsigned index)
{
    if (!chunk->has_holes)
        pages_use_huge(chunk->memory, false);
    chunk->has_holes = true;
    pages_discard(chunk->memory + index * PAGE_SIZE, PAGE_SIZE);
}

/* One is kept, so that what comes and goes at the end of a chunk, or is the only thing there is, doesn't map
 * and unmap one each time. */
static void keep_unused(struct slab *slab, struct chunk *chunk)
{
    slab->spare_count -= (size_t)__builtin_popcount(chunk->spare_pages);
    chunk->spare_pages = 0;
    free_unused(slab);
    slab->unused = chunk;
}

static void free_page(struct slab *slab, struct page *page)
{
    struct chunk *chunk = page->chunk;
    unsigned index = (unsigned)(((char *)page - chunk->memory) / (ptrdiff_t)PAGE_SIZE);
    leave_list(slab, page);
    if (slab->emptied == page)
        slab->emptied = NULL;
    slab->classes[page->class].page_count--;
    slab->held -= PAGE_SIZE;
    chunk->free_pages |= 1u << index;
    if (slab->spare_count < SPARE_PAGES) {
        slab->spare_count++;
        chunk->spare_pages |= 1u << index;
    } else {
        discard(chunk, index);
    }
    list_remove(&chunk->link);
    if (chunk->free_pages == UINT32_MAX)
        keep_unused(slab, chunk);
    else
        list_prepend(&slab->chunks, &chunk->link);
}

/* A page with a free slot for the class, none larger than `largest`; a new one when there is none. */
static struct page *page_with_room(struct slab *slab, size_t class, size_t largest)
{
    size_t near = class_with_room(slab, class);
    if (near == CLASS_COUNT || slab->classes[near].size > largest)
        return new_page(slab, class);
    return LIST_ENTRY(slab->classes[near].partial.next, struct page, link);
}

static inline void *take_slot(struct slab *slab, struct class *class, struct page *page)
{
    uint32_t word = page->hint, words = (page->slot_count + 63) / 64;
    while (page->bitmap[word] == UINT64_MAX)
        word = word + 1 < words ? word + 1 : 0;
    page->hint = word;
    unsigned bit = (unsigned)__builtin_ctzll(~page->bitmap[word]);
    page->bitmap[word] |= (uint64_t)1 << bit;
    if (++page->used_count == page->slot_count)
        leave_list(slab, page);
    slab->classes[page->class].used_count++;
    class->owned++;
    slab->used += class->size;
    account(slab, (ptrdiff_t) class->size);
    return (char *)page + page->first_slot + (word * 64 + bit) * page->slot_size;
}

void *slab_take(struct slab *slab, size_t size)
{
    if (EACH_BY_ITSELF || size > SLAB_SIZE_MAX)
        return mem_alloc(size);
    size_t number = class_of(size);
    struct class *class = &slab->classes[number];
    struct page *page = list_is_empty(&class->partial) ? page_with_room(slab, number, reach(class))
                                                       : LIST_ENTRY(class->partial.next, struct page, link);
    return take_slot(slab, class, page);
}

static struct page *page_of(const void *slot)
{
    return (struct page *)(void *)((uintptr_t)slot & ~(PAGE_SIZE - 1)); /* NOLINT */
}

void slab_give(struct slab *slab, void *slot, size_t size)
{
    if (EACH_BY_ITSELF || size > SLAB_SIZE_MAX) {
        mem_free(slot);
        return;
    }
    struct page *page = page_of(slot);
    struct class *class = &slab->classes[class_of(size)];
    ASSERT(page->slot_size >= class->size);
    uint32_t number = (uint32_t)((size_t)((char *)slot - (char *)page) - page->first_slot) / page->slot_size;
    uint64_t bit = (uint64_t)1 << (number % 64);
    ASSERT(page->bitmap[number / 64] & bit);
    page->bitmap[number / 64] &= ~bit;
    page->hint = number / 64;
    slab->classes[page->class].used_count--;
    class->owned--;
    slab->used -= class->size;
    account(slab, -(ptrdiff_t) class->size);
    if (page->used_count-- == page->slot_count)
        has_room(slab, page, true);
    if (page->used_count == 0)
        free_page(slab, page);
}

/* ---- compaction ---- */

/* The least used of some pages of the class, which has pages with a free slot. */
static struct page *sparse_page(const struct class *class)
{
    const struct list *link = class->partial.previous;
    struct page *sparsest = LIST_ENTRY(link, struct page, link);
    for (int looks = 1; looks < SPARSE_LOOKS && link->previous != &class->partial; looks++) {
        link = link->previous;
        struct page *page = LIST_ENTRY(link, struct page, link);
        if (page->used_count < sparsest->used_count)
            sparsest = page;
    }
    return sparsest;
}

static size_t free_slots(const struct class *class)
{
    return class->page_count * page_slot_count(class->size) - class->used_count;
}

/* Free slots of larger sizes that those of the class may take. */
static size_t slots_near(const struct slab *slab, size_t class)
{
    size_t limit = reach(&slab->classes[class]), slots = 0;
    for (size_t near = class_with_room(slab, class + 1);
         near < CLASS_COUNT && slab->classes[near].size <= limit; near = class_with_room(slab, near + 1))
        slots += free_slots(&slab->classes[near]);
    return slots;
}

bool slab_choose_sparse(struct slab *slab)
{
    struct class *chosen = NULL;
    double chosen_share = 1.0 / FREE_SHARE;
    if (slab->emptied)
        return true;
    for (size_t i = 1; i < CLASS_COUNT; i++) {
        struct class *class = &slab->classes[i];
        if (class->page_count < 1)
            continue;
        size_t page_slots = page_slot_count(class->size);
        size_t slots = class->page_count * page_slots, unused = slots - class->used_count;
        double share = (double)unused / (double)slots;
        if (share > chosen_share && unused + slots_near(slab, i) > page_slots + page_slots / 2) {
            chosen_share = share;
            chosen = class;
        }
    }
    if (!chosen)
        return false;
    slab->emptied = sparse_page(chosen);
    leave_list(slab, slab->emptied);
    return true;
}

size_t slab_sparse_slots(const struct slab *slab, void **slots, size_t count_max)
{
    const struct page *page = slab->emptied;
    size_t count = 0;
    if (!page)
        return 0;
    for (uint32_t word = 0; word * 64 < page->slot_count && count < count_max; word++) {
        for (uint64_t bits = page->bitmap[word]; bits && count < count_max; bits &= bits - 1) {
            uint32_t number = word * 64 + (uint32_t)__builtin_ctzll(bits);
            if (number < page->slot_count)
                slots[count++] = (char *)page + page->first_slot + (size_t)number * page->slot_size;
        }
    }
    return count;
}

void *slab_move(struct slab *slab, void *slot, size_t size)
{
    size_t number = class_of(size), limit = reach(&slab->classes[page_of(slot)->class]);
    struct class *class = &slab->classes[number];
    void *copy = take_slot(slab, class, page_with_room(slab, number, limit));
    memcpy(copy, slot, size);
    slab_give(slab, slot, size);
    return copy;
}

void slab_leave_sparse(struct slab *slab)
{
    struct page *page = slab->emptied;
    if (page)
        has_room(slab, page, false);
    slab->emptied = NULL;
}

void slab_trim(struct slab *slab)
{
    LIST_EACH(link, &slab->chunks) {
        struct chunk *chunk = LIST_ENTRY(link, struct chunk, link);
        for (; chunk->spare_pages; chunk->spare_pages &= chunk->spare_pages - 1)
            discard(chunk, (unsigned)__builtin_ctz(chunk->spare_pages));
    }
    slab->spare_count = 0;
    free_unused(slab);
}

/* ---- what must be so ---- */

static void check_page(const struct slab *slab, const struct page *page, struct class *tally)
{
    size_t words = bitmap_words(page->slot_size), bits = 0;
    for (size_t word = 0; word < words; word++)
        bits += (size_t)__builtin_popcountll(page->bitmap[word]);
    ASSERT(bits == page->used_count + (words * 64 - page->slot_count));
    ASSERT(page->used_count > 0 && page->slot_size == slab->classes[page->class].size);
    tally[page->class].page_count++;
    tally[page->class].used_count += page->used_count;
}

static void check_chunk(const struct slab *slab, const struct chunk *chunk, struct class *tally)
{
    ASSERT((chunk->spare_pages & ~chunk->free_pages) == 0 && chunk->free_pages != UINT32_MAX);
    for (uint32_t pages = ~chunk->free_pages; pages; pages &= pages - 1)
        check_page(slab, (struct page *)(void *)(chunk->memory + (size_t)__builtin_ctz(pages) * PAGE_SIZE),
                   tally);
}

void slab_check(const struct slab *slab)
{
    struct class *tally = mem_zalloc(CLASS_COUNT * sizeof *tally);
    size_t held = 0, used = 0, slots_used = 0, slots_owned = 0;
    LIST_EACH(link, &slab->chunks) {
        check_chunk(slab, LIST_ENTRY(link, struct chunk, link), tally);
    }
    for (size_t i = 0; i < CLASS_COUNT; i++) {
        const struct class *class = &slab->classes[i];
        ASSERT(class->page_count == tally[i].page_count && class->used_count == tally[i].used_count);
        ASSERT((slab->with_room[i / 64] >> (i % 64) & 1) == !list_is_empty(&class->partial));
        held += class->page_count * PAGE_SIZE;
        used += class->owned * class->size;
        slots_used += class->used_count;
        slots_owned += class->owned;
    }
    ASSERT(held == slab->held && used == slab->used && slots_used == slots_owned);
    mem_free(tally);
}
