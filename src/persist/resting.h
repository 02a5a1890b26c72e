/* SPDX-License-Identifier: BSD-3-Clause */
/* Encoding and decoding of large values, which know nothing of steps, on a stack of their own: it stands
 * still wherever they say that they may rest. */
#ifndef PERSIST_RESTING_H
#define PERSIST_RESTING_H

#include "base/fiber.h"
#include <stdbool.h>

struct resting {
    struct fiber *fiber; /* NULL: there is no memory for one, all is done at once */
    void (*run)(void *context);
    void *context;
    unsigned rests; /* since it stood still */
    bool has_ended, is_hurried;
};

/* run(context) is what is done, with resting_rest where it may rest. */
void resting_begin(struct resting *resting, void (*run)(void *context), void *context);
/* Goes on; true when all is done. */
bool resting_step(struct resting *resting);
void resting_rest(void *resting);
/* Has the rest of it done at once, if it has begun. */
void resting_end(struct resting *resting);

#endif
