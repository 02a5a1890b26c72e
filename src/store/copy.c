/* SPDX-License-Identifier: BSD-3-Clause */
/* Entries under another key, or in another database. One that moves stays what it was; a copy is new. */
#include "keyspace_private.h"
#include "store/keyspace_edit.h"

/* Puts a value under another key. Inline bytes are copied; what lies outside is shared until somebody
 * writes to it. */
static struct entry *put_copy(struct keyspace *target, struct key to, const struct entry *entry)
{
    struct value content = entry_value(entry), value = value_hold(&content);
    int64_t deadline_ms = entry_deadline(entry);
    struct deadline deadline = {.mode = deadline_ms == NO_DEADLINE ? DEADLINE_NONE : DEADLINE_SET,
                                .at_ms = deadline_ms};
    return (struct entry *)(uintptr_t)keyspace_set(target, to, value, deadline, NULL);
}

bool keyspace_copy(struct keyspace *source, struct key from, struct keyspace *target, struct key to)
{
    const struct entry *entry = keyspace_peek(source, from);
    if (!entry)
        return false;
    store_set_new(target->store, put_copy(target, to, entry));
    return true;
}

bool keyspace_move(struct keyspace *source, struct key from, struct keyspace *target, struct key to)
{
    const struct entry *entry = keyspace_peek(source, from);
    if (!entry)
        return false;
    /* What is known of its use goes along. */
    uint32_t clock = entry->clock;
    put_copy(target, to, entry)->clock = clock & 0xffffff;
    keyspace_remove(source, from);
    return true;
}
