/* SPDX-License-Identifier: BSD-3-Clause */
/* A call that is answered after its command has returned. */
#ifndef ENGINE_LATE_CALL_H
#define ENGINE_LATE_CALL_H

#include "engine/call.h"
#include "taken_arguments.h"

struct long_work;

/* What only long work has. */
struct late_work {
    struct reply pushes;          /* what is to follow the answer */
    struct taken_arguments taken; /* arguments that weren't copied */
};

struct late_call {
    struct call call; /* over arguments of its own, behind it or in its large one, which it has; or lent */
    uint64_t ticks;   /* that its parts took so far */
    bool takes_effect_late;    /* it is recorded when it is answered, not when its command returns */
    bool is_silent;            /* CLIENT REPLY OFF or SKIP: the answer is cut off */
    bool is_refused;           /* the right to run it was lost while it waited */
    struct late_work *of_work; /* NULL: it waits for something else */
};

/* Takes over what `call` needs to go on after its request is gone, and makes that one late. `work` is what it
 * does meanwhile; NULL: it waits. Returns NULL when there is no memory. */
struct late_call *late_call_new(struct call *call, const struct long_work *work);
/* The same of a queued call, which takes effect late; its arguments are lent. */
struct late_call *late_call_lent(struct call *call);
void late_call_free(struct late_call *late);

/* What it waited for is there, and answering takes long. False when there is no memory. */
bool late_call_becomes_work(struct late_call *late);

/* What is pushed to the client and waits for the answer; NULL: that goes out at once. */
static inline struct reply *late_call_pushes(struct late_call *late)
{
    return late->of_work ? &late->of_work->pushes : NULL;
}

/* Runs a part of it as its client's command, and says what that returned. Others may be told things by it,
 * and so may be the client, so that call_settle is to follow. */
bool late_call_part(struct late_call *late, bool (*part)(struct call *call, void *context), void *context);
/* The same for the last part, which answers when it returns true. */
bool late_call_answer(struct late_call *late, bool (*answer)(struct call *call, void *context),
                      void *context);

#endif
