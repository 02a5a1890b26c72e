/* SPDX-License-Identifier: BSD-3-Clause */
/* One turn of the server, as one visible list: collect, read, parse, run, slices, write, reap, accept. */
#ifndef ENGINE_TICK_H
#define ENGINE_TICK_H

#include <stdint.h>

struct server;

/* Waits up to `wait_us` for something to do (not at all while there is something), and does it. Who loads a
 * file at the start calls it, too; not for use within a command. */
void tick(struct server *server, int64_t wait_us);

/* The figures of turns and of background work. */
void tick_add_metrics(struct server *server);

#endif
