/* SPDX-License-Identifier: BSD-3-Clause */
/* Groups of consumers of a stream. What was delivered and isn't acknowledged yet is pending: with the
 * group, by ID, where is written for whom and when, and with its consumer. Each is a tree, so that a stream
 * that is held shares them; groups and consumers themselves are copied when one of them is edited while
 * somebody else holds them.
 *
 *     groups -> group -> pending (tree): ID, number of the consumer, time, deliveries
 *                     -> consumers, by name -> pending (tree): ID */
#ifndef TYPES_STREAM_GROUP_H
#define TYPES_STREAM_GROUP_H

#include "types/stream.h"
#include <stdatomic.h>

/* How many entries a group has read isn't known. */
#define STREAM_READ_UNKNOWN (-1)

struct stream_consumer {
    struct tree pending;        /* for stream_pending_walk */
    uint32_t number;            /* in its group */
    int64_t seen_ms, active_ms; /* wall clock; active -1: never */
    struct bytes name;
};

struct stream_group {
    atomic_uint references;
    struct bytes name;
    struct stream_id last;
    int64_t entries_read;
    struct tree pending;
    size_t consumer_count, number_count;
    struct stream_consumer **consumers; /* in order of their names */
    struct stream_consumer **numbered;  /* by number; NULL: free */
};

struct stream_pending {
    struct stream_id id;
    uint32_t consumer; /* its number */
    int64_t delivered_ms;
    uint64_t deliveries;
};

/* ---- groups ---- */

size_t stream_group_count(const struct stream *stream);
/* In order of their names. */
const struct stream_group *stream_group_at(const struct stream *stream, size_t index);
/* NULL: there is none. */
const struct stream_group *stream_group_find(const struct stream *stream, struct bytes name);

/* Edits begin with these, and what they return is good as long as nobody holds the stream. */
struct stream_group *stream_group_edit(struct stream *stream, struct bytes name);
/* NULL: there is one of the name. */
struct stream_group *stream_group_add(struct stream *stream, struct bytes name, struct stream_id last,
                                      int64_t entries_read);
/* Moves the group to `cut`, a stream of nothing else; false: there is none. */
bool stream_group_cut(struct stream *stream, struct bytes name, struct stream *cut);

/* ---- how far a group has read ---- */

/* An entry was delivered that is behind the group's last one. */
void stream_group_read(struct stream_group *group, const struct stream *stream, struct stream_id id);
/* Whether something between the IDs was deleted, as far as is known. */
bool stream_has_gaps(const struct stream *stream, struct stream_id from);
/* How many entries were added up to the ID, or STREAM_READ_UNKNOWN. */
int64_t stream_count_up_to(const struct stream *stream, struct stream_id id);
/* How many entries the group hasn't read; false when that isn't known. */
bool stream_group_lag(const struct stream_group *group, const struct stream *stream, int64_t *lag);

/* ---- consumers ---- */

struct stream_consumer *stream_consumer_find(const struct stream_group *group, struct bytes name);
/* NULL: there is one of the name. */
struct stream_consumer *stream_consumer_add(struct stream *stream, struct stream_group *group,
                                            struct bytes name, int64_t now_ms);
/* Removes it with what is pending for it; returns how much that was. */
uint64_t stream_consumer_remove(struct stream *stream, struct stream_group *group,
                                struct stream_consumer *consumer);

static inline struct stream_consumer *stream_consumer_of(const struct stream_group *group,
                                                         const struct stream_pending *pending)
{
    return group->numbered[pending->consumer];
}

/* ---- what is pending ---- */

bool stream_pending_find(const struct stream_group *group, struct stream_id id,
                         struct stream_pending *pending);
/* The entry is pending for that consumer from now on, whether it was for one or not. */
void stream_pending_put(struct stream *stream, struct stream_group *group,
                        const struct stream_pending *pending);
/* False: it isn't pending. */
bool stream_pending_remove(struct stream *stream, struct stream_group *group, struct stream_id id);

/* For what was saved: first that something is pending, then for whom. False: that it is known already, or
 * isn't pending. */
bool stream_pending_put_saved(struct stream *stream, struct stream_group *group,
                              const struct stream_pending *pending);
bool stream_pending_give_saved(struct stream *stream, struct stream_group *group,
                               struct stream_consumer *consumer, struct stream_id id);
/* Nothing is pending any more that is for nobody. */
void stream_pending_drop_ownerless(struct stream *stream, struct stream_group *group);

struct stream_pending_walk {
    struct tree_cursor cursor;
    bool is_over;
};

/* What is pending in a group (its `pending`) from that ID on; of a consumer's only the IDs are told. */
void stream_pending_walk_begin(struct stream_pending_walk *walk, const struct tree *pending,
                               struct stream_id first);
bool stream_pending_walk_next(struct stream_pending_walk *walk, struct stream_pending *pending);
/* The least and the greatest ID; false when nothing is pending. */
bool stream_pending_edges(const struct tree *pending, struct stream_id *first, struct stream_id *last);

#endif
