/* SPDX-License-Identifier: BSD-3-Clause */
/* Who waits for the end of a pause has not run yet; what it sent lies in its input buffer. */
#include "engine/pause.h"
#include "engine/blocking.h"
#include "engine/server.h"

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

void pause_hold(struct client *client)
{
    wait_before_running(client, WAIT_PAUSE, NULL);
}

void pause_end(struct server *server)
{
    if (server->status.pause_until_ms == 0)
        return;
    server->status.pause_until_ms = 0;
    store_hold_expired(server->store, false);
    LIST_EACH(link, &server->clients) {
        struct client *client = LIST_ENTRY(link, struct client, all);
        if (client->wait.kind == WAIT_PAUSE)
            wait_over(client);
    }
    /* Within a call (CLIENT UNPAUSE) that is done at its end. */
    if (!server->current_client)
        blocking_serve(server);
}

void pause_run(struct server *server)
{
    if (server->status.pause_until_ms <= server->clock.mono_ms)
        pause_end(server);
}
