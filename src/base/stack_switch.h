/* SPDX-License-Identifier: BSD-3-Clause */
/* Going from one stack to another within a thread: some nanoseconds, where the C library's contexts make two
 * calls of the system to save which signals are blocked. */
#ifndef BASE_STACK_SWITCH_H
#define BASE_STACK_SWITCH_H

#include <stdbool.h>

/* Whether this processor and system can do it: stacks that are shadowed need the C library. */
bool stack_can_switch(void);

/* Where a stack stands that begins at `top` with entry(context), which never returns. */
void *stack_prepare(char *top, void (*entry)(void *context), void *context);

/* Notes in `*from` where this stack stands, and goes on where `to` stands. */
void stack_switch(void **from, void *to);

#endif
