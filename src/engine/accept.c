/* SPDX-License-Identifier: BSD-3-Clause */
/* The door: maxclients and protected mode are checked before a client comes to be. */
#include "engine/accept.h"
#include "base/log.h"
#include "engine/server.h"
#include "net/listener.h"
#include <sys/uio.h>

#define ACCEPTS_PER_TICK 1000

static const char too_many[] = "-ERR max number of clients reached\r\n";

static const char denied[] =
    "-DENIED Redis is running in protected mode because protected mode is enabled and no password is set for "
    "the "
    "default user. In this mode connections are only accepted from the loopback interface. If you want to "
    "connect "
    "from external computers to Redis you may adopt one of the following solutions: "
    "1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback "
    "interface "
    "by connecting to Redis from the same host the server is running, however MAKE SURE Redis is not "
    "publicly "
    "accessible from internet if you do so. Use CONFIG REWRITE to make this change permanent. "
    "2) Alternatively you can just disable the protected mode by editing the Redis configuration file, and "
    "setting "
    "the protected mode option to 'no', and then restarting the server. "
    "3) If you started the server manually just for testing, restart it with the '--protected-mode no' "
    "option. "
    "4) Set up an authentication password for the default user. "
    "NOTE: You only need to do one of the above things in order for the server to start accepting "
    "connections from "
    "the outside.\r\n";

/* Over TLS only when hands have been shaken; else the connection ends without a word, as Redis ends it. */
static void turn_away(struct client *client, const char *text)
{
    struct iovec vector = {.iov_base = (char *)(uintptr_t)text, .iov_len = strlen(text)};
    size_t written;
    (void)conn_write(&client->conn, &vector, 1, &written);
    client->server->counters.rejected_connections++;
}

bool accept_admit(struct client *client)
{
    struct server *server = client->server;
    server->counters.total_connections_received++;
    if (server->config->protected_mode && !server->acl.users->default_user->needs_password &&
        !conn_peer_is_local(&client->conn)) {
        turn_away(client, denied);
        return false;
    }
    log_verbose("Accepted %s", client_peer_name(client));
    return true;
}

static void take_in(struct server *server, int fd, const struct listener *listener)
{
    bool is_full = (int64_t)server->client_count >= server->config->maxclients;
    struct client *client =
        listener->is_tls ? client_new_tls(server, fd) : client_new(server, fd, listener->is_unix);
    if (!client)
        return;
    if (is_full) {
        turn_away(client, too_many);
        client_free(client);
    } else if (listener->is_tls) {
        handshake_begin(client);
    } else if (!accept_admit(client)) {
        client_free(client);
    }
}

/* False when the listener is to rest. */
static bool accept_one(struct server *server, struct listener *listener)
{
    int fd;
    if (listener->is_tls && !handshakes_have_room(server)) {
        listener_rest(listener);
        return false;
    }
    enum accept_result result = listener_accept(listener, &fd);
    if (result == ACCEPT_FULL)
        log_warning("Accepting client connection: no descriptors left; trying again in a moment.");
    if (result != ACCEPT_OK)
        return false;
    take_in(server, fd, listener);
    return true;
}

void accept_clients(struct server *server)
{
    struct list *ready = loop_acceptable(server->loop);
    while (!list_is_empty(ready)) {
        struct listener *listener = LIST_ENTRY(ready->next, struct listener, ready);
        list_remove(&listener->ready);
        for (int i = 0; i < ACCEPTS_PER_TICK && accept_one(server, listener); i++)
            ;
    }
}

void accept_resume(struct server *server)
{
    LIST_EACH(link, &server->listeners) {
        listener_resume(LIST_ENTRY(link, struct listener, siblings));
    }
}
