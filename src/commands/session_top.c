/* SPDX-License-Identifier: BSD-3-Clause */
/* SESSION.TOP: the largest keys of a class and the most refreshed ones, by name, which is why the command is
 * for administrators.
 *
 * The largest are found by a walk over the database. One that isn't done soon goes on in slices while its
 * client waits; others are served in between, and may change the database, so what was found is looked up
 * again in the end. */
#include "session_top.h"
#include "base/alloc.h"
#include "engine/server.h"
#include "store/prefix.h"

/* What a command may take of its tick before it becomes a job, and how many looks into the table (some keys
 * each) lie between two at the clock. */
enum { AT_ONCE_US = 200, STEPS_A_LOOK = 16 };
enum { COUNT_DEFAULT = 10, COUNT_MAX = 1000 };

struct options {
    bool by_refreshes;
    bool has_prefix;
    struct bytes prefix;
    size_t count;
};

struct candidate {
    size_t size;
    char *key;
    size_t key_len;
};

/* A walk that keeps the largest keys it meets, in order. */
struct walker {
    struct options options;
    uint64_t cursor;
    const struct prefix_table *prefixes;
    struct key_name name;
    struct candidate *candidates; /* room for options.count */
    size_t candidate_count;
};

struct top_job {
    struct slice_job slice;
    struct client *client;
    int database;
    char *prefix;
    struct walker walker;
};

/* ---- arguments: [prefix] [BY SIZE | REFRESHES] [COUNT n] ---- */

static bool parse_order(struct call *call, int index, struct options *options)
{
    options->by_refreshes = call_arg_is(call, index, "refreshes");
    if (options->by_refreshes || call_arg_is(call, index, "size"))
        return true;
    call_syntax_error(call);
    return false;
}

static bool parse_count(struct call *call, int index, struct options *options)
{
    int64_t count;
    if (!call_int_in(call, index, 1, COUNT_MAX, &count))
        return false;
    options->count = (size_t)count;
    return true;
}

static bool parse_options(struct call *call, struct options *options)
{
    int index = 1;
    *options = (struct options){.count = COUNT_DEFAULT};
    /* Options come in pairs: what is over is a prefix. */
    if (call->argc % 2 == 0) {
        options->has_prefix = true;
        options->prefix = call->argv[index++];
    }
    for (; index < call->argc; index += 2) {
        bool is_order = call_arg_is(call, index, "by");
        if (!is_order && !call_arg_is(call, index, "count")) {
            call_syntax_error(call);
            return false;
        }
        if (!(is_order ? parse_order : parse_count)(call, index + 1, options))
            return false;
    }
    return true;
}

/* Whether the entry is of the class that is asked for. */
static bool is_wanted(const struct options *options, const struct entry *entry,
                      const struct prefix_table *prefixes)
{
    return !options->has_prefix || bytes_equal(options->prefix, prefix_text(prefixes, entry_prefix(entry)));
}

/* ---- the most refreshed ---- */

static void reply_most_refreshed(struct call *call, const struct options *options)
{
    struct refreshed_key keys[REFRESH_RECORDS_MAX];
    size_t key_count = refresh_sample_top(&call->server->sessions->refreshes, keys), shown = 0;
    struct reply_mark map = reply_later(call->reply);
    for (size_t i = 0; i < key_count && shown < options->count; i++) {
        const struct entry *entry = keys[i].database == keyspace_index(call->keyspace)
                                        ? keyspace_peek(call->keyspace, key_of(keys[i].key))
                                        : NULL;
        if (!entry || !is_wanted(options, entry, keyspace_prefixes(call->keyspace)))
            continue;
        reply_bulk(call->reply, keys[i].key);
        reply_int(call->reply, (int64_t)keys[i].refreshes);
        shown++;
    }
    reply_later_done(call->reply, map, '%', shown);
}

/* ---- the largest ---- */

static void walker_init(struct walker *walker, const struct options *options)
{
    *walker = (struct walker){.options = *options};
    walker->candidates = mem_alloc(options->count * sizeof *walker->candidates);
}

static void walker_clear(struct walker *walker)
{
    for (size_t i = 0; i < walker->candidate_count; i++)
        mem_free(walker->candidates[i].key);
    mem_free(walker->candidates);
    key_name_clear(&walker->name);
}

/* Puts a candidate in its place; the least one goes when there are too many. */
static void keep(struct walker *walker, struct candidate candidate)
{
    size_t at = walker->candidate_count;
    if (at == walker->options.count)
        mem_free(walker->candidates[--at].key);
    else
        walker->candidate_count++;
    for (; at > 0 && walker->candidates[at - 1].size < candidate.size; at--)
        walker->candidates[at] = walker->candidates[at - 1];
    walker->candidates[at] = candidate;
}

