/* SPDX-License-Identifier: BSD-3-Clause */
/* Editing one collection by very many arguments. What it comes to is made in steps, of nodes that both share,
 * and put in its place in the end: others see all of it or nothing. If the key holds something else by then,
 * the command is run again, at once. */
#ifndef COMMANDS_ARGUMENT_EDIT_H
#define COMMANDS_ARGUMENT_EDIT_H

#include "engine/edit.h"
#include "engine/long_work.h"
#include "held_collection.h"
#include "many_arguments.h"

/* The first part of what a command works with. */
struct argument_edit {
    enum value_type type; /* of what is at argv[1] */
    int first, stride;    /* goes through argv[first], argv[first + stride] and so on */
    const char *event;
    /* May be NULL: prepares the collection. */
    void (*begin)(struct argument_edit *edit, struct call *call, struct collection *collection);
    /* Does what argv[index] says; true when the collection has changed. It may reply an error, or set
     * `is_void`: then it was the last, and nothing has happened. */
    bool (*each)(struct argument_edit *edit, struct call *call, struct collection *collection, int index);
    /* Replies, and records if it is `changed` and that isn't to be as it was called. */
    void (*done)(struct argument_edit *edit, struct call *call);
    /* Frees what else it owns; may be NULL. */
    void (*clear)(struct argument_edit *edit);
    int64_t count; /* for who counts */
    bool is_void;
    int64_t changed;   /* how many changed something */
    struct reply told; /* for who replies to each */
    struct held_collection before;

    /* Its own: */
    struct long_work work;
    struct call *call; /* as long as it hasn't had to wait */
    struct store *store;
    struct collection after;
    struct buf buffer; /* of a packed one */
    int next;
};

/* Takes on a call that has very many arguments; false, having done nothing, when it hasn't, or has to be done
 * at once. What begins with `edit`, of `size` bytes, is copied. The last thing that a command does when it is
 * true. */
bool edit_in_argument_steps(struct call *call, const struct argument_edit *edit, size_t size);
static inline bool edit_by_arguments(struct call *call, const struct argument_edit *edit, size_t size)
{
    return call_has_many_arguments(call) && edit_in_argument_steps(call, edit, size);
}

/* A `done` that replies `changed`, or `count`. */
void reply_changed(struct argument_edit *edit, struct call *call);
void reply_counted(struct argument_edit *edit, struct call *call);
/* One that replies an array of what was told, one value of each argument. */
void reply_told(struct argument_edit *edit, struct call *call);

#endif
