/* SPDX-License-Identifier: BSD-3-Clause */
/* A walk over the keys of a database that collects the names of those that a filter accepts: what KEYS and
 * SCAN are made of. A long one is done in slices while its client waits; others are served in between, and
 * may change the database, empty it or give it another number. */
#ifndef COMMANDS_KEY_WALK_H
#define COMMANDS_KEY_WALK_H

#include "engine/call.h"

/* For `type` of a walk: values of every type, or of one that no value has. */
enum { TYPE_ANY = -1, TYPE_NONE = -2 };

struct key_walk {
    struct bytes pattern;
    int type;             /* enum value_type or one of the above */
    uint64_t cursor;      /* where to begin; in the end where to go on, 0 when nothing is left */
    uint64_t visit_count; /* ends after so many keys, whether they match or not ... */
    uint64_t step_count;  /* ... or after so many looks into the table */
    bool shows_once;      /* no key twice, even when the table gets smaller meanwhile */

    /* Begins the reply, whose end is the array of names; may be NULL. */
    void (*head)(struct reply *reply, const struct key_walk *walk);
};

/* Walks and replies: at once when that takes no time or must not be interrupted, else in slices. The last
 * thing that a command does. */
void key_walk_run(struct call *call, const struct key_walk *walk);

#endif
