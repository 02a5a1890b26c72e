/* SPDX-License-Identifier: BSD-3-Clause */
/* Early warnings: a level is left only when use has fallen well below it, so that each is told once and not
 * over and over. */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "engine/memory_limit.h"
#include "engine/server.h"

/* Percent of maxmemory below a level at which it is left. */
#define LEAVE_BELOW 5

static const int levels[] = {80, 90, 95};

static int level_of(double percent, int current)
{
    int level = 0;
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        int threshold = levels[i] <= current ? levels[i] - LEAVE_BELOW : levels[i];
        if (percent >= threshold)
            level = levels[i];
    }
    return level;
}

void memory_limit_warn(struct server *server)
{
    struct status *status = &server->status;
    size_t max = (size_t)server->config->maxmemory, used = memory_limit_used(server);
    int before = status->memory_level;
    status->memory_level = max ? level_of((double)used * 100 / (double)max, before) : 0;
    if (status->memory_level <= before)
        return;
    struct buf text = {0};
    memory_limit_explain(server, !server->config->hide_user_data_from_log, &text);
    log_warning("Memory: over %d%% of maxmemory is in use, %zu of %zu bytes;%s", status->memory_level, used,
                max, buf_cstring(&text));
    buf_clear(&text);
}
