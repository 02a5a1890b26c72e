/* SPDX-License-Identifier: BSD-3-Clause */
/* server->client_ids: id -> client. */
#ifndef ENGINE_CLIENT_IDS_H
#define ENGINE_CLIENT_IDS_H

#include "base/table.h"

struct client;

extern const struct table_type client_id_table;

/* When it comes, and when it goes. */
void client_ids_add(struct client *client);
void client_ids_remove(struct client *client);

#endif
