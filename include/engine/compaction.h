/* SPDX-License-Identifier: BSD-3-Clause */
/* Paces the compaction of entries: whether any is due is looked at ten times a second, and while it goes on
 * it takes a short piece of every few milliseconds, so that nobody waits for it and resident memory follows
 * what is in use. */
#ifndef ENGINE_COMPACTION_H
#define ENGINE_COMPACTION_H

#include <stdbool.h>
#include <stdint.h>

struct server;

struct compaction {
    bool is_running;
    int64_t next_ms;  /* monotonic: when it looks again, or goes on */
    int64_t begin_ms; /* of the one that runs */
    int64_t total_ms; /* of those before */
};

void compaction_run(struct server *server);

/* When the tick shall run for it; INT64_MAX when it need not. */
int64_t compaction_next_ms(const struct server *server);

/* For how long it has been running this time; 0: it isn't. */
int64_t compaction_current_ms(const struct server *server);

/* Adds its rows to server->metrics. */
void compaction_add_metrics(struct server *server);

#endif
