/* SPDX-License-Identifier: BSD-3-Clause */
/* The tasks that come round, one row each. */
#include "tasks.h"
#include "base/log.h"
#include "engine/accept.h"
#include "engine/cron.h"

static void retry_accepting(struct server *server)
{
    accept_resume(server);
}

static bool may_time_out(const struct client *client)
{
    return !(client->flags & (CLIENT_INTERNAL | CLIENT_BLOCKED | CLIENT_MONITOR)) &&
           client_class(client) == CLIENT_CLASS_NORMAL;
}

/* Clients that were silent for too long, and such that let their replies pile up. */
static void look_after_clients(struct server *server)
{
    int64_t silence_ms = (int64_t)server->config->timeout * 1000;
    LIST_EACH_SAFE(link, &server->clients) {
        struct client *client = LIST_ENTRY(link, struct client, all);
        if (reply_pending(&client->reply) > 0)
            client_check_output_limit(client);
        if (silence_ms && may_time_out(client) && server->clock.mono_ms - client->active_ms > silence_ms) {
            log_verbose("Closing idle client");
            client_close(client);
        }
    }
}

static void age_access_clocks(struct server *server)
{
    store_age_clocks(server->store);
}

static struct cron_task tasks[] = {
    {.name = "access-clocks", .period_ms = 100, .run = age_access_clocks},
    {.name = "accept", .period_ms = 100, .run = retry_accepting},
    {.name = "clients", .period_ms = 1000, .run = look_after_clients},
};

void tasks_add(struct server *server)
{
    for (size_t i = 0; i < sizeof tasks / sizeof tasks[0]; i++)
        cron_add(server, &tasks[i]);
}
