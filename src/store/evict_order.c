/* SPDX-License-Identifier: BSD-3-Clause */
/* The first prefix that a class's own begins with gives it its rank. */
#include "evict_order.h"
#include "base/panic.h"

void evict_order_set(struct evict_order *order, const struct bytes *prefixes, size_t count)
{
    ASSERT(count <= PREFIX_CONFIGURED_MAX);
    *order = (struct evict_order){.count = count};
    for (size_t i = 0; i < count; i++) {
        ASSERT(prefixes[i].len <= PREFIX_LEN_MAX);
        order->prefixes[i].len = prefixes[i].len;
        memcpy(order->prefixes[i].text, prefixes[i].data, prefixes[i].len);
    }
}

static uint8_t rank_of(const struct evict_order *order, struct bytes class_prefix)
{
    for (size_t i = 0; i < order->count; i++) {
        if (bytes_starts_with(class_prefix, bytes_make(order->prefixes[i].text, order->prefixes[i].len)))
            return (uint8_t)(order->count - i);
    }
    return 0;
}

void evict_order_refresh(struct evict_order *order, const struct prefix_table *prefixes)
{
    if (order->count == 0)
        return;
    order->has_keys = false;
    for (unsigned class = 0; class < prefixes->count; class ++) {
        order->ranks[class] = rank_of(order, prefix_text(prefixes, class));
        order->has_keys |= order->ranks[class] && prefixes->classes[class].entry_count > 0;
    }
}
