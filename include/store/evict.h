/* SPDX-License-Identifier: BSD-3-Clause */
/* Choosing an entry to give up when memory runs short. */
#ifndef STORE_EVICT_H
#define STORE_EVICT_H

#include "store/store.h"

enum evict_choice { EVICT_LRU, EVICT_LFU, EVICT_TTL, EVICT_RANDOM };

struct evict_policy {
    enum evict_choice choice;
    bool only_volatile; /* only entries with a deadline */
    int samples;        /* maxmemory-samples: entries that are compared for each one that goes */
};

enum evict_result {
    EVICTED,
    EVICT_SEARCHING, /* none was found yet: call again */
    EVICT_NOTHING    /* there is no entry that may go */
};

/* Looks for an entry that may go and removes it, telling the observer; adds its size to `*freed` (may be
 * NULL). The work of one call is bounded. */
enum evict_result store_evict_one(struct store *store, struct evict_policy policy, size_t *freed);

/* Keys of classes whose prefix begins with one of these go before all others, those of the first before those
 * of the second; at most PREFIX_CONFIGURED_MAX. */
void store_set_eviction_order(struct store *store, const struct bytes *prefixes, size_t count);

/* Whether there is any entry that may go. */
bool store_may_evict(const struct store *store, struct evict_policy policy);

#endif
