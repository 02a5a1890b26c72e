/* SPDX-License-Identifier: BSD-3-Clause */
/* Choosing an entry to give up when memory runs short. */
#ifndef STORE_EVICT_H
#define STORE_EVICT_H

#include "store/store.h"

enum evict_choice { EVICT_LRU, EVICT_LFU, EVICT_TTL, EVICT_RANDOM };

struct evict_policy {
    enum evict_choice choice;
    bool only_volatile; /* only entries with a deadline */
    int samples;        /* maxmemory-samples: the more, the closer to an exact choice */
};

/* Removes the best of a sample of entries, telling the observer. False when there is no entry that may go. */
bool store_evict_one(struct store *store, struct evict_policy policy);

#endif
