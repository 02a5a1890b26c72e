/* SPDX-License-Identifier: BSD-3-Clause */
/* Logging in. */
#include "engine/auth.h"
#include "client_part.h"
#include "engine/auth_throttle.h"
#include "engine/server.h"

void auth_password_changed(struct server *server)
{
    const struct config_secret *password = &server->config->requirepass;
    struct user *user = server->acl.users->default_user;
    if (password->data)
        user_set_password(user, bytes_make(password->data, password->len));
    else
        user_drop_password(user);
    user->change = USER_CHANGED;
    acl_settle(server);
}

const struct user *auth_user(const struct server *server, struct bytes name)
{
    const struct user *user = users_find(server->acl.users, name);
    return !user && name.len == 0 ? server->acl.users->default_user : user;
}

/* As after connecting: the default user, and authenticated when that needs no password. */
static void begin(struct client *client)
{
    client_become(client, client->server->acl.users->default_user);
    /* RESET doesn't give a stranger more time. */
    if (client->flags & CLIENT_AUTHENTICATED)
        client->stranger_since_ms = client->server->clock.mono_ms;
    if (user_admits_anybody(client->user))
        client->flags |= CLIENT_AUTHENTICATED;
    else
        client->flags &= ~(uint32_t)CLIENT_AUTHENTICATED;
}

const struct client_part auth_part = {.begin = begin, .reset = begin};

bool auth_log_in(struct client *client, struct bytes name, struct bytes password, struct bytes by)
{
    const struct user *user = auth_user(client->server, name);
    if (user && user_accepts(user, password)) {
        client_become(client, user);
        client->flags |= CLIENT_AUTHENTICATED;
        return true;
    }
    auth_throttle_count(client);
    acl_note_login(client, name, by);
    return false;
}

void auth_by_certificate(struct client *client)
{
    const struct server *server = client->server;
    struct buf name = {0};
    if (server->config->tls_auth_clients_user == TLS_CLIENTS_USER_CN &&
        conn_peer_certificate_name(&client->conn, &name)) {
        const struct user *user = users_find(server->acl.users, buf_bytes(&name));
        if (user && user->is_enabled) {
            client_become(client, user);
            client->flags |= CLIENT_AUTHENTICATED;
        }
    }
    buf_clear(&name);
}
