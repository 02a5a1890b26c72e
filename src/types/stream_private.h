/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of streams share. */
#ifndef TYPES_STREAM_PRIVATE_H
#define TYPES_STREAM_PRIVATE_H

#include "stream_chunk.h"
#include <stdatomic.h>

/* Makes the tail the last element of the tree; the stream is without a tail then. */
void tail_close(struct stream *stream);
/* Makes the last element of the tree, if there is one, the tail. */
void tail_reopen(struct stream *stream);
/* Forgets the tail and what is in it. */
void tail_drop(struct stream_tail *tail);
/* Sees to it that the tail's bytes are its own, with room for `more`. */
void tail_own(struct stream_tail *tail, size_t more);

/* Figures of the first entry, after entries were removed. */
void stream_first_changed(struct stream *stream);

/* All groups of a stream, in order of their names. */
struct stream_groups {
    atomic_uint references;
    size_t count;
    size_t bytes; /* of all that is below */
    struct stream_group **at;
};

/* ---- groups, as far as the whole stream is concerned (stream_group.c) ---- */

struct stream_groups *groups_hold(struct stream_groups *groups);
/* True when nothing of them is left that is to be freed. */
bool groups_free_some(struct stream_groups *groups, size_t budget);
size_t groups_memory(const struct stream_groups *groups);
void groups_check(const struct stream_groups *groups);

#endif
