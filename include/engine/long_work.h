/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that take long. The command makes its work a thing of its own, with steps and an end:
 *
 *     long_work_run(call, make_work(...));     the last thing it does
 *
 * What isn't done at once goes on in slices, while its client waits and others are served. So the work looks
 * at nothing that they could change, nor at the call's arguments: it holds the values it needs by reference.
 *
 * Most works only find out what to reply: their call has had its effect, and is recorded, when the command
 * returns. One whose end changes data (`changes_data`) takes effect, and is recorded, only then; it is
 * carried through even when its client goes away, and doesn't end while CLIENT PAUSE holds up writes, or a
 * script stands still in the middle. */
#ifndef ENGINE_LONG_WORK_H
#define ENGINE_LONG_WORK_H

#include "engine/call.h"
#include "engine/slices.h"

/* Embedded in what the command works with. */
struct long_work {
    /* Goes on for some ten microseconds; true when all is done. */
    bool (*step)(struct long_work *work);
    /* May be NULL. Whether its client has so much to read that it had better rest. */
    bool (*is_ahead)(const struct long_work *work);
    /* Replies, when all is done. One that changes data compares what it holds with what the keys hold now. */
    void (*finish)(struct call *call, struct long_work *work);
    /* Frees all of it, done or not. */
    void (*free)(struct long_work *work);
    /* May be NULL. Two databases are exchanged meanwhile: for who goes through the keys of one. */
    void (*swapping)(struct long_work *work, struct keyspace *a, struct keyspace *b);
    bool changes_data;
    bool outlives_client; /* it is carried through, too, though it only replies */
    bool works_on_keys;   /* its steps look at what keys hold, or change it: none is done in a pause either */
    /* Nobody else runs anything between its steps (scripts, transactions): it changes data in them, takes
     * effect with its end, and is carried through, also in a pause. */
    bool is_atomic;

    /* The engine's: */
    struct slice_job slice;
    struct client *client;
    struct late_call *late; /* NULL: its call isn't late */
    bool is_done;           /* but for its end */
    int64_t rest_us;        /* the last time */
};

/* Takes over `work` and does it: at once, as far as that takes no time, or wholly where nothing may come in
 * between. The command is to return. */
void long_work_run(struct call *call, struct long_work *work);
/* Whether atomic work of the call may be done in steps: also within a transaction. */
bool long_work_may_rest(const struct call *call);

/* ---- for transactions: of a queued call whose work stands still, until EXEC goes on ---- */
/* Its next step; true when all is done, and answered. */
bool long_work_go_on(struct long_work *work);
void long_work_drop(struct long_work *work);

/* Whether the client waits for work that is carried through even without it. */
bool long_work_is_due(const struct client *client);
/* The call, with its arguments, once it waits; NULL before. */
struct call *long_work_call(const struct long_work *work);
/* Two databases are about to be exchanged. */
void long_work_swapping(struct server *server, struct keyspace *a, struct keyspace *b);

#endif
