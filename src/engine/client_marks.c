/* SPDX-License-Identifier: BSD-3-Clause */
/* Marks for the tick's end: it has replies to be written, it is to go. */
#include "client_part.h"
#include "engine/server.h"

void client_wants_write(struct client *client)
{
    if (list_is_unlinked(&client->pending_write))
        list_append(&client->server->pending_writers, &client->pending_write);
}

void client_close(struct client *client)
{
    client->flags |= CLIENT_CLOSE_NOW;
    for (const struct client_part *const *part = client->server->client_parts; *part; part++) {
        if ((*part)->close)
            (*part)->close(client);
    }
    if (list_is_unlinked(&client->closing))
        list_append(&client->server->closing, &client->closing);
}

void client_close_after_reply(struct client *client)
{
    client->flags |= CLIENT_CLOSE_AFTER_REPLY;
    if (!(client->flags & CLIENT_INTERNAL))
        conn_pause_reading(&client->conn);
    client_wants_write(client);
}
