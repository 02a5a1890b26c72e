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

/* It is nobody from now on; the caller's replies are still sent, for as long as strangers have. */
static void expel(struct client *client)
{
    struct server *server = client->server;
    client_become(client, server->acl.users->default_user);
    client->flags &= ~(uint32_t)CLIENT_AUTHENTICATED;
    client->stranger_since_ms = server->clock.mono_ms;
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

/* Who waited for a password that is no longer needed is in. */
static void let_in(struct client *client)
{
    if (!client_is_closing(client))
        client->flags |= CLIENT_AUTHENTICATED;
}

/* One look at the clients, however many users there are. */
static void change_clients(struct server *server)
{
    const struct user *stranger = server->acl.users->default_user;
    bool admits_all = stranger->change == USER_CHANGED && user_admits_anybody(stranger);
    LIST_EACH(link, &server->clients) {
        struct client *client = LIST_ENTRY(link, struct client, all);
        const struct user *user = client->user;
        if (user->change == USER_CHANGED)
            follow(client, user);
        else if (user->change == USER_LEAVING)
            expel(client);
        if (admits_all)
            let_in(client);
    }
}

void acl_settle(struct server *server)
{
    struct users *users = server->acl.users;
    change_clients(server);
    users_remove_leaving(users);
    for (size_t i = 0; i < users->count; i++)
        users->items[i]->change = USER_UNCHANGED;
}

void acl_mark_changed(struct user *known, struct user *changed)
{
    user_swap_rules(known, changed);
    user_free(changed);
    known->change = USER_CHANGED;
}

void acl_change(struct server *server, struct user *known, struct user *changed)
{
    acl_mark_changed(known, changed);
    acl_settle(server);
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
    users->default_user->change = USER_CHANGED;
    acl_settle(server);
}
