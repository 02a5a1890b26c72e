/* SPDX-License-Identifier: BSD-3-Clause */
/* What connections and listeners need of the loop beyond its contract. */
#ifndef NET_LOOP_EVENTS_H
#define NET_LOOP_EVENTS_H

#include "net/loop.h"

/* The watch rests, and goes on. */
void loop_watch_pause(struct loop_watch *watch);
void loop_watch_resume(struct loop_watch *watch);

/* What handshakes took of the time since loop_wait returned: connections add to it, and wait for the next
 * turn when it is too much. */
int64_t *loop_handshake_us(struct loop *loop);

/* A thread for what would hold up the turn; made when it is first asked for. Completions are called from
 * loop_wait. */
struct worker;
struct worker *loop_helper(struct loop *loop);

/* What is left of connections that said their last. */
struct lingerings;
struct lingerings *loop_lingerings(struct loop *loop);

#endif
