/* SPDX-License-Identifier: BSD-3-Clause */
/* Looking at entries without a key: at random, or at all of them. */
#include "base/panic.h"
#include "base/random.h"
#include "keyspace_private.h"

/* Of dead entries that are held one is shown rather than searching for ever: all may be. */
#define RANDOM_TRIES 100

const struct entry *keyspace_random(struct keyspace *keyspace)
{
    struct entry *entry;
    for (int tries = 1; (entry = table_random(&keyspace->table, random_u64)); tries++) {
        if (!entry_is_dead(entry, keyspace->store->clock->mono_ms))
            return entry;
        if (keyspace->store->is_expired_held) {
            if (tries == RANDOM_TRIES)
                return entry;
            continue;
        }
        uint64_t hash = entry_hash(entry, &keyspace->store->prefixes);
        keyspace_drop_dead(keyspace, table_locate(&keyspace->table, hash, entry));
    }
    return NULL;
}

/* Dead entries met at a time that go at once; what is more will be met otherwise. */
enum { DEAD_AT_ONCE = 16 };

struct scan {
    entry_visitor visit;
    void *context;
    int64_t now_ms;
    struct entry *dead[DEAD_AT_ONCE];
    int dead_count;
};

static void visit_live(void *context, void *item)
{
    struct scan *scan = context;
    if (!entry_is_dead(item, scan->now_ms))
        scan->visit(scan->context, item);
    else if (scan->dead_count < DEAD_AT_ONCE)
        scan->dead[scan->dead_count++] = item;
}

uint64_t keyspace_scan(struct keyspace *keyspace, uint64_t cursor, entry_visitor visit, void *context)
{
    struct scan scan = {.visit = visit, .context = context, .now_ms = keyspace->store->clock->mono_ms};
    uint64_t next = table_scan(&keyspace->table, cursor, visit_live, &scan);
    for (int i = 0; i < scan.dead_count && !keyspace->store->is_expired_held; i++) {
        uint64_t hash = entry_hash(scan.dead[i], &keyspace->store->prefixes);
        keyspace_drop_dead(keyspace, table_locate(&keyspace->table, hash, scan.dead[i]));
    }
    return next;
}

void keyspace_pause_shrinking(struct keyspace *keyspace)
{
    keyspace->table.shrink_paused++;
}

void keyspace_resume_shrinking(struct keyspace *keyspace)
{
    ASSERT(keyspace->table.shrink_paused > 0);
    keyspace->table.shrink_paused--;
}
