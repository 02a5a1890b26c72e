/* SPDX-License-Identifier: BSD-3-Clause */
/* Who asks by HTTP, over connections of their own: as badly as other clients do. */
#ifndef SIM_VISITORS_H
#define SIM_VISITORS_H

#include "chance.h"
#include <stdbool.h>

void visitors_init(struct chance *chance);
/* How often one of them does something, in so many of a thousand cases. */
unsigned visitors_permille(void);
/* One comes, asks, goes on with a request, breaks off, ... */
void visitors_event(struct chance *chance);
/* The same while the server has not got its data yet. */
void visitors_wait_for_load(void);
/* They read what came. */
void visitors_read(bool all);
/* Nobody asks any more: who has its answers leaves; some never go on with what they have begun. */
void visitors_end(struct chance *chance);
/* All have left, and the server has closed their connections. */
bool visitors_are_gone(void);
/* Says who still waits. */
void visitors_complain(void) __attribute__((noreturn));
void visitors_lose_server(void);

#endif
