/* SPDX-License-Identifier: BSD-3-Clause */
/* Many keys in a database of their own, which no client sees: tables, levels of deadlines and memory become
 * large, and what goes through them takes many steps. The world edits them itself, between two turns. */
#ifndef SIM_CROWD_H
#define SIM_CROWD_H

#include "base/bytes.h"
#include "chance.h"

enum { CROWD_DATABASE = 4, CROWD_MAX = 1500 };

/* What the model knows of one. */
struct crowd_key {
    uint32_t version;    /* what it holds follows from it; 0: it isn't there */
    int64_t deadline_ms; /* or MODEL_FOREVER */
};

/* In this run there is one. */
void crowd_begin(bool is_there);
bool crowd_is_there(void);
/* Some keys come, change, are used, get or lose an end, or go. */
void crowd_event(struct chance *chance);

/* ---- what the hooks tell ---- */

void crowd_expired(struct bytes name, int64_t now_ms);
void crowd_evicted(struct bytes name);

/* The server has these keys, and no others. */
void crowd_compare(void);
/* Its name is one of them. */
bool crowd_has_name(struct bytes name);

/* ---- datasets ---- */

void crowd_copy(struct crowd_key **to, const struct crowd_key *from);
/* All ends are later by so much. */
void crowd_move(struct crowd_key *keys, int64_t by_ms);
/* Those that ended before `now_ms` weren't loaded; about those around it the server is believed. */
void crowd_loaded(struct crowd_key *keys, int64_t now_ms, int64_t fuzz_ms);

#endif
