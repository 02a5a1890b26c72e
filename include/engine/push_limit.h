/* SPDX-License-Identifier: BSD-3-Clause */
/* What is pushed to clients that don't read it: published messages, notifications, invalidations, MONITOR's
 * lines. They asked for none of it, so it may grow without end, and it must not take the place of keys: under
 * maxmemory it isn't counted, and has a limit of its own. */
#ifndef ENGINE_PUSH_LIMIT_H
#define ENGINE_PUSH_LIMIT_H

#include "engine/server.h"

/* Remembers a client whose replies couldn't be sent, if there are pushes among them. */
static inline void push_limit_note(struct client *client)
{
    if (reply_pushes(&client->reply) > 0 && list_is_unlinked(&client->pushed_to))
        list_append(&client->server->pushed_to, &client->pushed_to);
}

/* While pushes take more than maxmemory allows them, closes those who are furthest behind. */
void push_limit_keep(struct server *server);

/* Bytes that pushes may take; SIZE_MAX: there is no limit. */
size_t push_limit_bytes(const struct server *server);

#endif
