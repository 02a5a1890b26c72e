/* SPDX-License-Identifier: BSD-3-Clause */
/* Few codes occur, so they are searched in order. */
#include "engine/error_stats.h"
#include "engine/server.h"

void error_stats_count(struct server *server, const char *text)
{
    struct error_stats *stats = server->error_stats;
    size_t len = strcspn(text, " ");
    server->counters.total_error_replies++;
    if (len >= sizeof stats->items[0].code)
        return;
    for (size_t i = 0; i < stats->count; i++) {
        struct error_stat *stat = &stats->items[i];
        if (strncmp(stat->code, text, len) == 0 && stat->code[len] == 0) {
            stat->count++;
            return;
        }
    }
    if (stats->count == ERROR_CODES_MAX)
        return;
    struct error_stat *stat = &stats->items[stats->count++];
    memcpy(stat->code, text, len);
    stat->code[len] = 0;
    stat->count = 1;
}

void error_stats_reset(struct server *server)
{
    server->error_stats->count = 0;
}
