/* SPDX-License-Identifier: BSD-3-Clause */
/* Who waits for its turn waits for us, and isn't to blame for the time that takes. */
#include "engine/handshakes.h"
#include "base/log.h"
#include "client_part.h"
#include "engine/auth.h"
#include "engine/server.h"

enum {
    TIME_MS = 5000,
    /* When places run out, this long without a word of what is due. */
    PATIENCE_MS = 1000,
    PLACES = 1000,
};

void handshakes_init(struct handshakes *handshakes)
{
    list_init(&handshakes->waiting);
    handshakes->count = 0;
}

static void leave(struct client *client)
{
    if (!(client->flags & CLIENT_SHAKING))
        return;
    client->flags &= ~(uint32_t)CLIENT_SHAKING;
    timeout_clear(client->server, client);
    list_remove(&client->shaking);
    client->server->handshakes.count--;
}

static void fail(struct client *client)
{
    log_verbose("No TLS handshake with %s: %s", client_peer_name(client), conn_open_failure(&client->conn));
    client->server->counters.tls_handshakes_failed++;
    leave(client);
}

static void time_is_over(struct client *client)
{
    fail(client);
    client_close(client);
}

void handshake_begin(struct client *client)
{
    struct server *server = client->server;
    client->flags |= CLIENT_SHAKING;
    list_append(&server->handshakes.waiting, &client->shaking);
    server->handshakes.count++;
    timeout_set(server, client, server->clock.mono_ms + TIME_MS, time_is_over);
}

bool handshake_is_done(struct client *client, enum conn_result result)
{
    struct server *server = client->server;
    if (result == CONN_CLOSED && !conn_is_open(&client->conn)) {
        fail(client);
        return false;
    }
    if (!conn_is_open(&client->conn))
        return false;
    server->counters.tls_handshakes++;
    server->counters.tls_sessions_resumed += conn_is_resumed(&client->conn);
    leave(client);
    auth_by_certificate(client);
    return true;
}

bool handshakes_have_room(struct server *server)
{
    int64_t since_ms = server->clock.mono_ms - PATIENCE_MS;
    if (server->handshakes.count < PLACES)
        return true;
    LIST_EACH_SAFE(link, &server->handshakes.waiting) {
        struct client *client = LIST_ENTRY(link, struct client, shaking);
        if (client->created_ms > since_ms)
            break;
        if (!conn_waits_for_turn(&client->conn))
            time_is_over(client);
    }
    return server->handshakes.count < PLACES;
}

const struct client_part handshake_part = {.free = leave};
