/* SPDX-License-Identifier: BSD-3-Clause */
/* Classes of keys that go before others, as the user orders them. */
#ifndef STORE_EVICT_ORDER_H
#define STORE_EVICT_ORDER_H

#include "store/evict.h"
#include "store/prefix.h"

struct evict_order {
    size_t count;
    struct {
        size_t len;
        char text[PREFIX_LEN_MAX];
    } prefixes[PREFIX_CONFIGURED_MAX];
    uint8_t
        ranks[PREFIX_CLASS_MAX + 1]; /* of each class: the higher, the sooner its keys go; 0: not ordered */
    bool has_keys;                   /* there are keys of ordered classes */
};

void evict_order_set(struct evict_order *order, const struct bytes *prefixes, size_t count);

/* Sets ranks and has_keys anew: classes come and go. */
void evict_order_refresh(struct evict_order *order, const struct prefix_table *prefixes);

#endif
