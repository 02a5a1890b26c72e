/* SPDX-License-Identifier: BSD-3-Clause */
/* maxmemory: at the end of every tick the memory in use is under it, or commands that need more are refused. */
#ifndef ENGINE_MEMORY_LIMIT_H
#define ENGINE_MEMORY_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

struct server;

/* Evicts for at most about `budget_us`; true when nothing is left to do now. Sets status.is_over_memory when no entry may go. */
bool memory_limit_keep(struct server *server, int64_t budget_us);

#endif
