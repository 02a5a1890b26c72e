/* SPDX-License-Identifier: BSD-3-Clause */
/* How often each error code ("ERR", "WRONGTYPE" ...) was replied: INFO's errorstats. At most 128 codes are
 * told apart. */
#ifndef ENGINE_ERROR_STATS_H
#define ENGINE_ERROR_STATS_H

#include <stddef.h>
#include <stdint.h>

struct server;

#define ERROR_CODES_MAX 128

struct error_stat {
    char code[32];
    uint64_t count;
};

struct error_stats {
    struct error_stat items[ERROR_CODES_MAX];
    size_t count;
};

/* Counts an error reply by its first word. */
void error_stats_count(struct server *server, const char *text);
void error_stats_reset(struct server *server);

void error_stats_add_metrics(struct server *server);

#endif
