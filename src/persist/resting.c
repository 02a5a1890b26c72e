/* SPDX-License-Identifier: BSD-3-Clause */
#include "resting.h"
#include <stddef.h>

/* Of a value's parts, which take a microsecond or some. */
enum { RESTS_A_STEP = 16 };

static void run(void *context)
{
    struct resting *resting = context;
    resting->run(resting->context);
    resting->has_ended = true;
}

void resting_begin(struct resting *resting, void (*work)(void *context), void *context)
{
    *resting = (struct resting){.fiber = fiber_new(), .run = work, .context = context};
    if (resting->fiber)
        fiber_set(resting->fiber, run, resting);
}

bool resting_step(struct resting *resting)
{
    if (resting->has_ended)
        return true;
    if (resting->fiber)
        fiber_resume(resting->fiber);
    else
        run(resting);
    return resting->has_ended;
}

void resting_rest(void *context)
{
    struct resting *resting = context;
    if (!resting->fiber || resting->is_hurried || ++resting->rests < RESTS_A_STEP)
        return;
    resting->rests = 0;
    fiber_pause(resting->fiber);
}

void resting_end(struct resting *resting)
{
    resting->is_hurried = true;
    if (resting->run)
        (void)resting_step(resting);
    fiber_free(resting->fiber);
    resting->fiber = NULL;
}
