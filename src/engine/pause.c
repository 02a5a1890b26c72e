/* SPDX-License-Identifier: BSD-3-Clause */
/* Who waits for the end of a pause has not run yet; what it sent lies in its input buffer. They go on in the
 * order in which they came. */
#include "engine/pause.h"
#include "base/alloc.h"
#include "engine/blocking.h"
#include "engine/server.h"

struct pause_wait {
    struct list link; /* in server->paused */
    struct client *client;
};

void pause_begin(struct server *server, int64_t until_ms, bool is_of_writes)
{
    struct status *status = &server->status;
    bool is_on = status->pause_until_ms > server->clock.mono_ms;
    status->pauses_writes_only = is_of_writes && (!is_on || status->pauses_writes_only);
    if (status->pause_until_ms < until_ms)
        status->pause_until_ms = until_ms;
    /* Nothing changes by itself either. */
    store_hold_expired(server->store, true);
}

bool pause_holds_data(const struct server *server)
{
    return server->status.pause_until_ms != 0;
}

static void stop_waiting(struct client *client)
{
    list_remove(&client->wait.pause->link);
    mem_free(client->wait.pause);
}

void pause_hold(struct client *client)
{
    struct pause_wait *wait = mem_alloc(sizeof *wait);
    *wait = (struct pause_wait){.client = client};
    list_append(&client->server->paused, &wait->link);
    wait_before_running(client, WAIT_PAUSE, stop_waiting);
    client->wait.pause = wait;
}

void pause_end(struct server *server)
{
    if (server->status.pause_until_ms == 0)
        return;
    server->status.pause_until_ms = 0;
    store_hold_expired(server->store, false);
    while (!list_is_empty(&server->paused))
        wait_over(LIST_ENTRY(server->paused.next, struct pause_wait, link)->client);
    /* Within a call (CLIENT UNPAUSE) that is done at its end. */
    if (!server->current_client)
        blocking_serve(server);
}

void pause_run(struct server *server)
{
    if (server->status.pause_until_ms <= server->clock.mono_ms)
        pause_end(server);
}
