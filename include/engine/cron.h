/* SPDX-License-Identifier: BSD-3-Clause */
/* Work that comes round: each task has a period and is run by the tick when it is due. */
#ifndef ENGINE_CRON_H
#define ENGINE_CRON_H

#include "base/list.h"
#include <stdint.h>

struct server;

struct cron_task {
    struct list link;
    const char *name;
    int64_t period_ms, due_ms; /* monotonic */
    void (*run)(struct server *server);
};

/* The task is the caller's and stays until the server's end. */
void cron_add(struct server *server, struct cron_task *task);
void cron_run(struct server *server);
/* Monotonic; INT64_MAX when there are no tasks. */
int64_t cron_next_ms(const struct server *server);

#endif
