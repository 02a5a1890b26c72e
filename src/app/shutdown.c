/* SPDX-License-Identifier: BSD-3-Clause */
/* Whoever was answered shall hear it: what was run has its reply in a buffer, and most of these go out at
 * once. */
#include "shutdown.h"
#include "base/log.h"
#include "engine/client_io.h"
#include "http/http.h"
#include "net/listener.h"

/* For all clients together: one that doesn't read must not hold up the end. */
#define DRAIN_US 500000
#define WAIT_US  10000

static void close_listeners(struct server *server)
{
    while (!list_is_empty(&server->listeners)) {
        struct listener *listener = LIST_ENTRY(server->listeners.next, struct listener, siblings);
        if (listener->is_unix && !listener->is_adopted)
            log_notice("Removing the unix socket file.");
        listener_close(listener);
    }
}

static bool has_reply(const struct client *client)
{
    return !(client->flags & (CLIENT_CLOSE_NOW | CLIENT_INTERNAL)) && reply_pending(&client->reply) > 0;
}

/* True when there is nothing left to send. */
static bool flush_all(struct server *server)
{
    bool is_done = true;
    LIST_EACH_SAFE(link, &server->clients) {
        struct client *client = LIST_ENTRY(link, struct client, all);
        if (!has_reply(client))
            continue;
        client_flush(client);
        is_done &= !has_reply(client);
    }
    return is_done;
}

void shutdown_drain(struct server *server)
{
    int64_t deadline_us = clock_mono_us() + DRAIN_US;
    close_listeners(server);
    LIST_EACH(link, &server->clients) {
        struct client *client = LIST_ENTRY(link, struct client, all);
        if (!(client->flags & (CLIENT_INTERNAL | CLIENT_CLOSE_NOW)))
            conn_pause_reading(&client->conn);
    }
    while ((!flush_all(server) || http_is_sending(server->http)) && clock_mono_us() < deadline_us)
        loop_wait(server->loop, WAIT_US);
    LIST_EACH(link, &server->clients) {
        conn_finish(&LIST_ENTRY(link, struct client, all)->conn);
    }
}
