/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory straight from the system in chunks of 2 MiB, aligned to their size and backed by huge pages where
 * the kernel has them: random lookups live on the translation cache, and as nothing here forks, huge pages
 * have no price. Not counted by mem_used: whoever takes a chunk accounts for what it uses of it. */
#ifndef BASE_PAGES_H
#define BASE_PAGES_H

#include <stdbool.h>
#include <stddef.h>

#define PAGES_CHUNK_SIZE ((size_t)2 << 20)

/* Zeroed. Aborts when there is no memory. */
void *pages_map_chunk(void);
void pages_unmap_chunk(void *chunk);

/* Gives the memory of a part of a chunk back; it reads as zeros when it is touched again. */
void pages_discard(void *start, size_t size);

/* Whether the system may back the chunk by a huge page. Without saying no it would do so again by and by
 * where memory was discarded. */
void pages_use_huge(void *chunk, bool may);

#endif
