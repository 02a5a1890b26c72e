/* SPDX-License-Identifier: BSD-3-Clause */
/* A page begins with its header and a bitmap of its slots (1: in use). A slot's page is found by rounding its address down;
 * pages with a free slot hang in their class's list, full ones nowhere. */
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
#define SMALL_MAX   1024 /* up to here a class every 8 bytes, beyond it every 64 */
#define SMALL_COUNT (SMALL_MAX / 8 + 1)
#define CLASS_COUNT (SMALL_COUNT + (SLAB_SIZE_MAX - SMALL_MAX) / 64)
/* The counter that all threads share is told of changes this large. */
#define ACCOUNT_STEP ((ptrdiff_t)16 << 10)
/* Empty pages whose memory is kept at hand before it goes back to the system. */
#define SPARE_PAGES 16

struct chunk {
    struct list link; /* in slab->chunks; those with free pages come first */
    char *memory;
    uint32_t free_pages;  /* a bit each */
    uint32_t spare_pages; /* those of the free ones that still have their memory */
};

struct page {
    struct list link; /* in its class's list while it has a free slot */
    struct chunk *chunk;
    uint32_t slot_size, slot_count, used_count;
    uint32_t first_slot; /* offset of slot 0 */
    uint32_t hint;       /* bitmap word where a free slot is likely */
    uint64_t bitmap[];
};

struct slab {
    struct list partial[CLASS_COUNT];
    struct list chunks;
    size_t held, used, spare_count;
    ptrdiff_t unaccounted;
};

static size_t class_of(size_t size)
{
    return size <= SMALL_MAX ? (size + 7) / 8 : SMALL_COUNT + (size - SMALL_MAX - 1) / 64;
}

static size_t size_of_class(size_t class)
{
    return class < SMALL_COUNT ? class * 8 : SMALL_MAX + (class - SMALL_COUNT + 1) * 64;
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
        list_init(&slab->partial[i]);
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

void slab_free(struct slab *slab)
{
    LIST_EACH_SAFE(link, &slab->chunks) {
        struct chunk *chunk = LIST_ENTRY(link, struct chunk, link);
        pages_unmap_chunk(chunk->memory);
        mem_free(chunk);
    }
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
    struct chunk *chunk = mem_alloc(sizeof *chunk);
    *chunk = (struct chunk){.memory = pages_map_chunk(), .free_pages = UINT32_MAX};
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
    }
    struct page *page = (struct page *)(void *)(chunk->memory + index * PAGE_SIZE);
    size_t size = size_of_class(class);
    size_t words = PAGE_SIZE / size / 64 + 1;
    size_t header = (sizeof *page + words * 8 + 7) & ~(size_t)7;
    *page = (struct page){.chunk = chunk,
                          .slot_size = (uint32_t)size,
                          .slot_count = (uint32_t)((PAGE_SIZE - header) / size),
                          .first_slot = (uint32_t)header};
    memset(page->bitmap, 0, words * 8);
    /* Bits behind the last slot are never free. */
    for (size_t slot = page->slot_count; slot < words * 64; slot++)
        page->bitmap[slot / 64] |= (uint64_t)1 << (slot % 64);
    list_prepend(&slab->partial[class], &page->link);
    slab->held += PAGE_SIZE;
    return page;
}

static void free_page(struct slab *slab, struct page *page)
{
    struct chunk *chunk = page->chunk;
    unsigned index = (unsigned)(((char *)page - chunk->memory) / (ptrdiff_t)PAGE_SIZE);
    list_remove(&page->link);
    slab->held -= PAGE_SIZE;
    chunk->free_pages |= 1u << index;
    if (slab->spare_count < SPARE_PAGES) {
        slab->spare_count++;
        chunk->spare_pages |= 1u << index;
    } else {
        pages_discard(page, PAGE_SIZE);
    }
    list_remove(&chunk->link);
    list_prepend(&slab->chunks, &chunk->link);
    if (chunk->free_pages == UINT32_MAX) {
        slab->spare_count -= (size_t)__builtin_popcount(chunk->spare_pages);
        list_remove(&chunk->link);
        pages_unmap_chunk(chunk->memory);
        mem_free(chunk);
    }
}

void *slab_take(struct slab *slab, size_t size)
{
    if (EACH_BY_ITSELF || size > SLAB_SIZE_MAX)
        return mem_alloc(size);
    size_t class = class_of(size);
    struct list *partial = &slab->partial[class];
    struct page *page =
        list_is_empty(partial) ? new_page(slab, class) : LIST_ENTRY(partial->next, struct page, link);
    uint32_t word = page->hint, words = (page->slot_count + 63) / 64;
    while (page->bitmap[word] == UINT64_MAX)
        word = word + 1 < words ? word + 1 : 0;
    page->hint = word;
    unsigned bit = (unsigned)__builtin_ctzll(~page->bitmap[word]);
    page->bitmap[word] |= (uint64_t)1 << bit;
    if (++page->used_count == page->slot_count)
        list_remove(&page->link);
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
    size_t class = class_of(size);
    ASSERT(page->slot_size == size_of_class(class));
    uint32_t number = (uint32_t)((size_t)((char *)slot - (char *)page) - page->first_slot) / page->slot_size;
    uint64_t bit = (uint64_t)1 << (number % 64);
    ASSERT(page->bitmap[number / 64] & bit);
    page->bitmap[number / 64] &= ~bit;
    page->hint = number / 64;
    slab->used -= page->slot_size;
    account(slab, -(ptrdiff_t)page->slot_size);
    if (page->used_count-- == page->slot_count)
        list_prepend(&slab->partial[class], &page->link);
    if (page->used_count == 0)
        free_page(slab, page);
}
