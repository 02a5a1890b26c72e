/* SPDX-License-Identifier: BSD-3-Clause */
/* A function with a stack of its own, which stands still where it says so and goes on when it is told. */
#ifndef BASE_FIBER_H
#define BASE_FIBER_H

struct fiber;

/* NULL when there is no memory. */
struct fiber *fiber_new(void);
/* Of one that doesn't run. */
void fiber_free(struct fiber *fiber);
/* What the next fiber_resume begins with. */
void fiber_set(struct fiber *fiber, void (*run)(void *context), void *context);
/* Runs it until it stands still or ends. */
void fiber_resume(struct fiber *fiber);
/* Within it: stands still. */
void fiber_pause(struct fiber *fiber);

#endif
