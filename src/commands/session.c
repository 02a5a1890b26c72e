/* SPDX-License-Identifier: BSD-3-Clause */
/* SESSION.STATS: the figures of prefix classes. It names prefixes, never keys; SESSION.TOP, which does, is in
 * a file of its own. */
#include "commands/families.h"
#include "engine/call.h"
#include "engine/server.h"
#include "session_top.h"
#include "sessions/session_stats.h"

struct stats_options {
    const struct session_class *class; /* NULL: all together */
    unsigned minute_count;
    bool wants_minutes;
};

/* ---- arguments: [prefix] [MINUTES n] ---- */

static bool parse_minutes(struct call *call, struct stats_options *options)
{
    int64_t count;
    int at = call->argc - 2;
    if (!call_arg_is(call, at, "minutes")) {
        call_syntax_error(call);
        return false;
    }
    if (!call_int_in(call, at + 1, 1, SESSION_MINUTES, &count))
        return false;
    options->wants_minutes = true;
    options->minute_count = (unsigned)count;
    return true;
}

/* `*is_known`: there is something to be told of the prefix, if one is given. */
static bool parse_stats_options(struct call *call, struct stats_options *options, bool *is_known)
{
    bool has_prefix = call->argc == 2 || call->argc == 4;
    *options = (struct stats_options){.class = NULL};
    *is_known = true;
    if (call->argc > 4) {
        call_syntax_error(call);
        return false;
    }
    if (call->argc >= 3 && !parse_minutes(call, options))
        return false;
    if (has_prefix) {
        options->class = session_stats_find(call->server->sessions, call->argv[1]);
        *is_known = options->class && session_class_is_used(options->class);
    }
    return true;
}

/* ---- parts of the reply ---- */

static void reply_figures(struct reply *reply, const struct session_class *class)
{
    for (size_t row = 0; row < session_figure_count; row++) {
        reply_bulk_text(reply, session_figures[row].name);
        reply_int(reply, (int64_t)session_figure_read(&session_figures[row], class));
    }
}

static void reply_bucket(struct reply *reply, int64_t end, uint64_t count)
{
    if (end == INT64_MAX)
        reply_bulk_text(reply, "more");
    else
        reply_bulk_int(reply, end);
    reply_int(reply, (int64_t)count);
}

/* From the largest size in a bucket to the number of keys in it; empty ones are left out. */
static void reply_sizes(struct reply *reply, const struct session_live *live)
{
    struct reply_mark map = reply_later(reply);
    size_t count = 0;
    for (unsigned i = 0; i < SESSION_SIZE_BUCKETS; i++) {
        if (live->sizes[i] > 0) {
            reply_bucket(reply, session_size_bucket_end(i), live->sizes[i]);
            count++;
        }
    }
    reply_later_done(reply, map, '%', count);
}

static void reply_ttls(struct reply *reply, const struct session_ttls *ttls)
{
    struct reply_mark map = reply_later(reply);
    size_t count = 0;
    for (unsigned i = 0; i < SESSION_TTL_BUCKETS; i++) {
        if (ttls->buckets[i] > 0) {
            reply_bucket(reply, session_ttl_bucket_end_s(i), ttls->buckets[i]);
            count++;
        }
    }
    reply_later_done(reply, map, '%', count);
}

static void reply_minute(struct reply *reply, struct session_minute minute)
{
    const struct {
        const char *name;
        uint32_t value;
    } parts[] = {
        {"created", minute.created}, {"deleted", minute.deleted}, {"expired", minute.expired},
        {"evicted", minute.evicted}, {"live", minute.live},
    };

    reply_map(reply, sizeof parts / sizeof parts[0]);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        reply_bulk_text(reply, parts[i].name);
        reply_int(reply, parts[i].value);
    }
}

/* Those that are over, the last one first. */
static void reply_minutes(struct call *call, const struct stats_options *options)
{
    const struct session_stats *stats = call->server->sessions;
    unsigned known = session_stats_minute_count(stats);
    unsigned count = options->minute_count < known ? options->minute_count : known;
    reply_bulk_text(call->reply, "minutes");
    reply_array(call->reply, count);
    for (unsigned ago = 0; ago < count; ago++)
        reply_minute(call->reply, session_stats_minute(stats, options->class, ago));
}

static void reply_classes(struct call *call)
{
    const struct session_stats *stats = call->server->sessions;
    struct reply_mark map;
    size_t count = 0;
    reply_bulk_text(call->reply, "classes");
    map = reply_later(call->reply);
    for (unsigned i = 0; i < stats->class_count; i++) {
        const struct session_class *class = &stats->classes[i];
        if (!session_class_is_used(class))
            continue;
        reply_bulk(call->reply, session_class_prefix(class));
        reply_map(call->reply, session_figure_count);
        reply_figures(call->reply, class);
        count++;
    }
    reply_later_done(call->reply, map, '%', count);
}

static void reply_stats(struct call *call, const struct stats_options *options,
                        const struct session_class *figures)
{
    struct reply *reply = call->reply;
    bool is_of_all = !options->class;
    reply_map(reply, session_figure_count + 3 + options->wants_minutes + is_of_all);
    reply_figures(reply, figures);
    reply_bulk_text(reply, "sizes");
    reply_sizes(reply, &figures->live);
    reply_bulk_text(reply, "ttls");
    reply_ttls(reply, &figures->ttls);
    reply_bulk_text(reply, "this_minute");
    reply_minute(reply, session_stats_this_minute(call->server->sessions, options->class));
    if (options->wants_minutes)
        reply_minutes(call, options);
    if (is_of_all)
        reply_classes(call);
}

static void cmd_session_stats(struct call *call)
{
    struct stats_options options;
    struct session_class sum;
    bool is_known;
    if (!parse_stats_options(call, &options, &is_known))
        return;
    if (!is_known) {
        reply_null(call->reply);
        return;
    }
    if (!options.class)
        session_stats_sum(call->server->sessions, &sum);
    reply_stats(call, &options, options.class ? options.class : &sum);
}

/* ---- rows ---- */

static const char *const nondeterministic_tips[] = {"nondeterministic_output", NULL};

static const struct command session_commands[] = {
    {
        .name = "session.stats",
        .run = cmd_session_stats,
        .arity = -1,
        .flags = COMMAND_LOADING | COMMAND_STALE,
        .acl = ACL_DANGEROUS,
        .group = "server",
        .since = "7.2.0",
        .complexity = "O(N) where N is the number of prefixes, of which 255 are told apart.",
        .summary = "Returns how many keys of each prefix there are, how large, and what happened to them.",
        .synopsis = "[prefix] [MINUTES minutes:integer]",
        .tips = nondeterministic_tips,
    },
    {
        .name = "session.top",
        .run = cmd_session_top,
        .arity = -1,
        .flags = COMMAND_READONLY | COMMAND_ADMIN,
        .acl = ACL_KEYSPACE,
        .group = "server",
        .since = "7.2.0",
        .complexity = "O(N) where N is the number of keys in the database; O(1) by refreshes.",
        .summary = "Returns the largest or the most refreshed keys, of all or of one prefix.",
        .synopsis = "[prefix] [BY order<SIZE | REFRESHES>] [COUNT count:integer]",
        .tips = nondeterministic_tips,
    },
    {.name = NULL},
};

const struct command_family session_family = {"session", session_commands};
