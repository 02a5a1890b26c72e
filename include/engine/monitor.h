/* SPDX-License-Identifier: BSD-3-Clause */
/* MONITOR: clients that are shown every command as it runs. server->monitors is NULL while there are none,
 * which is all that anybody else pays. */
#ifndef ENGINE_MONITOR_H
#define ENGINE_MONITOR_H

#include "engine/call.h"
#include "engine/client.h"
#include "engine/server.h"

/* From now on `client` (CLIENT_MONITOR is set here) is shown what runs. */
void monitor_add(struct client *client);
/* Nothing happens when it isn't a monitor. For RESET and the client's end. */
void monitor_remove(struct client *client);

/* Shows the call's command, secrets blotted out, unless it is administrative or was shown before it ran. */
void monitors_show(const struct call *call);
/* Shows it, whatever it is. */
void monitors_show_first(const struct call *call);

/* To be called after each command that ran, those of a transaction's queue included. */
static inline void monitor_feed(const struct call *call)
{
    if (call->server->monitors)
        monitors_show(call);
}

/* To be called by what runs a script, before what the script runs. */
static inline void monitor_feed_first(const struct call *call)
{
    if (call->server->monitors)
        monitors_show_first(call);
}

#endif
