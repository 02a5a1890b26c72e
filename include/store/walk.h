/* SPDX-License-Identifier: BSD-3-Clause */
/* All entries as they are at one moment, handed out bit by bit while the store goes on changing.
 *
 * Each entry carries an epoch bit. Beginning a walk flips the store's: from then on all entries there are
 * differ from it and are due. An entry is handed to the sink when the walk comes by or before it is first
 * changed or removed, whichever happens earlier, and is marked with the new epoch. Entries born later have
 * that from the start. So every entry is handed out once, as it was at the beginning; in which order is
 * undefined. */
#ifndef STORE_WALK_H
#define STORE_WALK_H

#include "store/store.h"

struct walked {
    int database;       /* at the beginning, whatever SWAPDB has done since */
    struct bytes key;   /* lent for the call, */
    struct value value; /* as is the value; of a blob a reference may be taken */
    int64_t deadline_ms;
    const struct entry *entry;
    bool is_leaving; /* it is about to change or go: a blob of it may soon be held by the sink alone */
};

struct walk_sink {
    /* May not touch the store. Also called from the functions that edit keyspaces. */
    void (*take)(void *context, const struct walked *walked);
    /* True: the walk takes a rest. Edits don't: they hand over regardless. */
    bool (*is_full)(void *context);
    void *context;
};

/* Begins a walk; none may be running. */
void store_walk_begin(struct store *store, struct walk_sink sink);

/* Goes on for about `budget_us`, or until the sink is full. True when all entries have been handed out and
 * the walk is over. */
bool store_walk_slice(struct store *store, int64_t budget_us);

bool store_is_walking(const struct store *store);

/* Ends a walk whose result nobody wants any more: at once, with no further word to the sink. */
void store_walk_abandon(struct store *store);

#endif
