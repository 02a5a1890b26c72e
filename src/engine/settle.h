/* SPDX-License-Identifier: BSD-3-Clause */
/* What follows a call, or a part of one. */
#ifndef ENGINE_SETTLE_H
#define ENGINE_SETTLE_H

#include "engine/blocking.h"
#include "engine/server.h"
#include "engine/tracking.h"

/* To be called when an outermost call is over, or a part of one: sends what was pushed to its client
 * meanwhile, and serves those who wait for keys. `command` is NULL when there is none of that name. */
static inline __attribute__((always_inline)) void call_settle(struct client *client,
                                                              const struct registered_command *command)
{
    struct server *server = client->server;
    /* What was pushed to the client while its command ran follows the reply, whether that was sent or not;
     * invalidations come last. */
    if (server->deferred_pushes.head)
        reply_take(client_push(client), &server->deferred_pushes);
    tracking_command_done(client, command);
    if (!list_is_empty(&server->blocking.ready))
        blocking_serve(server);
}

#endif
