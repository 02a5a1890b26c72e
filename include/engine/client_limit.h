/* SPDX-License-Identifier: BSD-3-Clause */
/* maxmemory-clients: what all clients hold together, and who is closed when it is too much. Costs nothing
 * while there is no such limit. */
#ifndef ENGINE_CLIENT_LIMIT_H
#define ENGINE_CLIENT_LIMIT_H

#include "engine/client.h"

struct client_limit;

struct client_limit *client_limit_new(void);
/* When no client is left. */
void client_limit_free(struct client_limit *limit);

/* Whatever the client holds may have changed. */
void client_limit_count(struct client *client);
/* Closes clients, the largest first, until the rest holds less than the limit. */
void client_limit_keep(struct server *server);

#endif
