/* SPDX-License-Identifier: BSD-3-Clause */
#include "blocks.h"
#include "base/alloc.h"
#include <string.h>

#define CLASS_SIZE 16
#define SMALL_MAX  ((size_t)BLOCK_CLASSES * CLASS_SIZE)

/* With the sanitizer none are: it sees what is used after it was dropped. */
#if defined(__SANITIZE_ADDRESS__)
#define KEPT_MAX 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KEPT_MAX 0
#endif
#endif
#ifndef KEPT_MAX
#define KEPT_MAX ((size_t)256 << 10)
#endif

struct block {
    struct block *next;
};

static size_t class_of(size_t size)
{
    return (size - 1) / CLASS_SIZE;
}

static void *take(struct blocks *blocks, size_t size)
{
    if (size > SMALL_MAX)
        return mem_try_alloc(size);
    size_t class = class_of(size);
    struct block *block = blocks->kept[class];
    if (!block)
        return mem_try_alloc((class + 1) * CLASS_SIZE);
    blocks->kept[class] = block->next;
    blocks->kept_bytes -= (class + 1) * CLASS_SIZE;
    return block;
}

static void drop(struct blocks *blocks, void *pointer, size_t size)
{
    if (size > SMALL_MAX || blocks->kept_bytes + SMALL_MAX > KEPT_MAX) {
        mem_free(pointer);
        return;
    }
    size_t class = class_of(size);
    struct block *block = pointer;
    block->next = blocks->kept[class];
    blocks->kept[class] = block;
    blocks->kept_bytes += (class + 1) * CLASS_SIZE;
}

static void *move(struct blocks *blocks, void *block, size_t old_size, size_t size)
{
    if (old_size > SMALL_MAX && size > SMALL_MAX)
        return mem_try_realloc(block, size);
    if (old_size <= SMALL_MAX && size <= SMALL_MAX && class_of(old_size) == class_of(size))
        return block;
    void *moved = take(blocks, size);
    if (!moved)
        return NULL;
    memcpy(moved, block, old_size < size ? old_size : size);
    drop(blocks, block, old_size);
    return moved;
}

void *blocks_resize(struct blocks *blocks, void *block, size_t old_size, size_t size)
{
    if (size == 0) {
        if (old_size > 0)
            drop(blocks, block, old_size);
        return NULL;
    }
    return old_size == 0 ? take(blocks, size) : move(blocks, block, old_size, size);
}

void blocks_clear(struct blocks *blocks)
{
    for (int class = 0; class < BLOCK_CLASSES; class ++) {
        while (blocks->kept[class]) {
            struct block *block = blocks->kept[class];
            blocks->kept[class] = block->next;
            mem_free(block);
        }
    }
    blocks->kept_bytes = 0;
}
