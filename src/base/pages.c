/* SPDX-License-Identifier: BSD-3-Clause */
/* Twice the size is mapped and the ends are cut off: that is how a chunk comes to be aligned. */
#include "base/pages.h"
#include "base/panic.h"
#include <stdint.h>
#include <sys/mman.h>

void *pages_map_chunk(void)
{
    char *raw = mmap(NULL, PAGES_CHUNK_SIZE * 2, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (raw == MAP_FAILED)
        PANIC("out of memory");
    size_t before = (PAGES_CHUNK_SIZE - ((uintptr_t)raw & (PAGES_CHUNK_SIZE - 1))) & (PAGES_CHUNK_SIZE - 1);
    if (before)
        munmap(raw, before);
    munmap(raw + before + PAGES_CHUNK_SIZE, PAGES_CHUNK_SIZE - before);
    pages_use_huge(raw + before, true);
    return raw + before;
}

void pages_unmap_chunk(void *chunk)
{
    munmap(chunk, PAGES_CHUNK_SIZE);
}

void pages_discard(void *start, size_t size)
{
    (void)madvise(start, size, MADV_DONTNEED);
}

void pages_use_huge(void *chunk, bool may)
{
    (void)madvise(chunk, PAGES_CHUNK_SIZE, may ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
}
