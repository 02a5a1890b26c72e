/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that take long. The command makes its work a thing of its own and begins it; what isn't done at
 * once goes on in slices while the client waits, and then the command is run a second time, as if it had come
 * only then, and finds its work done:
 *
 *     work = long_work_take(call);
 *     if (!work && !long_work_begin(call, work = make_work(...)))
 *         return;
 *     reply with what was worked out; long_work_free(work);
 *
 * Others are served in between. So the work looks at nothing that they could change: it holds the values it
 * needs by reference, and a command that writes compares them with what the keys hold at its second run. */
#ifndef ENGINE_LONG_WORK_H
#define ENGINE_LONG_WORK_H

#include "engine/call.h"
#include "engine/slices.h"

/* Embedded in what the command works with. */
struct long_work {
    /* Goes on for some ten microseconds; true when all is done. */
    bool (*step)(struct long_work *work);
    /* Frees all of it, done or not. */
    void (*free)(struct long_work *work);

    /* The engine's: */
    struct slice_job slice;
    struct client *client;
};

/* Takes over `work` and does it at once, as far as that takes no time, or wholly where nothing may come in
 * between (in a transaction). True when it is done: it is the caller's again. False: the command is to return
 * without a reply. */
bool long_work_begin(struct call *call, struct long_work *work);

/* The work that the command's first run began, done, and the caller's now; NULL in the first run. */
struct long_work *long_work_take(struct call *call);

static inline void long_work_free(struct long_work *work)
{
    work->free(work);
}

/* Frees what its command didn't take: it was refused at its second run, or the client goes away. */
void long_work_drop(struct client *client);

#endif
