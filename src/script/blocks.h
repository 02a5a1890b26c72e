/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory of an interpreter. Scripts make and drop the same few small blocks again and again: some of those
 * that were dropped are kept for the next. */
#ifndef SCRIPT_BLOCKS_H
#define SCRIPT_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

enum { BLOCK_CLASSES = 16 };

struct blocks {
    struct block *kept[BLOCK_CLASSES];
    size_t kept_bytes;
};

/* Changes a block of `old_size` bytes, 0: none, to one of `size`, 0: none. NULL, with the block as it was,
 * when there is no memory. */
void *blocks_resize(struct blocks *blocks, void *block, size_t old_size, size_t size);
/* Gives back what is kept. */
void blocks_clear(struct blocks *blocks);

#endif
