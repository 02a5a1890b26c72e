/* SPDX-License-Identifier: BSD-3-Clause */
/* Logging in. There is one user so far, the default one. */
#include "engine/auth.h"
#include "client_part.h"
#include "engine/auth_throttle.h"
#include "engine/server.h"

void auth_password_changed(struct server *server)
{
    const struct config_secret *password = &server->config->requirepass;
    if (password->data) {
        user_set_password(&server->default_user, bytes_make(password->data, password->len));
        return;
    }
    user_drop_password(&server->default_user);
    LIST_EACH(link, &server->clients) {
        LIST_ENTRY(link, struct client, all)->flags |= CLIENT_AUTHENTICATED;
    }
}

const struct user *auth_user(const struct server *server, struct bytes name)
{
    if (name.len > 0 && !bytes_is(name, server->default_user.name))
        return NULL;
    return &server->default_user;
}

/* As after connecting: the default user, and authenticated when that needs no password. */
static void begin(struct client *client)
{
    client->user = &client->server->default_user;
    /* RESET doesn't give a stranger more time. */
    if (client->flags & CLIENT_AUTHENTICATED)
        client->stranger_since_ms = client->server->clock.mono_ms;
    if (client->user->needs_password)
        client->flags &= ~(uint32_t)CLIENT_AUTHENTICATED;
    else
        client->flags |= CLIENT_AUTHENTICATED;
}

const struct client_part auth_part = {.begin = begin, .reset = begin};

bool auth_log_in(struct client *client, struct bytes name, struct bytes password)
{
    const struct user *user = auth_user(client->server, name);
    if (user && user_accepts(user, password)) {
        client->user = user;
        client->flags |= CLIENT_AUTHENTICATED;
        return true;
    }
    auth_throttle_count(client);
    client->server->counters.acl_access_denied_auth++;
    return false;
}
