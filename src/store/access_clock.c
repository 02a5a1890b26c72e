/* SPDX-License-Identifier: BSD-3-Clause */
/* The 24 bits in each entry that eviction chooses by.
 *     LRU   time of the last access, in steps of 1/8 s; wraps after 24 days
 *     LFU   minutes of the last decay (16 bits), and a counter that grows with the logarithm of accesses (8 bits) */
#include "base/random.h"
#include "keyspace_private.h"

#define LRU_STEP_MS   125
#define CLOCK_MASK    0xffffffu
#define LFU_NEW_COUNT 5

void store_use_lfu(struct store *store, bool is_lfu, int log_factor, int decay_minutes)
{
    store->is_lfu = is_lfu;
    store->lfu_log_factor = log_factor;
    store->lfu_decay_minutes = decay_minutes;
}

static uint32_t lru_now(const struct store *store)
{
    return (uint32_t)(store->clock->mono_ms / LRU_STEP_MS) & CLOCK_MASK;
}

static uint32_t lfu_minutes(const struct store *store)
{
    return (uint32_t)(store->clock->mono_ms / 60000) & 0xffff;
}

uint32_t access_clock_new(const struct store *store)
{
    return store->is_lfu ? lfu_minutes(store) << 8 | LFU_NEW_COUNT : lru_now(store);
}

unsigned store_frequency(const struct store *store, const struct entry *entry)
{
    uint32_t count = entry->clock & 0xff, since = (lfu_minutes(store) - (entry->clock >> 8)) & 0xffff;
    uint32_t periods = store->lfu_decay_minutes > 0 ? since / (uint32_t)store->lfu_decay_minutes : 0;
    return periods > count ? 0 : count - periods;
}

void access_clock_touch(const struct store *store, struct entry *entry)
{
    if (!store->is_lfu) {
        entry->clock = lru_now(store) & CLOCK_MASK;
        return;
    }
    unsigned count = store_frequency(store, entry);
    if (count < 255) {
        unsigned above = count > LFU_NEW_COUNT ? count - LFU_NEW_COUNT : 0;
        /* One in (above x factor + 1): the counter stands for the logarithm of the accesses. */
        if (random_below(above * (unsigned)store->lfu_log_factor + 1) == 0)
            count++;
    }
    entry->clock = (lfu_minutes(store) << 8 | count) & CLOCK_MASK;
}

int64_t store_idle_ms(const struct store *store, const struct entry *entry)
{
    return (int64_t)((lru_now(store) - entry->clock) & CLOCK_MASK) * LRU_STEP_MS;
}

/* The entry is the store's own: who asks holds it for reading only. */
static struct entry *writable(const struct entry *entry)
{
    return (struct entry *)(uintptr_t)entry;
}

void store_set_idle_ms(const struct store *store, const struct entry *entry, int64_t idle_ms)
{
    int64_t steps = idle_ms / LRU_STEP_MS;
    if (!store->is_lfu)
        writable(entry)->clock =
            (lru_now(store) - (uint32_t)(steps < CLOCK_MASK ? steps : CLOCK_MASK)) & CLOCK_MASK;
}

void store_set_frequency(const struct store *store, const struct entry *entry, unsigned frequency)
{
    if (store->is_lfu)
        writable(entry)->clock = (lfu_minutes(store) << 8 | (frequency & 0xff)) & CLOCK_MASK;
}
