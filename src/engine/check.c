/* SPDX-License-Identifier: BSD-3-Clause */
#include "engine/check.h"
#include "base/panic.h"
#include "engine/long_work.h"
#include "engine/server.h"

static void check_wait(const struct client *client)
{
    bool is_busy = (client->flags & CLIENT_BUSY) != 0;
    ASSERT(is_busy == (client->wait.kind != WAIT_NOTHING));
    ASSERT(is_busy || (!client->wait.late && !client->wait.cancel && client->wait.timeout_place == 0));
    ASSERT(client->wait.kind != WAIT_WORK || client->wait.work->client == client);
}

static void check_client(const struct server *server, const struct client *client)
{
    ASSERT(client->server == server);
    ASSERT(client_by_id(server, client->id) == client);
    /* The reaper has been here: who is left has work that is carried through without it. */
    ASSERT(!(client->flags & CLIENT_CLOSE_NOW) || long_work_is_due(client));
    ASSERT(list_is_unlinked(&client->closing));
    ASSERT(list_is_unlinked(&client->pending_write));
    ASSERT(!(client->flags & CLIENT_BUSY) || list_is_unlinked(&client->runnable));
    ASSERT(reply_pending(&client->reply) == 0 || !(client->flags & CLIENT_DEAF));
    ASSERT(users_find(server->acl.users, bytes_of(client->user->name)) == client->user);
    ASSERT(!(client->flags & CLIENT_LIMITED) == client->user->is_unlimited);
    check_wait(client);
}

/* A heap, each member of which knows its place. */
static void check_timeouts(const struct server *server)
{
    const struct timeouts *timeouts = &server->timeouts;
    size_t count = 0;
    LIST_EACH(link, &server->clients) {
        const struct client *client = LIST_ENTRY(link, struct client, all);
        ASSERT(client->wait.timeout_place <= timeouts->count);
        count += client->wait.timeout_place != 0;
    }
    ASSERT(count == timeouts->count);
}

void engine_check(const struct server *server)
{
    size_t count = 0;
    LIST_EACH(link, &server->clients) {
        check_client(server, LIST_ENTRY(link, struct client, all));
        count++;
    }
    ASSERT(count == server->client_count && count == server->client_ids.count);
    ASSERT(list_is_empty(&server->closing) && list_is_empty(&server->pending_writers));
    ASSERT(!server->current_client && server->nesting == 0);
    check_timeouts(server);
    store_check(server->store);
}
