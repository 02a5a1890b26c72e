/* SPDX-License-Identifier: BSD-3-Clause */
/* How entries lie in a chunk, and a chunk in a tree:
 *
 *     chunk    the key's sequence (8, highest byte first; its time is the element's order)
 *              | live | deleted | deleted size | last ID: ms after the key's, sequence | continues | names |
 *              | length of the names | names ... | entries ...
 *     entry    length of what follows * 2, 1 added where the names are the chunk's
 *              | ms after the key's | sequence | fields, unless they are the chunk's |
 *              values, or names and values in turn
 *
 * Numbers have seven bits a byte, the lowest first; a text is its length and its bytes. */
#ifndef TYPES_STREAM_CHUNK_H
#define TYPES_STREAM_CHUNK_H

#include "types/stream.h"

/* A chunk ends before it becomes longer than this; one entry may always be. */
enum { CHUNK_SIZE_MAX = 8192, CHUNK_HEAD_MAX = 96, VARIED_MAX = 10 };

/* ---- numbers ---- */

static inline size_t varied_size(uint64_t number)
{
    size_t size = 1;
    for (; number >= 128; number >>= 7)
        size++;
    return size;
}

static inline char *varied_write(char *to, uint64_t number)
{
    for (; number >= 128; number >>= 7)
        *to++ = (char)(number | 128);
    *to++ = (char)number;
    return to;
}

static inline const char *varied_read(const char *from, uint64_t *number)
{
    uint64_t byte = (unsigned char)*from++;
    *number = byte;
    if (byte < 128)
        return from;
    *number &= 127;
    for (unsigned shift = 7; byte >= 128; shift += 7) {
        byte = (unsigned char)*from++;
        *number |= (byte & 127) << shift;
    }
    return from;
}

static inline const char *text_read(const char *from, struct bytes *text)
{
    uint64_t len;
    from = varied_read(from, &len);
    *text = bytes_make(from, len);
    return from + len;
}

static inline char *text_write(char *to, struct bytes text)
{
    to = varied_write(to, text.len);
    if (text.len > 0)
        memcpy(to, text.data, text.len);
    return to + text.len;
}

/* ---- keys of trees by ID ---- */

struct id_key {
    char sequence[8];
};

struct tree_key id_tree_key(struct stream_id id, struct id_key *key);
uint64_t id_sequence(const char *bytes);

/* ---- chunks ---- */

void chunk_unpack(const struct tree_cursor *cursor, struct stream_chunk *chunk);
/* The chunk as an element; `head` is room for its first part. */
struct tree_item chunk_item(const struct stream_chunk *chunk, char head[static CHUNK_HEAD_MAX]);
/* What it is as the tail. */
struct stream_chunk chunk_of_tail(const struct stream_tail *tail);

/* Where the entry begins and ends; false when it isn't there. */
bool chunk_find(const struct stream_chunk *chunk, struct stream_id id, size_t *start, size_t *end);
/* What the entry takes among a listpack's elements. */
size_t chunk_entry_listpack_size(const struct stream_chunk *chunk, struct stream_entry entry);

/* ---- entries to be written ---- */

struct new_entry {
    struct stream_id id;
    const struct bytes *texts;
    size_t count;     /* of fields */
    bool is_same;     /* its names are the chunk's */
    size_t size, len; /* of all of it; of what comes behind its length */
    size_t listpack_size, text_size;
};

/* Whether the names of the fields are those of `names`. */
bool names_equal(struct bytes names, uint64_t name_count, const struct bytes *texts, size_t count);
/* Sets what follows from the rest, for a chunk of that key and a node of that one. */
void new_entry_measure(struct new_entry *entry, struct stream_id chunk, struct stream_id node);
char *new_entry_write(char *to, const struct new_entry *entry, struct stream_id chunk);

/* What the names of a node take in its listpack, with all that is as long in any node. */
size_t node_head_size(const struct bytes *texts, size_t count);
/* What the node that ends with the tail takes as a listpack. */
size_t node_size_of(const struct stream_tail *tail);

#endif
