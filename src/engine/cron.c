/* SPDX-License-Identifier: BSD-3-Clause */
/* The few tasks are looked through each time. */
#include "engine/cron.h"
#include "engine/server.h"

void cron_add(struct server *server, struct cron_task *task)
{
    task->due_ms = server->clock.mono_ms + task->period_ms;
    list_append(&server->cron_tasks, &task->link);
    if (task->due_ms < server->cron_next_ms)
        server->cron_next_ms = task->due_ms;
}

void cron_run(struct server *server)
{
    int64_t now = server->clock.mono_ms;
    if (now < server->cron_next_ms || server->is_cron_paused)
        return;
    server->cron_next_ms = INT64_MAX;
    LIST_EACH(link, &server->cron_tasks) {
        struct cron_task *task = LIST_ENTRY(link, struct cron_task, link);
        if (task->due_ms <= now) {
            int64_t begin = clock_mono_us();
            task->run(server);
            server->extremes.cron_us += (uint64_t)(clock_mono_us() - begin);
            task->due_ms = now + task->period_ms;
        }
        if (task->due_ms < server->cron_next_ms)
            server->cron_next_ms = task->due_ms;
    }
}

int64_t cron_next_ms(const struct server *server)
{
    return list_is_empty(&server->cron_tasks) || server->is_cron_paused ? INT64_MAX : server->cron_next_ms;
}
