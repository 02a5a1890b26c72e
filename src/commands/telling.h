/* SPDX-License-Identifier: BSD-3-Clause */
/* Replies of many elements, made in steps from a collection that is held meanwhile. What is told is written
 * while it is made, so that a reply of any size takes little memory: who reads slowly is waited for. */
#ifndef COMMANDS_TELLING_H
#define COMMANDS_TELLING_H

#include "engine/long_work.h"
#include "held_collection.h"

/* Collections of no more elements, or replies of no more, are told of at once. */
enum { TOLD_AT_ONCE = 256 };

/* The first part of what a command tells from, which is allocated and filled by it. */
struct telling {
    /* Tells of the next element; false when there is none. */
    bool (*tell)(struct telling *telling, struct reply *reply);
    /* Where the number of elements is known only in the end: the reply's head. NULL: it was replied by the
     * command before. */
    void (*head)(const struct telling *telling, struct reply *reply);
    /* Frees what else it owns; may be NULL. */
    void (*clear)(struct telling *telling);
    struct held_collection held;
    /* It has no end but this number, which was asked for; 0: it has. Where nobody may wait, in a transaction
     * or a script, the reply is an error when it gets too large. */
    uint64_t repeated;

    /* Its own: */
    struct long_work work;
    struct store *store;
    struct reply *reply;
    struct reply shown; /* that the head is missing of */
    struct reply_mark begin;
    bool is_silent;    /* nobody will be answered */
    bool is_too_large; /* it repeats, and the reply is over what may lie here unread */
};

/* An empty one of `size` bytes that holds the collection of that type at argv[argument]. */
void *telling_new(struct call *call, size_t size, enum value_type type, int argument);
/* The same of a large collection that nobody else has: it is taken over, and freed in the end. */
void *telling_new_of(struct call *call, size_t size, struct value value);
/* Tells of all, and frees it. The last thing that the command does. */
void telling_run(struct call *call, struct telling *telling);

#endif
