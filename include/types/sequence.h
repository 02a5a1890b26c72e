/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists: elements in the order in which they were put. Small ones are packed, large ones are a tree by
 * position. (A sequence here, as base/list.h has the name.)
 *
 * Redis calls a list "listpack" while it fits into one block of its own kind, and again when it has shrunk to
 * half of that. So a list knows by which name it goes, whatever its form: in the block's tag, or `large`.
 *
 * Elements that are looked at are lent until the list is edited. Reading changes nothing. */
#ifndef TYPES_SEQUENCE_H
#define TYPES_SEQUENCE_H

#include "types/collection.h"

enum sequence_end { SEQUENCE_HEAD, SEQUENCE_TAIL };

struct sequence_element {
    struct bytes bytes;
    struct blob *blob; /* that they lie in, for whoever wants to send it by reference; or NULL */
};

/* ---- reading ---- */

uint64_t sequence_count(const struct collection *list);
/* False when there is no such element. */
bool sequence_at(const struct collection *list, uint64_t index, struct sequence_element *element);

/* Whether it is called "listpack". */
bool sequence_is_small(const struct collection *list);

/* A way through the elements, in either direction. */
struct sequence_walk {
    const struct collection *list;
    uint64_t index; /* of the element that was given last */
    bool is_backwards;
    struct tree_cursor cursor; /* of a large one: at the next element; backwards, behind it */
    size_t at;                 /* the same in a packed one */
    uint64_t left;             /* elements to come */
    uint16_t starts[64];       /* of a packed one, backwards: where the next elements begin, the last first */
    unsigned start_count;
};

/* The next one is that of `index`. */
void sequence_walk_begin(struct sequence_walk *walk, const struct collection *list, uint64_t index);
/* The next one is the last, then the one before it. */
void sequence_walk_backwards(struct sequence_walk *walk, const struct collection *list);
bool sequence_walk_any(struct sequence_walk *walk, struct sequence_element *element);
/* The next element; false when there is none. Inline for what is mostly gone through. */
static inline bool sequence_walk_next(struct sequence_walk *walk, struct sequence_element *element)
{
    struct packed_element packed;
    if (walk->left == 0 || walk->list->large || walk->is_backwards ||
        !packed_at(walk->list->packed, walk->at, &packed))
        return sequence_walk_any(walk, element);
    walk->at = packed.end;
    walk->left--;
    walk->index++;
    *element = (struct sequence_element){.bytes = packed.bytes};
    return true;
}

/* ---- editing; bytes that are put may not lie in the list ---- */

/* Says that these are about to be put, which decides what the list is called then. */
void sequence_expect(struct collection *list, const struct bytes *elements, size_t count);
void sequence_push(struct collection *list, enum sequence_end end, struct bytes bytes);
/* Before the element of `index`, which may be the count. */
void sequence_insert(struct collection *list, uint64_t index, struct bytes bytes);
/* The element is there. */
void sequence_replace(struct collection *list, uint64_t index, struct bytes bytes);

/* Removes `count` elements from `index` on, which are there. */
void sequence_remove(struct collection *list, uint64_t index, uint64_t count);
/* The same; what takes long to free is the caller's then, or NULL. */
struct large *sequence_cut(struct collection *list, uint64_t index, uint64_t count);
/* Removes elements that equal `bytes`: the first `most`, or the last ones, 0: all. Returns how many. */
uint64_t sequence_remove_equal(struct collection *list, struct bytes bytes, enum sequence_end from,
                               uint64_t most);

/* The same in steps, by someone who is the only one to edit the list meanwhile. */
struct sequence_removal {
    struct collection *list;
    struct bytes bytes;
    enum sequence_end from;
    uint64_t most, removed;
    struct tree_cursor cursor; /* of a large one: at the next element; from the tail, behind it */
};

void sequence_removal_begin(struct sequence_removal *removal, struct collection *list, struct bytes bytes,
                            enum sequence_end from, uint64_t most);
/* Looks at so many elements; true when all is done. */
bool sequence_removal_step(struct sequence_removal *removal, uint64_t looks);

/* Gives a list the content of another, which gets its: both are large. */
void sequence_exchange(struct collection *list, struct collection *other);

/* Says that elements have gone: it may be called small again. */
void sequence_shrunk(struct collection *list);
/* Says that the list is complete, by whatever way it was put together: its name is by what it holds. */
void sequence_settle(struct collection *list);

#endif
