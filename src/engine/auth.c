/* SPDX-License-Identifier: BSD-3-Clause */
/* Logging in. There is one user so far, the default one. */
#include "engine/auth.h"
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
    const struct user *user = &server->default_user;

    return name.len == 0 || bytes_is(name, user->name) ? user : NULL;
}

void auth_begin(struct client *client)
{
    client->user = &client->server->default_user;
    if (client->user->needs_password)
        client->flags &= ~(uint32_t)CLIENT_AUTHENTICATED;
    else
        client->flags |= CLIENT_AUTHENTICATED;
}

bool auth_log_in(struct client *client, struct bytes name, struct bytes password)
{
    const struct user *user = auth_user(client->server, name);

    if (!user || !user_accepts(user, password)) {
        client->server->counters.acl_access_denied_auth++;
        auth_throttle_count(client);
        return false;
    }
    client->user = user;
    client->flags |= CLIENT_AUTHENTICATED;
    return true;
}
