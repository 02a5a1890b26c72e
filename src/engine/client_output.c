/* SPDX-License-Identifier: BSD-3-Clause */
/* What waits to be sent: where pushes go, and how much of it there may be. */
#include "base/log.h"
#include "engine/server.h"
#include "late_call.h"

/* What a client that hasn't said who it is may leave unread, whatever the limits of the others. */
#define UNAUTHENTICATED_OUTPUT_MAX ((size_t)16 << 10)

void client_close_for_output(struct client *client)
{
    struct buf line = {0};
    client_describe_for_log(client, &line);
    log_warning("Client %s scheduled to be closed ASAP for overcoming of output buffer limits.",
                buf_cstring(&line));
    buf_clear(&line);
    client->server->counters.client_output_buffer_limit_disconnections++;
    client_close(client);
}

void client_close_unpushed(struct client *client)
{
    struct buf line = {0};
    client_describe(client, &line);
    line.len -= line.len > 0;
    log_warning(
        "Closing a client that would miss what is pushed to it, since there is no memory for that: %s",
        buf_cstring(&line));
    buf_clear(&line);
    client->server->counters.client_output_buffer_limit_disconnections++;
    client_close(client);
}

/* With what follows the late answer. */
static size_t pending_bytes(const struct client *client)
{
    struct late_call *late = client->wait.late;
    struct reply *pushes = late ? late_call_pushes(late) : NULL;
    return reply_pending(&client->reply) + (pushes ? reply_pending(pushes) : 0);
}

static const struct config_buffer_limit *limit_of(const struct client *client)
{
    return &client->server->config->client_output_buffer_limit.of_class[client_class(client)];
}

size_t client_output_hard_limit(const struct client *client)
{
    return (size_t)limit_of(client)->hard_bytes;
}

void client_check_output_limit(struct client *client)
{
    struct server *server = client->server;
    enum client_class class = client_class(client);
    if (class == CLIENT_CLASS_MASTER || client->flags & CLIENT_CLOSE_NOW)
        return;
    const struct config_buffer_limit *limit = limit_of(client);
    size_t pending = pending_bytes(client);
    /* One large message may wait: a subscriber who reads it is not behind. What others get they asked for. */
    size_t exempt = class == CLIENT_CLASS_PUBSUB ? client->reply.largest_message : 0;
    size_t counted = pending - (exempt < pending ? exempt : pending);
    /* Who was expelled, and is only sent its last reply, had said so before. */
    bool is_stranger = !(client->flags & (CLIENT_AUTHENTICATED | CLIENT_CLOSE_AFTER_REPLY));
    if (is_stranger && pending > UNAUTHENTICATED_OUTPUT_MAX) {
        client_close_for_output(client);
        return;
    }
    if (limit->hard_bytes && counted > (size_t)limit->hard_bytes) {
        client_close_for_output(client);
        return;
    }
    if (!limit->soft_bytes || counted <= (size_t)limit->soft_bytes) {
        client->soft_limit_since_ms = 0;
        return;
    }
    if (client->soft_limit_since_ms == 0)
        client->soft_limit_since_ms = server->clock.mono_ms;
    else if (server->clock.mono_ms - client->soft_limit_since_ms > limit->soft_seconds * 1000)
        client_close_for_output(client);
}

struct reply *client_push(struct client *client)
{
    struct server *server = client->server;
    if (client == server->current_client) {
        server->deferred_pushes.protocol = client->reply.protocol;
        return &server->deferred_pushes;
    }
    /* Who waits for something that may never come is told at once. */
    struct reply *pushes = client->wait.late ? late_call_pushes(client->wait.late) : NULL;
    return pushes ? pushes : &client->reply;
}
