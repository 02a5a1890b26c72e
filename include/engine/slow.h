/* SPDX-License-Identifier: BSD-3-Clause */
/* What took long: commands go to the slow log and the latency monitor, other work to the latency monitor.
 * While nothing is slow this costs one comparison. */
#ifndef ENGINE_SLOW_H
#define ENGINE_SLOW_H

#include "engine/call.h"
#include "engine/server.h"

/* Makes the server's slow log and latency monitor, and follows the directives that say what is slow. */
void slow_init(struct server *server);
void slow_free(struct server *server);

/* Records a call that took long enough for either. */
void slow_record(struct call *call, uint64_t ticks);

/* To be called after each command that ran. */
static inline void slow_call_done(struct call *call, uint64_t ticks)
{
    if (__builtin_expect(ticks >= call->server->slow_ticks, 0))
        slow_record(call, ticks);
}

/* Records work other than a command if it was a spike; `event` is its name in LATENCY, of static storage. */
void slow_event(struct server *server, const char *event, int64_t duration_us);

void slow_add_metrics(struct server *server);

#endif
