/* SPDX-License-Identifier: BSD-3-Clause */
/* A run in a process of its own, and what it leaves. */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include <stdbool.h>
#include <stdint.h>

enum { EVENTS_MAX = 10000, RUN_FAILED = 3 };

/* In memory that the processes share. */
struct run {
    uint64_t seed;
    unsigned event_count;
    bool is_traced;
    bool left_out[EVENTS_MAX];
    uint64_t hash; /* of the trace */
    char failure[1000];
};

void world_run(struct run *run);

#endif
