/* SPDX-License-Identifier: BSD-3-Clause */
/* The tasks that come round, one row each. */
#include "tasks.h"
#include "certificates.h"
#include "engine/accept.h"
#include "engine/cron.h"
#include "engine/memory_limit.h"

static void retry_accepting(struct server *server)
{
    accept_resume(server);
}

static void age_access_clocks(struct server *server)
{
    store_age_clocks(server->store);
}

static void watch_memory(struct server *server)
{
    memory_limit_warn(server);
}

static struct cron_task tasks[] = {
    {.name = "memory", .period_ms = 100, .run = watch_memory},
    {.name = "access-clocks", .period_ms = 100, .run = age_access_clocks},
    {.name = "accept", .period_ms = 100, .run = retry_accepting},
    {.name = "certificates", .period_ms = 2000, .run = certificates_look},
};

void tasks_add(struct server *server)
{
    for (size_t i = 0; i < sizeof tasks / sizeof tasks[0]; i++)
        cron_add(server, &tasks[i]);
}
