/* SPDX-License-Identifier: BSD-3-Clause */
/* Memory for many small things of 8-byte steps: a general allocator's size classes would waste up to a fifth
 * of a small session. Slots of one size lie together in 64 KiB pages, pages in 2 MiB chunks from the system;
 * an empty page goes back. Live slots are marked in a bitmap. What there is little of lies in slots that are
 * somewhat larger, so that many sizes don't keep a page each.
 *
 * Sizes over SLAB_SIZE_MAX come from the allocator. One thread only. */
#ifndef BASE_SLAB_H
#define BASE_SLAB_H

#include <stdbool.h>
#include <stddef.h>

#define SLAB_SIZE_MAX 8192

struct slab;

struct slab *slab_new(void);
/* Everything in it goes with it, except what was larger than SLAB_SIZE_MAX. */
void slab_free(struct slab *slab);

/* Aborts when there is no memory. The content is undefined. */
void *slab_take(struct slab *slab, size_t size);
/* `size` is what it was taken with. */
void slab_give(struct slab *slab, void *slot, size_t size);

/* What a slot of this size is counted as; two sizes with the same answer can share a slot. */
size_t slab_slot_size(size_t size);

/* Bytes of pages held, and of what is in use by slab_slot_size. Slots that lie in larger ones are among what
 * is held and not used. */
size_t slab_held(const struct slab *slab);
size_t slab_used(const struct slab *slab);

/* ---- Compaction. Slots that are given back in no order leave many pages sparsely used. Whoever can move
 * what lies in them empties them one by one: what is taken meanwhile comes from other pages, and an empty
 * page goes back. ---- */

/* Chooses a page to be emptied, unless there is one already; false when none is worth it. */
bool slab_choose_sparse(struct slab *slab);
/* Its slots that are in use, `count_max` of them at most. None: it was emptied. */
size_t slab_sparse_slots(const struct slab *slab, void **slots, size_t count_max);
/* Moves what lies in one of them, and was taken with `size`; returns where it lies now. */
void *slab_move(struct slab *slab, void *slot, size_t size);
/* Leaves it as it is: it could not be emptied. */
void slab_leave_sparse(struct slab *slab);

/* Gives back the memory of empty pages that is kept at hand. */
void slab_trim(struct slab *slab);

/* Aborts when its counts are not what its pages say. */
void slab_check(const struct slab *slab);

#endif
