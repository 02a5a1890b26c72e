/* SPDX-License-Identifier: BSD-3-Clause */
/* Streams: entries of fields and values in the order of their IDs, and the groups that read them
 * (types/stream_group.h).
 *
 * Entries lie in chunks of up to some hundred, each a run of bytes. The last chunk, where entries are
 * appended, is by itself; the others are elements of a tree, by the ID that their first entry had.
 *
 *     chunks   | key ID, figures, names of fields | entry | entry | ... |     elements of the tree
 *     tail     the same, unpacked, with room for more
 *
 * An entry whose fields have the names of its chunk has only the values. Clients see how Redis would have
 * laid the entries in nodes (trimming, XINFO STREAM): a node is a chunk, or, where the limits of the
 * configuration let it become longer than that, several. */
#ifndef TYPES_STREAM_H
#define TYPES_STREAM_H

#include "types/collection.h"

struct stream_groups;

/* ---- IDs ---- */

struct stream_id {
    uint64_t ms, sequence;
};

#define STREAM_ID_MIN ((struct stream_id){0, 0})
#define STREAM_ID_MAX ((struct stream_id){UINT64_MAX, UINT64_MAX})

enum { STREAM_ID_TEXT_MAX = 41 };

static inline int stream_id_compare(struct stream_id a, struct stream_id b)
{
    if (a.ms != b.ms)
        return a.ms < b.ms ? -1 : 1;
    return a.sequence < b.sequence ? -1 : a.sequence > b.sequence;
}

static inline bool stream_id_is_zero(struct stream_id id)
{
    return id.ms == 0 && id.sequence == 0;
}

/* The next one, the one before; false, with nothing changed, when there is none. */
bool stream_id_next(struct stream_id *id);
bool stream_id_previous(struct stream_id *id);
/* "1-2"; returns the length. */
size_t stream_id_print(char out[static STREAM_ID_TEXT_MAX], struct stream_id id);

/* ---- the stream ---- */

/* The chunk that is appended to. */
struct stream_tail {
    struct stream_id key, last;
    uint64_t deleted_size;
    uint32_t live, deleted, name_count;
    bool continues;
    size_t names_len;
    struct blob *bytes; /* the names, the entries; NULL: the stream is empty */

    /* Of the node that it ends: its first ID, its size as a listpack without what says how many entries it
     * has, and these. */
    struct stream_id node_key;
    uint64_t node_size, node_entries;
};

struct stream {
    uint64_t length;
    struct stream_id first, last; /* the first entry's, 0-0 without one; the greatest that ever was */
    struct stream_id max_deleted; /* the greatest that was deleted by XDEL */
    uint64_t entries_added;       /* ever */
    uint64_t node_count;
    size_t chunk_size_max; /* that a chunk ever had: an edit may copy one, and a copy's copy */
    struct tree chunks;
    struct stream_tail tail;
    struct stream_groups *groups; /* shared with who holds the stream; NULL: none */
};

struct stream *stream_new(void);
/* The same content for another owner: O(1). */
struct stream *stream_hold(const struct stream *stream);
/* Whether neither was edited since one was held from the other. */
bool stream_is_same(const struct stream *a, const struct stream *b);
/* True when all is freed, with `stream`. */
bool stream_free_some(struct stream *stream, size_t budget);
void stream_free(struct stream *stream);
/* What it takes: O(1). */
size_t stream_memory(const struct stream *stream);
void stream_check(const struct stream *stream);

/* The stream of a collection; NULL: there is none. */
static inline struct stream *stream_of(const struct collection *collection)
{
    return collection->large ? collection->large->stream : NULL;
}

/* ---- entries ---- */

/* Lent until the next edit. */
struct stream_entry {
    struct stream_id id;
    uint64_t field_count;
    size_t size;               /* bytes of names and values */
    const char *names, *texts; /* where the next ones are; names NULL: among the texts */
};

/* The next field, of which there are `field_count`. */
void stream_entry_field(struct stream_entry *entry, struct bytes *name, struct bytes *value);

/* Appends an entry, whose ID is above the last one, of `count` fields: names and values in turn. */
void stream_append(struct stream *stream, struct stream_id id, const struct bytes *texts, size_t count,
                   const struct collection_limits *limits);
/* The same for entries as they were saved: `node` says that a node begins with that ID, NULL that the entry
 * belongs to the one before. False when there is none, or the ID is not above the last entry's, or below the
 * node's. The figures are the caller's to set. */
bool stream_append_saved(struct stream *stream, struct stream_id id, const struct bytes *texts, size_t count,
                         const struct stream_id *node);

bool stream_find(const struct stream *stream, struct stream_id id, struct stream_entry *entry);
/* The ID of the last entry that is there; false when there is none. */
bool stream_last_id(const struct stream *stream, struct stream_id *id);
/* Whether there are entries behind that ID. */
bool stream_has_after(const struct stream *stream, struct stream_id id);
bool stream_has(const struct stream *stream, struct stream_id id);

/* Removes the entry, as XDEL does; false when there is none. */
bool stream_delete(struct stream *stream, struct stream_id id);

struct stream_trim {
    bool is_by_id; /* entries go that are below min_id; else, until there are max_length */
    bool is_exact; /* else whole nodes go only */
    uint64_t max_length;
    struct stream_id min_id;
    uint64_t limit; /* nodes go only while that removes no more entries; 0: no limit */
};

/* Removes entries at the front; returns how many. What they took is in `cut`, the caller's to free. */
uint64_t stream_trim(struct stream *stream, const struct stream_trim *trim, struct tree *cut);

/* Nodes of the radix tree in which Redis keeps the stream's nodes. */
uint64_t stream_radix_nodes(const struct stream *stream);

/* ---- walking ---- */

enum { STREAM_CHUNK_ENTRIES = 256 };

struct stream_chunk {
    struct stream_id key, last; /* the IDs that its first and its last entry had, deleted or not */
    uint64_t deleted_size;      /* what deleted entries took as a listpack's elements */
    uint32_t live, deleted, name_count;
    bool continues; /* the node of the chunk before */
    struct bytes names, entries;
};

struct stream_walk {
    const struct stream *stream;
    struct stream_id first, last;
    bool is_backwards, is_in_tail, is_over;
    struct tree_cursor cursor;
    struct stream_chunk chunk;
    size_t at;    /* of the next entry */
    size_t count; /* of `starts`, where entries begin that are still to come */
    uint16_t starts[STREAM_CHUNK_ENTRIES];
};

/* Entries from `first` to `last`, in their order or backwards. */
void stream_walk_begin(struct stream_walk *walk, const struct stream *stream, struct stream_id first,
                       struct stream_id last, bool is_backwards);
bool stream_walk_next(struct stream_walk *walk, struct stream_entry *entry);

/* All chunks. */
struct stream_chunk_walk {
    const struct stream *stream;
    struct tree_cursor cursor;
    bool is_over;
};

/* The entry at an offset of the chunk's entries; returns where the next one is. */
size_t stream_chunk_entry(const struct stream_chunk *chunk, size_t at, struct stream_entry *entry);
/* The names of its fields, of which there are `name_count`, one at a time. */
struct stream_names {
    const char *at;
};
struct bytes stream_next_name(struct stream_names *names);

void stream_chunk_walk_begin(struct stream_chunk_walk *walk, const struct stream *stream);
bool stream_chunk_next(struct stream_chunk_walk *walk, struct stream_chunk *chunk);

#endif
