/* SPDX-License-Identifier: BSD-3-Clause */
/* Calls with hundreds of thousands of arguments, each of which is about an element of one collection. They
 * are gone through in steps: those that read look at a collection that is held, those that edit make what it
 * is to be beside it. */
#ifndef COMMANDS_MANY_ARGUMENTS_H
#define COMMANDS_MANY_ARGUMENTS_H

#include "engine/call.h"
#include "engine/wait.h"

/* Fewer are gone through at once. */
enum { MANY_ARGUMENTS = 512 };

static inline bool call_has_many_arguments(const struct call *call)
{
    return __builtin_expect(call->argc >= MANY_ARGUMENTS, 0) && call_may_wait(call);
}

#endif
