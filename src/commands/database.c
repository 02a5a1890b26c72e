/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands about whole databases. Emptying one takes no time whatever it holds: its content is detached, and
 * freed in slices later. Who empties one with SYNC, or without a word and without lazyfree-lazy-user-flush,
 * is answered when the memory is back; others are served meanwhile. */
#include "database.h"
#include "base/alloc.h"
#include "base/number.h"
#include "commands/families.h"
#include "engine/edit.h"
#include "engine/long_work.h"
#include "engine/server.h"
#include "persist/snapshot.h"

static bool is_database(const struct server *server, int64_t number)
{
    return number >= 0 && number < store_keyspace_count(server->store);
}

bool call_database(struct call *call, int index, int *database)
{
    int64_t number;
    if (!call_int_in(call, index, INT_MIN, INT_MAX, &number))
        return false;
    if (!is_database(call->server, number)) {
        call_error(call, ERR_DB_INDEX);
        return false;
    }
    *database = (int)number;
    return true;
}

static void cmd_select(struct call *call)
{
    int database;
    if (!call_database(call, 1, &database))
        return;
    call->client->database = database;
    call->keyspace = store_keyspace(call->server->store, database);
    reply_ok(call->reply);
}

static void cmd_dbsize(struct call *call)
{
    reply_int(call->reply, (int64_t)keyspace_count(call->keyspace));
}

/* ---- emptying ---- */

#define FREEING_STEP_US 50

/* Waiting until what was emptied is freed. */
struct freeing {
    struct long_work work;
    struct store *store;
};

static bool freeing_step(struct long_work *work)
{
    return store_free_slice(LIST_ENTRY(work, struct freeing, work)->store, FREEING_STEP_US);
}

static void freeing_finish(struct call *call, struct long_work *work)
{
    (void)work;
    reply_ok(call->reply);
}

static void freeing_free(struct long_work *work)
{
    mem_free(LIST_ENTRY(work, struct freeing, work));
}

/* Unless it is lazy, the memory is freed before the client is answered; not so in a transaction, as others
 * would have to wait as well. */
static void reply_flushed(struct call *call, bool is_lazy)
{
    if (is_lazy || !call_may_wait(call)) {
        reply_ok(call->reply);
        return;
    }
    struct freeing *freeing = mem_alloc(sizeof *freeing);
    *freeing = (struct freeing){
        .work = {.step = freeing_step, .finish = freeing_finish, .free = freeing_free},
        .store = call->server->store,
    };
    long_work_run(call, &freeing->work);
}

static bool flush_arguments(struct call *call, bool *is_lazy)
{
    *is_lazy =
        call->argc == 1 ? call->server->config->lazyfree_lazy_user_flush : call_arg_is(call, 1, "async");
    if (call->argc == 1 || (call->argc == 2 && (*is_lazy || call_arg_is(call, 1, "sync"))))
        return true;
    call_syntax_error(call);
    return false;
}

static void cmd_flushdb(struct call *call)
{
    bool is_lazy;
    if (!flush_arguments(call, &is_lazy))
        return;
    call_flush(call, call->keyspace, is_lazy);
    reply_flushed(call, is_lazy);
}

static void cmd_flushall(struct call *call)
{
    bool is_lazy;
    if (!flush_arguments(call, &is_lazy))
        return;
    call_flush_all(call, is_lazy);
    /* What was emptied shall not come back after a crash: where there are save points, Redis saves here,
     * too. */
    if (call->server->config->save.count > 0)
        snapshot_schedule(call->server);
    reply_flushed(call, is_lazy);
}

/* ---- exchanging ---- */

static bool swap_argument(struct call *call, int index, const char *which, int64_t *number)
{
    if (parse_i64(call->argv[index], number) && *number >= INT_MIN && *number <= INT_MAX)
        return true;
    call_error_format(call, "ERR invalid %s DB index", which);
    return false;
}

static void cmd_swapdb(struct call *call)
{
    struct server *server = call->server;
    int64_t a, b;
    if (!swap_argument(call, 1, "first", &a) || !swap_argument(call, 2, "second", &b))
        return;
    if (!is_database(server, a) || !is_database(server, b)) {
        call_error(call, ERR_DB_INDEX);
        return;
    }
    call_swap(call, (int)a, (int)b);
    reply_ok(call->reply);
}

/* ---- rows ---- */

static const char *const all_shards_sum_tips[] = {"request_policy:all_shards", "response_policy:agg_sum",
                                                  NULL};
static const struct command_history flush_history[] = {
    {"4.0.0", "Added the `ASYNC` flushing mode modifier."},
    {"6.2.0", "Added the `SYNC` flushing mode modifier."},
    {NULL, NULL},
};
static const char *const all_succeeded_tips[] = {"request_policy:all_shards", "response_policy:all_succeeded",
                                                 NULL};

static const struct command database_commands[] = {
    {
        .name = "select",
        .run = cmd_select,
        .arity = 2,
        .flags = COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST,
        .acl = ACL_CONNECTION,
        .group = "connection",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Changes the selected database.",
        .synopsis = "index:integer",
    },
    {
        .name = "dbsize",
        .run = cmd_dbsize,
        .arity = 1,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_KEYSPACE,
        .group = "server",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns the number of keys in the database.",
        .tips = all_shards_sum_tips,
    },
    {
        .name = "flushdb",
        .run = cmd_flushdb,
        .arity = -1,
        .flags = COMMAND_WRITE,
        .acl = ACL_KEYSPACE | ACL_DANGEROUS,
        .group = "server",
        .since = "1.0.0",
        .complexity = "O(N) where N is the number of keys in the selected database",
        .summary = "Remove all keys from the current database.",
        .synopsis = "[flush-type<ASYNC{since=4.0.0} | SYNC{since=6.2.0}>]",
        .history = flush_history,
        .tips = all_succeeded_tips,
    },
    {
        .name = "flushall",
        .run = cmd_flushall,
        .arity = -1,
        .flags = COMMAND_WRITE,
        .acl = ACL_KEYSPACE | ACL_DANGEROUS,
        .group = "server",
        .since = "1.0.0",
        .complexity = "O(N) where N is the total number of keys in all databases",
        .summary = "Removes all keys from all databases.",
        .synopsis = "[flush-type<ASYNC{since=4.0.0} | SYNC{since=6.2.0}>]",
        .history = flush_history,
        .tips = all_succeeded_tips,
    },
    {
        .name = "swapdb",
        .run = cmd_swapdb,
        .arity = 3,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_KEYSPACE | ACL_DANGEROUS,
        .group = "server",
        .since = "4.0.0",
        .complexity =
            "O(N) where N is the count of clients watching or blocking on keys from both databases.",
        .summary = "Swaps two Redis databases.",
        .synopsis = "index1:integer index2:integer",
    },
    {.name = NULL},
};

const struct command_family database_family = {"database", database_commands};
