/* SPDX-License-Identifier: BSD-3-Clause */
/* A page begins with its header and a bitmap of its slots (1: in use). A slot's page is found by rounding its
 * address down; pages with a free slot hang in their class's list, full ones nowhere. A page that has just
 * got its first free slot comes first there, so that sparse pages gather at the end; that is where one is
 * looked for that is worth emptying.
 *
 * Small sizes have a class every 8 bytes. Large ones have one for each count of slots that fit a page: what a
 * page would have left over is part of its slots, and thereby counted. */
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
/* A size is worth compacting when this part of its slots is free, and more than a page of them. */
#define FREE_SHARE 16
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
    uint64_t bitmap[];
};

/* The slots of one size. */
struct class
{
    struct list partial; /* pages with a free slot */
    size_t page_count, used_count;
};

struct slab {
    struct class classes[CLASS_COUNT];
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
    for (size_t i = 0; i < CLASS_COUNT; i++)
        list_init(&slab->classes[i].partial);
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
                          .first_slot = (uint32_t)(sizeof *page + words * 8)};
    memset(page->bitmap, 0, words * 8);
    /* Bits behind the last slot are never free. */
    for (size_t slot = page->slot_count; slot < words * 64; slot++)
        page->bitmap[slot / 64] |= (uint64_t)1 << (slot % 64);
    list_prepend(&slab->classes[class].partial, &page->link);
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
    list_remove(&page->link);
    if (slab->emptied == page)
        slab->emptied = NULL;
    slab->classes[class_of(page->slot_size)].page_count--;
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

void *slab_take(struct slab *slab, size_t size)
{
    if (EACH_BY_ITSELF || size > SLAB_SIZE_MAX)
        return mem_alloc(size);
    size_t number = class_of(size);
    struct class *class = &slab->classes[number];
    struct page *page = list_is_empty(&class->partial) ? new_page(slab, number)
                                                       : LIST_ENTRY(class->partial.next, struct page, link);
    uint32_t word = page->hint, words = (page->slot_count + 63) / 64;
    while (page->bitmap[word] == UINT64_MAX)
        word = word + 1 < words ? word + 1 : 0;
    page->hint = word;
    unsigned bit = (unsigned)__builtin_ctzll(~page->bitmap[word]);
    page->bitmap[word] |= (uint64_t)1 << bit;
    if (++page->used_count == page->slot_count)
        list_remove(&page->link);
    class->used_count++;
    slab->used += page->slot_size;
    account(slab, (ptrdiff_t)page->slot_size);
    return (char *)page + page->first_slot + (word * 64 + bit) * page->slot_size;
}

void slab_give(struct slab *slab, void *slot, size_t size)
{
    if (EACH_BY_ITSELF || size > SLAB_SIZE_MAX) {
        mem_free(slot);
        return;
    }
    struct page *page = (struct page *)(void *)((uintptr_t)slot & ~(PAGE_SIZE - 1)); /* NOLINT */
    struct class *class = &slab->classes[class_of(size)];
    ASSERT(page->slot_size == slab_slot_size(size));
    uint32_t number = (uint32_t)((size_t)((char *)slot - (char *)page) - page->first_slot) / page->slot_size;
    uint64_t bit = (uint64_t)1 << (number % 64);
    ASSERT(page->bitmap[number / 64] & bit);
    page->bitmap[number / 64] &= ~bit;
    page->hint = number / 64;
    class->used_count--;
    slab->used -= page->slot_size;
    account(slab, -(ptrdiff_t)page->slot_size);
    if (page->used_count-- == page->slot_count)
        list_prepend(&class->partial, &page->link);
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

bool slab_choose_sparse(struct slab *slab)
{
    struct class *chosen = NULL;
    double chosen_share = 1.0 / FREE_SHARE;
    if (slab->emptied)
        return true;
    for (size_t i = 1; i < CLASS_COUNT; i++) {
        struct class *class = &slab->classes[i];
        if (class->page_count < 2)
            continue;
        size_t size = size_of_class(i), page_slots = page_slot_count(size);
        size_t slots = class->page_count * page_slots, free_slots = slots - class->used_count;
        double share = (double)free_slots / (double)slots;
        if (share > chosen_share && free_slots > page_slots + page_slots / 8) {
            chosen_share = share;
            chosen = class;
        }
    }
    if (!chosen)
        return false;
    slab->emptied = sparse_page(chosen);
    list_remove(&slab->emptied->link);
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

void slab_leave_sparse(struct slab *slab)
{
    struct page *page = slab->emptied;
    if (page)
        list_append(&slab->classes[class_of(page->slot_size)].partial, &page->link);
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
