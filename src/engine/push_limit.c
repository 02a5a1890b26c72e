/* SPDX-License-Identifier: BSD-3-Clause */
/* A list of those who had pushes waiting when they were last written to; whoever has caught up since leaves
 * it when it is next looked at, which is only when there is too much. Messages are shared: they are free when
 * all who wait for them are gone, so those go together that are about equally far behind. */
#include "engine/push_limit.h"
#include "base/log.h"

/* The part of maxmemory that pushes may take, and what they may take of a small one: a burst is no reason. */
#define PUSH_SHARE 8
#define PUSH_MIN   ((size_t)1 << 20)
/* Chunks of a message and of its head. */
#define FRAME_MAX 2048

size_t push_limit_bytes(const struct server *server)
{
    size_t max = (size_t)server->config->maxmemory, share = max / PUSH_SHARE;
    if (max == 0)
        return SIZE_MAX;
    return share > PUSH_MIN ? share : PUSH_MIN;
}

/* Who is being sent one large message, with what it lies in, isn't behind. */
static size_t behind(const struct client *client)
{
    size_t bytes = reply_pushes(&client->reply), largest = client->reply.largest_message;
    if ((client->flags & CLIENT_CLOSE_NOW) || (largest > 0 && bytes <= largest + FRAME_MAX))
        return 0;
    return bytes - largest;
}

static size_t furthest_behind(const struct server *server)
{
    size_t most = 0;
    LIST_EACH_SAFE(link, &server->pushed_to) {
        struct client *client = LIST_ENTRY(link, struct client, pushed_to);
        if (reply_pushes(&client->reply) == 0)
            list_remove(link);
        else if (behind(client) > most)
            most = behind(client);
    }
    return most;
}

static void drop(struct client *client)
{
    struct buf line = {0};
    client_describe_for_log(client, &line);
    log_warning("Closing a client that doesn't read what is pushed to it, %zu bytes: %s",
                reply_pushes(&client->reply), buf_cstring(&line));
    buf_clear(&line);
    client->server->counters.client_output_buffer_limit_disconnections++;
    client_close(client);
    /* Free at once, so that it is known whether others must go. */
    reply_clear(&client->reply);
    list_remove(&client->pushed_to);
}

static bool is_too_much(const struct server *server)
{
    return reply_pool_pushes(server->reply_pool) > push_limit_bytes(server);
}

void push_limit_keep(struct server *server)
{
    size_t most;
    while (is_too_much(server) && (most = furthest_behind(server)) > 0) {
        LIST_EACH_SAFE(link, &server->pushed_to) {
            struct client *client = LIST_ENTRY(link, struct client, pushed_to);
            if (behind(client) > most / 2 && is_too_much(server))
                drop(client);
        }
    }
}
