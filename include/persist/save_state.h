/* SPDX-License-Identifier: BSD-3-Clause */
/* How saving and loading went: what INFO's section Persistence, /metrics and the live page show. */
#ifndef PERSIST_SAVE_STATE_H
#define PERSIST_SAVE_STATE_H

#include <stdbool.h>
#include <stdint.h>

struct server;

struct save_state {
    bool is_running, is_scheduled;  /* in the background */
    uint64_t saves;                 /* begun */
    uint64_t keys_done, keys_total; /* of the one that runs */
    int64_t begin_mono_ms;
    int64_t last_try_mono_ms;
    int64_t last_save_mono_ms, last_save_wall_ms; /* when one succeeded, at first the start */
    int64_t last_duration_s;                      /* in the background; -1: there was none */
    uint64_t load_keys_loaded, load_keys_expired;
    uint64_t load_done_bytes, load_total_bytes, load_memory_used; /* of the file; when it was written */
    int64_t load_begin_mono_ms, load_begin_wall_ms;
};

/* Makes server->save, and adds its rows to server->metrics. Every server has one, with files or without. */
void save_state_init(struct server *server);
void save_state_free(struct server *server);
void save_state_add_metrics(struct server *server);

#endif
