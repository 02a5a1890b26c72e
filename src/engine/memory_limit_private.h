/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files about maxmemory share. */
#ifndef ENGINE_MEMORY_LIMIT_PRIVATE_H
#define ENGINE_MEMORY_LIMIT_PRIVATE_H

#include "config/config.h"
#include "store/evict.h"

/* maxmemory-policy in the store's terms; false: noeviction. */
bool memory_limit_policy(const struct config *config, struct evict_policy *policy);

#endif
