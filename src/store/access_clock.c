/* SPDX-License-Identifier: BSD-3-Clause */
/* The 24 bits in each entry that eviction chooses by. They say themselves how they are to be read, so that
 * the policy may change at any time:
 *
 *     0   23 bits   time of the last access in milliseconds; turns over after 2.3 hours
 *     10  22 bits   the same in seconds, for 48 days
 *     11  7 bits of decay period, 7 bits of eviction step, 8 bits of use counter (LFU)
 *
 * Milliseconds are needed where a cache is turned over within a second, days where sessions sleep. A round
 * over all entries, a few at a time, moves stamps from the first form to the second, and holds the others
 * short of their turning over.
 *
 * Among entries that were used equally often those go first that have not been used for longest: the eviction
 * step tells. It is a clock that goes on with every quarter of the entries evicted. */
#include "base/random.h"
#include "keyspace_private.h"

#define CLOCK_MASK    0xffffffu
#define IS_NOT_FINE   0x800000u
#define FINE_MASK     0x7fffffu
#define IS_LFU        0x400000u /* with IS_NOT_FINE: LFU, not seconds */
#define SECONDS_MASK  0x3fffffu
#define PERIOD_SHIFT  15
#define STEP_SHIFT    8
#define SEVEN_BITS    0x7fu
#define LFU_NEW_COUNT 5

/* Fine stamps older than this become coarse. A round takes a quarter of an hour, so that none turns over. */
#define FINE_AGE_MAX_MS ((int64_t)3600 * 1000)
#define IDLE_MAX_S      ((int64_t)45 * 86400)
#define PERIODS_MAX     64
#define STEPS_MAX       96
/* Calls of store_age_clocks in a round. */
#define ROUND_CALLS 8192
/* While nothing is evicted, a stamp that is not older than this may stay as it is: it saves writing to
 * memory. */
#define GRAIN_MAX_MS 100
/* Finer than a hundredth of the time after which entries go makes no difference to which. */
#define GRAINS_IN_LIFE 128

/* Periods are counted from where they are, so that another lfu-decay-time lets nothing decay at once. */
static void count_periods(struct store *store)
{
    struct access_clock *clock = &store->access_clock;
    int64_t length_ms = (int64_t)clock->decay_minutes * 60000;
    if (length_ms == 0)
        return;
    int64_t passed = (store->clock->mono_ms - clock->period_begin_ms) / length_ms;
    clock->period += (uint32_t)passed;
    clock->period_begin_ms += passed * length_ms;
}

static void note_mode(struct access_clock *clock)
{
    clock->is_plain = !clock->is_lfu && !clock->is_held;
}

void store_hold_stamps(struct store *store, bool is_held)
{
    store->access_clock.is_held = is_held;
    note_mode(&store->access_clock);
}

void store_use_lfu(struct store *store, bool is_lfu, int log_factor, int decay_minutes)
{
    struct access_clock *clock = &store->access_clock;
    if (clock->is_lfu && !is_lfu)
        clock->lru_since_ms = store->clock->mono_ms;
    count_periods(store);
    clock->period_begin_ms = store->clock->mono_ms;
    clock->is_lfu = is_lfu;
    note_mode(clock);
    clock->log_factor = log_factor;
    clock->decay_minutes = decay_minutes;
}

static uint32_t fine_now(const struct store *store)
{
    return (uint32_t)store->clock->mono_ms & FINE_MASK;
}

static uint32_t seconds_now(const struct store *store)
{
    return (uint32_t)(store->clock->mono_ms / 1000) & SECONDS_MASK;
}

static bool is_lfu_stamp(uint32_t stamp)
{
    return (stamp & (IS_NOT_FINE | IS_LFU)) == (IS_NOT_FINE | IS_LFU);
}

static uint32_t lfu_stamp(const struct store *store, unsigned count, uint32_t steps_ago)
{
    const struct access_clock *clock = &store->access_clock;
    return IS_NOT_FINE | IS_LFU | (clock->period & SEVEN_BITS) << PERIOD_SHIFT |
           ((clock->step - steps_ago) & SEVEN_BITS) << STEP_SHIFT | (count & 0xff);
}

static uint32_t lru_stamp(const struct store *store, int64_t idle_ms)
{
    if (idle_ms <= FINE_AGE_MAX_MS)
        return (fine_now(store) - (uint32_t)idle_ms) & FINE_MASK;
    int64_t idle_s = idle_ms / 1000;
    if (idle_s > IDLE_MAX_S)
        idle_s = IDLE_MAX_S;
    return IS_NOT_FINE | ((seconds_now(store) - (uint32_t)idle_s) & SECONDS_MASK);
}

uint32_t access_clock_new(const struct store *store)
{
    return store->access_clock.is_lfu ? lfu_stamp(store, LFU_NEW_COUNT, 0) : fine_now(store);
}

static uint32_t periods_since(const struct store *store, uint32_t stamp)
{
    return (store->access_clock.period - (stamp >> PERIOD_SHIFT)) & SEVEN_BITS;
}

unsigned store_frequency(const struct store *store, const struct entry *entry)
{
    uint32_t stamp = entry->clock, count = stamp & 0xff, periods = periods_since(store, stamp);
    if (!is_lfu_stamp(stamp))
        return LFU_NEW_COUNT;
    return periods > count ? 0 : count - periods;
}