static void consider(void *context, const struct entry *entry)
{
    struct walker *walker = context;
    bool is_full = walker->candidate_count == walker->options.count;
    size_t size;
    struct bytes key;
    if (!is_wanted(&walker->options, entry, walker->prefixes))
        return;
    size = entry_size(entry);
    if (is_full && size <= walker->candidates[walker->candidate_count - 1].size)
        return;
    key = entry_key(entry, walker->prefixes, &walker->name);
    keep(walker, (struct candidate){.size = size, .key = bytes_to_cstring(key), .key_len = key.len});
}

/* Goes on for about `budget_us`; true when the walk is at its end. */
static bool advance(struct walker *walker, struct keyspace *keyspace, int64_t budget_us)
{
    int64_t begin_us = clock_mono_us();
    walker->prefixes = keyspace_prefixes(keyspace);
    do {
        for (int i = 0; i < STEPS_A_LOOK; i++) {
            walker->cursor = keyspace_scan(keyspace, walker->cursor, consider, walker);
            if (walker->cursor == 0)
                return true;
        }
    } while (clock_mono_us() - begin_us < budget_us);
    return false;
}

/* Those that are still there, as large as they were when the walk came by. */
static void walker_reply(const struct walker *walker, struct keyspace *keyspace, struct reply *reply)
{
    struct reply_mark map = reply_later(reply);
    size_t shown = 0;
    for (size_t i = 0; i < walker->candidate_count; i++) {
        struct bytes key = bytes_make(walker->candidates[i].key, walker->candidates[i].key_len);
        if (!keyspace_peek(keyspace, key_of(key)))
            continue;
        reply_bulk(reply, key);
        reply_int(reply, (int64_t)walker->candidates[i].size);
        shown++;
    }
    reply_later_done(reply, map, '%', shown);
}

/* ---- in slices ---- */

static struct keyspace *job_keyspace(const struct top_job *job)
{
    return store_keyspace(job->client->server->store, job->database);
}

static void job_end(struct top_job *job)
{
    slices_remove(&job->slice);
    keyspace_resume_shrinking(job_keyspace(job));
    job->client->job = NULL;
    walker_clear(&job->walker);
    mem_free(job->prefix);
    mem_free(job);
}

static bool job_run(struct slice_job *slice, int64_t budget_us)
{
    struct top_job *job = LIST_ENTRY(slice, struct top_job, slice);
    struct client *client = job->client;
    if (!advance(&job->walker, job_keyspace(job), budget_us))
        return false;
    walker_reply(&job->walker, job_keyspace(job), &client->reply);
    job_end(job);
    client_wants_write(client);
    client_resume(client);
    return true;
}

static void job_cancel(struct client *client)
{
    job_end(LIST_ENTRY(client->job, struct top_job, slice));
}

/* Goes on as a job; the walker moves into it. While the table doesn't shrink the walk meets nothing twice. */
static void job_start(struct call *call, const struct walker *walker)
{
    struct top_job *job = mem_alloc(sizeof *job);
    struct bytes prefix = walker->options.prefix;
    *job = (struct top_job){
        .slice = {.name = call->command->row->name, .run = job_run},
        .client = call->client,
        .database = keyspace_index(call->keyspace),
        .prefix = bytes_to_cstring(prefix),
        .walker = *walker,
    };
    job->walker.options.prefix = bytes_make(job->prefix, prefix.len);
    keyspace_pause_shrinking(call->keyspace);
    call->client->job = &job->slice;
    slices_add(&call->server->slices, &job->slice);
    client_suspend(call->client, job_cancel);
}

static void reply_largest(struct call *call, const struct options *options)
{
    bool may_pause = call->server->nesting == 0;
    struct walker walker;
    /* Nobody would see the reply, and when it is late nobody would cut it off. */
    if (client_is_silent(call->client))
        return;
    walker_init(&walker, options);
    if (advance(&walker, call->keyspace, may_pause ? AT_ONCE_US : INT64_MAX)) {
        walker_reply(&walker, call->keyspace, call->reply);
        walker_clear(&walker);
        return;
    }
    job_start(call, &walker);
}

void cmd_session_top(struct call *call)
{
    struct options options;
    if (!parse_options(call, &options))
        return;
    if (options.by_refreshes)
        reply_most_refreshed(call, &options);
    else
        reply_largest(call, &options);
}
