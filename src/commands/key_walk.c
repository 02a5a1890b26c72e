/* SPDX-License-Identifier: BSD-3-Clause */
/* Walks over keys. A walker begins on the stack of its command; one that isn't done soon moves to the heap
 * and goes on as a slice job. It keeps nothing of the database but the cursor: the keyspace is looked up by
 * its index in every slice. Names are collected in a reply of their own, since how many there are is written
 * before them. */
#include "key_walk.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "base/glob.h"
#include "engine/server.h"

/* What a command may take of its tick before it becomes a job, and how many looks into the table (some keys
 * each) lie between two at the clock. */
enum { AT_ONCE_US = 200, STEPS_A_LOOK = 16 };

enum matching { MATCH_ALL, MATCH_PREFIX, MATCH_GLOB };

struct walker {
    struct key_walk walk;
    enum matching matching;
    struct bytes prefix; /* of MATCH_PREFIX */
    const struct prefix_table *prefixes;
    struct key_name key;
    struct reply names;
    size_t name_count;
};

struct walk_job {
    struct slice_job slice;
    struct client *client;
    int database;
    char *pattern;
    struct walker walker;
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

/* True when the walk is at its end. */
static bool step(struct walker *walker, struct keyspace *keyspace)
{
    struct key_walk *walk = &walker->walk;
    walk->cursor = keyspace_scan(keyspace, walk->cursor, collect, walker);
    walk->step_count--;
    return walk->cursor == 0 || walk->visit_count == 0 || walk->step_count == 0;
}

/* The same after going on for about `budget_us`. */
static bool advance(struct walker *walker, struct keyspace *keyspace, int64_t budget_us)
{
    int64_t begin_us = clock_mono_us();
    walker->prefixes = keyspace_prefixes(keyspace);
    do {
        for (int i = 0; i < STEPS_A_LOOK; i++) {
            if (step(walker, keyspace))
                return true;
        }
    } while (clock_mono_us() - begin_us < budget_us);
    return false;
}

static void walker_reply(struct walker *walker, struct reply *reply)
{
    if (walker->walk.head)
        walker->walk.head(reply, &walker->walk);
    reply_array(reply, walker->name_count);
    reply_take(reply, &walker->names);
}

static void walker_clear(struct walker *walker)
{
    reply_clear(&walker->names);
    key_name_clear(&walker->key);
}

/* ---- in slices ---- */

static struct keyspace *job_keyspace(const struct walk_job *job)
{
    return store_keyspace(job->client->server->store, job->database);
}

static void job_end(struct walk_job *job)
{
    slices_remove(&job->slice);
    if (job->walker.walk.shows_once)
        keyspace_resume_shrinking(job_keyspace(job));
    job->client->job = NULL;
    walker_clear(&job->walker);
    mem_free(job->pattern);
    mem_free(job);
}

static bool job_run(struct slice_job *slice, int64_t budget_us)
{
    struct walk_job *job = LIST_ENTRY(slice, struct walk_job, slice);
    struct client *client = job->client;
    if (!advance(&job->walker, job_keyspace(job), budget_us))
        return false;
    walker_reply(&job->walker, &client->reply);
    job_end(job);
    client_wants_write(client);
    client_resume(client);
    return true;
}

static void job_cancel(struct client *client)
{
    job_end(LIST_ENTRY(client->job, struct walk_job, slice));
}

/* Goes on as a job; the walker moves into it. */
static void job_start(struct call *call, const struct walker *walker)
{
    struct walk_job *job = mem_alloc(sizeof *job);
    *job = (struct walk_job){
        .slice = {.name = call->command->row->name, .run = job_run},
        .client = call->client,
        .database = keyspace_index(call->keyspace),
        .pattern = bytes_to_cstring(walker->walk.pattern),
        .walker = *walker,
    };
    set_pattern(&job->walker, bytes_make(job->pattern, walker->walk.pattern.len));
    if (walker->walk.shows_once)
        keyspace_pause_shrinking(call->keyspace);
    call->client->job = &job->slice;
    slices_add(&call->server->slices, &job->slice);
    client_suspend(call->client, job_cancel);
}

void key_walk_run(struct call *call, const struct key_walk *walk)
{
    bool may_pause = call->server->nesting == 0;
    struct walker walker = {.walk = *walk};
    /* Nobody would see the reply, and when it is late nobody would cut it off. */
    if (client_is_silent(call->client))
        return;
    set_pattern(&walker, walk->pattern);
    reply_init(&walker.names, call->server->reply_pool);
    if (advance(&walker, call->keyspace, may_pause ? AT_ONCE_US : INT64_MAX)) {
        walker_reply(&walker, call->reply);
        walker_clear(&walker);
        return;
    }
    job_start(call, &walker);
}