uint32_t access_clock_steps(const struct store *store, const struct entry *entry)
{
    uint32_t stamp = entry->clock;
    return is_lfu_stamp(stamp) ? (store->access_clock.step - (stamp >> STEP_SHIFT)) & SEVEN_BITS : STEPS_MAX;
}

static void touch_lfu(const struct store *store, struct entry *entry)
{
    unsigned count = store_frequency(store, entry);
    if (count < 255) {
        unsigned above = count > LFU_NEW_COUNT ? count - LFU_NEW_COUNT : 0;
        /* One in (above x factor + 1): the counter stands for the logarithm of the accesses. */
        if (random_below((uint64_t)above * (unsigned)store->access_clock.log_factor + 1) == 0)
            count++;
    }
    entry->clock = lfu_stamp(store, count, 0) & CLOCK_MASK;
}

void access_clock_touch(const struct store *store, struct entry *entry)
{
    if (__builtin_expect(!store->access_clock.is_plain, 0)) {
        if (!store->access_clock.is_held)
            touch_lfu(store, entry);
        return;
    }
    uint32_t now = fine_now(store), stamp = entry->clock;
    if ((stamp & IS_NOT_FINE) || ((now - stamp) & FINE_MASK) >= store->access_clock.grain_ms)
        entry->clock = now & CLOCK_MASK;
}

int64_t store_idle_ms(const struct store *store, const struct entry *entry)
{
    uint32_t stamp = entry->clock;
    if (!(stamp & IS_NOT_FINE))
        return (fine_now(store) - stamp) & FINE_MASK;
    if (is_lfu_stamp(stamp))
        return store->clock->mono_ms - store->access_clock.lru_since_ms;
    return (int64_t)((seconds_now(store) - stamp) & SECONDS_MASK) * 1000;
}

/* ---- what eviction says ---- */

void access_clock_evicted(struct store *store, size_t entry_count, int64_t idle_ms)
{
    struct access_clock *clock = &store->access_clock;
    int64_t grain_ms = idle_ms / GRAINS_IN_LIFE;
    clock->grain_ms = (uint32_t)(grain_ms < GRAIN_MAX_MS ? grain_ms : GRAIN_MAX_MS);
    clock->evicted_lately = true;
    if (++clock->step_evictions > entry_count / 4) {
        clock->step++;
        clock->step_evictions = 0;
    }
}

/* ---- keeping stamps from turning over ---- */

static void age_lfu(const struct store *store, struct entry *entry)
{
    uint32_t periods = periods_since(store, entry->clock);
    uint32_t steps = access_clock_steps(store, entry);
    if (!is_lfu_stamp(entry->clock) || periods > PERIODS_MAX || steps > STEPS_MAX)
        entry->clock =
            lfu_stamp(store, store_frequency(store, entry), steps < STEPS_MAX ? steps : STEPS_MAX) &
            CLOCK_MASK;
}

static void age_lru(const struct store *store, struct entry *entry)
{
    int64_t idle_ms = store_idle_ms(store, entry);
    if (is_lfu_stamp(entry->clock) || (!(entry->clock & IS_NOT_FINE) && idle_ms > FINE_AGE_MAX_MS) ||
        idle_ms > IDLE_MAX_S * 1000)
        entry->clock = lru_stamp(store, idle_ms) & CLOCK_MASK;
}

static void age_item(void *context, void *item)
{
    const struct store *store = context;
    if (store->access_clock.is_lfu)
        age_lfu(store, item);
    else
        age_lru(store, item);
}

void store_age_clocks(struct store *store)
{
    struct access_clock *clock = &store->access_clock;
    count_periods(store);
    if (!clock->evicted_lately)
        clock->grain_ms = GRAIN_MAX_MS;
    clock->evicted_lately = false;
    for (int i = 0; i < store->database_count; i++) {
        struct keyspace *keyspace = &store->keyspaces[i];
        size_t share = keyspace->table.bucket_count / ROUND_CALLS + 1;
        while (share-- > 0) {
            if (keyspace->age_bucket >= keyspace->table.bucket_count)
                keyspace->age_bucket = 0;
            table_visit_bucket(&keyspace->table, keyspace->age_bucket++, age_item, store);
        }
    }
}

/* ---- what clients say ---- */

/* The entry is the store's own: who asks holds it for reading only. */
static struct entry *writable(const struct entry *entry)
{
    return (struct entry *)(uintptr_t)entry;
}

void store_set_new(const struct store *store, const struct entry *entry)
{
    writable(entry)->clock = access_clock_new(store) & CLOCK_MASK;
}

void store_set_idle_ms(const struct store *store, const struct entry *entry, int64_t idle_ms)
{
    if (!store->access_clock.is_lfu)
        writable(entry)->clock = lru_stamp(store, idle_ms > 0 ? idle_ms : 0) & CLOCK_MASK;
}

void store_set_frequency(const struct store *store, const struct entry *entry, unsigned frequency)
{
    if (store->access_clock.is_lfu)
        writable(entry)->clock = lfu_stamp(store, frequency, 0) & CLOCK_MASK;
}
