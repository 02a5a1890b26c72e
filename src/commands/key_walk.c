/* SPDX-License-Identifier: BSD-3-Clause */
/* Walks over keys. A walk keeps nothing of the database but its index and the cursor. Names are collected
 * in a reply of their own, since how many there are is written before them. */
#include "key_walk.h"
#include "base/alloc.h"
#include "base/glob.h"
#include "engine/long_work.h"
#include "engine/server.h"

/* How many looks into the table (some keys each) are a step. */
enum { LOOKS_A_STEP = 16 };

enum matching { MATCH_ALL, MATCH_PREFIX, MATCH_GLOB };

struct walker {
    struct long_work work;
    struct key_walk walk;
    struct store *store;
    int database;
    char *pattern; /* its own copy */
    enum matching matching;
    struct bytes prefix; /* of MATCH_PREFIX */
    const struct prefix_table *prefixes;
    struct key_name key;
    struct reply names;
    size_t name_count;
};

/* ---- what matches ---- */

static void set_pattern(struct walker *walker, struct bytes pattern)
{
    struct bytes front = {pattern.data, pattern.len == 0 ? 0 : pattern.len - 1};
    walker->walk.pattern = pattern;
    walker->matching = MATCH_GLOB;
    if (pattern.len == 0 || pattern.data[front.len] != '*' || glob_has_wildcards(front))
        return;
    walker->matching = front.len == 0 ? MATCH_ALL : MATCH_PREFIX;
    walker->prefix = front;
}

static bool matches(const struct walker *walker, struct bytes key)
{
    switch (walker->matching) {
    case MATCH_ALL:
        return true;
    case MATCH_PREFIX:
        return bytes_starts_with(key, walker->prefix);
    case MATCH_GLOB:
        break;
    }
    return glob_match(walker->walk.pattern, key, false);
}

static void collect(void *context, const struct entry *entry)
{
    struct walker *walker = context;
    struct bytes key;
    if (walker->walk.visit_count > 0)
        walker->walk.visit_count--;
    if (walker->walk.type != TYPE_ANY && (int)entry_type(entry) != walker->walk.type)
        return;
    key = entry_key(entry, walker->prefixes, &walker->key);
    if (!matches(walker, key))
        return;
    reply_bulk(&walker->names, key);
    walker->name_count++;
}

/* ---- walking ---- */

static struct keyspace *keyspace_of(const struct walker *walker)
{
    return store_keyspace(walker->store, walker->database);
}

/* True when the walk is at its end. */
static bool look(struct walker *walker, struct keyspace *keyspace)
{
    struct key_walk *walk = &walker->walk;
    walk->cursor = keyspace_scan(keyspace, walk->cursor, collect, walker);
    walk->step_count--;
    return walk->cursor == 0 || walk->visit_count == 0 || walk->step_count == 0;
}

static bool step(struct long_work *work)
{
    struct walker *walker = LIST_ENTRY(work, struct walker, work);
    struct keyspace *keyspace = keyspace_of(walker);
    walker->prefixes = keyspace_prefixes(keyspace);
    for (int i = 0; i < LOOKS_A_STEP; i++) {
        if (look(walker, keyspace))
            return true;
    }
    return false;
}

static void finish(struct call *call, struct long_work *work)
{
    struct walker *walker = LIST_ENTRY(work, struct walker, work);
    if (walker->walk.head)
        walker->walk.head(call->reply, &walker->walk);
    reply_array(call->reply, walker->name_count);
    reply_take(call->reply, &walker->names);
}

/* The keys are gone through wherever they are. */
static void swapping(struct long_work *work, struct keyspace *a, struct keyspace *b)
{
    struct walker *walker = LIST_ENTRY(work, struct walker, work);
    struct keyspace *here = keyspace_of(walker);
    if (here != a && here != b)
        return;
    struct keyspace *there = here == a ? b : a;
    if (walker->walk.shows_once) {
        keyspace_resume_shrinking(here);
        keyspace_pause_shrinking(there);
    }
    walker->database = keyspace_index(there);
}

static void free_walker(struct long_work *work)
{
    struct walker *walker = LIST_ENTRY(work, struct walker, work);
    if (walker->walk.shows_once)
        keyspace_resume_shrinking(keyspace_of(walker));
    reply_clear(&walker->names);
    key_name_clear(&walker->key);
    mem_free(walker->pattern);
    mem_free(walker);
}

void key_walk_run(struct call *call, const struct key_walk *walk)
{
    struct walker *walker = mem_zalloc(sizeof *walker);
    walker->work =
        (struct long_work){.step = step, .finish = finish, .free = free_walker, .swapping = swapping};
    walker->walk = *walk;
    walker->store = call->server->store;
    walker->database = keyspace_index(call->keyspace);
    walker->pattern = bytes_to_cstring(walk->pattern);
    set_pattern(walker, bytes_make(walker->pattern, walk->pattern.len));
    reply_init(&walker->names, call->server->reply_pool);
    if (walk->shows_once)
        keyspace_pause_shrinking(call->keyspace);
    long_work_run(call, &walker->work);
}
