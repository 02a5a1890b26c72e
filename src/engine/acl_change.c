/* SPDX-License-Identifier: BSD-3-Clause */
/* What changes of users mean for the clients that are connected: they follow at once. */
#include "acl_private.h"
#include "engine/auth.h"
#include "engine/server.h"

void client_become(struct client *client, const struct user *user)
{
    client->user = user;
    if (user->is_unlimited)
        client->flags &= ~(uint32_t)CLIENT_LIMITED;
    else
        client->flags |= CLIENT_LIMITED;
}

/* It is nobody from now on; the caller's reply is still sent. */
static void expel(struct client *client)
{
    struct server *server = client->server;
    client_become(client, server->acl.users->default_user);
    client->flags &= ~(uint32_t)CLIENT_AUTHENTICATED;
    if (client == server->current_client)
        client_close_after_reply(client);
    else
        client_close(client);
}

struct hearing {
    const struct user *user;
    bool is_pattern, is_denied;
};

static void look_at_channel(void *context, struct bytes name)
{
    struct hearing *hearing = context;
    hearing->is_denied |= !user_permits_channel(hearing->user, name, hearing->is_pattern);
}

static bool hears_what_it_may_not(struct client *client)
{
    struct hearing hearing = {.user = client->user};
    for (int kind = 0; kind < SUBSCRIPTION_KINDS; kind++) {
        hearing.is_pattern = kind == SUBSCRIBE_PATTERN;
        subscriber_each(&client->subscriber, (enum subscription_kind)kind, look_at_channel, &hearing);
    }
    return hearing.is_denied;
}

static void follow(struct client *client, const struct user *user)
{
    client_become(client, user);
    if (hears_what_it_may_not(client))
        expel(client);
}

void acl_rules_changed(struct server *server, const struct user *user)
{
    bool admits_all = user_admits_anybody(server->acl.users->default_user);
    LIST_EACH(link, &server->clients) {
        struct client *client = LIST_ENTRY(link, struct client, all);
        if (client->user == user)
            follow(client, user);
        /* Who waited for a password that is no longer needed is in. */
        if (admits_all && user == server->acl.users->default_user && !client_is_closing(client))
            client->flags |= CLIENT_AUTHENTICATED;
    }
}

void acl_change(struct server *server, struct user *known, struct user *changed)
{
    user_swap_rules(known, changed);
    user_free(changed);
    acl_rules_changed(server, known);
}

static void expel_all(struct server *server, const struct user *user)
{
    LIST_EACH(link, &server->clients) {
        struct client *client = LIST_ENTRY(link, struct client, all);
        if (client->user == user)
            expel(client);
    }
}

void acl_delete(struct server *server, struct user *user)
{
    expel_all(server, user);
    users_remove(server->acl.users, user);
    user_free(user);
}

void acl_replace_all(struct server *server, struct users *users)
{
    struct users *old = server->acl.users;
    server->acl.users = users;
    LIST_EACH(link, &server->clients) {
        struct client *client = LIST_ENTRY(link, struct client, all);
        const struct user *user = users_find(users, bytes_of(client->user->name));
        if (user)
            follow(client, user);
        else
            expel(client);
    }
    users_free(old);
    acl_rules_changed(server, users->default_user);
}
