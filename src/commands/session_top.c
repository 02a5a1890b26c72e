/* SPDX-License-Identifier: BSD-3-Clause */
/* SESSION.TOP: the largest keys of a class and the most refreshed ones, by name, which is why the command is
 * for administrators.
 *
 * The largest are found by a walk over the database. A long one is done in slices; others may change the
 * database in between, so what was found is looked up again in the end. */
#include "session_top.h"
#include "base/alloc.h"
#include "engine/long_work.h"
#include "engine/server.h"
#include "store/prefix.h"

/* How many looks into the table (some keys each) are a step. */
enum { LOOKS_A_STEP = 16 };
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
    struct long_work work;
    struct options options;
    struct store *store;
    int database;
    char *prefix; /* its own copy of the options' */
    uint64_t cursor;
    const struct prefix_table *prefixes;
    struct key_name name;
    struct candidate *candidates; /* room for options.count */
    size_t candidate_count;
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

static struct keyspace *keyspace_of(const struct walker *walker)
{
    return store_keyspace(walker->store, walker->database);
}

static bool step(struct long_work *work)
{
    struct walker *walker = LIST_ENTRY(work, struct walker, work);
    struct keyspace *keyspace = keyspace_of(walker);
    walker->prefixes = keyspace_prefixes(keyspace);
    for (int i = 0; i < LOOKS_A_STEP; i++) {
        walker->cursor = keyspace_scan(keyspace, walker->cursor, consider, walker);
        if (walker->cursor == 0)
            return true;
    }
    return false;
}

/* Those that are still there, as large as they were when the walk came by. */
static void reply_largest(struct call *call, struct long_work *work)
{
    const struct walker *walker = LIST_ENTRY(work, struct walker, work);
    struct reply_mark map = reply_later(call->reply);
    size_t shown = 0;
    for (size_t i = 0; i < walker->candidate_count; i++) {
        struct bytes key = bytes_make(walker->candidates[i].key, walker->candidates[i].key_len);
        if (!keyspace_peek(keyspace_of(walker), key_of(key)))
            continue;
        reply_bulk(call->reply, key);
        reply_int(call->reply, (int64_t)walker->candidates[i].size);
        shown++;
    }
    reply_later_done(call->reply, map, '%', shown);
}

/* The keys are gone through wherever they are. */
static void swapping(struct long_work *work, struct keyspace *a, struct keyspace *b)
{
    struct walker *walker = LIST_ENTRY(work, struct walker, work);
    struct keyspace *here = keyspace_of(walker);
    if (here != a && here != b)
        return;
    struct keyspace *there = here == a ? b : a;
    keyspace_resume_shrinking(here);
    keyspace_pause_shrinking(there);
    walker->database = keyspace_index(there);
}

static void free_walker(struct long_work *work)
{
    struct walker *walker = LIST_ENTRY(work, struct walker, work);
    keyspace_resume_shrinking(keyspace_of(walker));
    for (size_t i = 0; i < walker->candidate_count; i++)
        mem_free(walker->candidates[i].key);
    mem_free(walker->candidates);
    key_name_clear(&walker->name);
    mem_free(walker->prefix);
    mem_free(walker);
}

/* While the table doesn't shrink the walk meets nothing twice. */
static void find_largest(struct call *call, const struct options *options)
{
    struct walker *walker = mem_zalloc(sizeof *walker);
    walker->work =
        (struct long_work){.step = step, .finish = reply_largest, .free = free_walker, .swapping = swapping};
    walker->options = *options;
    walker->store = call->server->store;
    walker->database = keyspace_index(call->keyspace);
    walker->prefix = bytes_to_cstring(options->prefix);
    walker->options.prefix.data = walker->prefix;
    walker->candidates = mem_alloc(options->count * sizeof *walker->candidates);
    keyspace_pause_shrinking(call->keyspace);
    long_work_run(call, &walker->work);
}

void cmd_session_top(struct call *call)
{
    struct options options;
    if (!parse_options(call, &options))
        return;
    if (options.by_refreshes)
        reply_most_refreshed(call, &options);
    else
        find_largest(call, &options);
}
