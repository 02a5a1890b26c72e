/* SPDX-License-Identifier: BSD-3-Clause */
/* A snapshot is a walk over the store whose sink is a file in the making:
 *
 *     IDLE -> WALKING <-> RESTING -> WAITING -> RESTING or WALKING
 *                |
 *                +-> ENDING -> IDLE
 *
 * It rests while the helper thread has enough to do. Edits hand over regardless: where the processors are so
 * busy that the helper falls behind, and what it has yet to write would fill the memory, the loop waits for
 * it a little each turn. After a failure the walk goes on without anybody listening, because every entry must
 * come into the new epoch. */
#include "persist/snapshot.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/worker.h"
#include "engine/cron.h"
#include "engine/scripting.h"
#include "engine/server.h"
#include "persist/save_state.h"
#include "rdb_format.h"
#include "rdb_save.h"
#include "snapshot_pace.h"
#include "snapshot_private.h"
#include "store/walk.h"
#include <unistd.h>

/* So long at most the loop waits in a turn for a helper that is behind. */
#define HELPER_FIRST_US 500

/* After a failure save points wait so long before they try again. */
#define RETRY_MS 5000

enum phase { IDLE, WALKING, RESTING, WAITING, ENDING };

struct snapshot {
    struct server *server;
    struct slice_job job;
    struct cron_task save_points;
    enum phase phase;
    bool is_background, is_given_up;
    bool has_succeeded; /* the one before */
    struct rdb_save *save;
    struct worker *worker; /* who writes it: a patient one in the background */
    struct snapshot_lock lock;
    struct snapshot_pace pace;
    uint64_t dirty_at_begin;
    int64_t wall_offset_ms; /* at the beginning */
    enum rdb_access access;
};

/* ---- the walk's sink ---- */

/* The slices come now and in every turn, until the phase is another. */
static void work_on(struct snapshot *snapshot, enum phase phase)
{
    snapshot->phase = phase;
    snapshot->job.rest_until_us = 0;
    slices_add(&snapshot->server->slices, &snapshot->job);
}

static void take(void *context, const struct walked *walked)
{
    struct snapshot *snapshot = context;
    const struct store *store = snapshot->server->store;
    if (snapshot->is_given_up)
        return;
    struct rdb_key key = {.database = walked->database,
                          .name = walked->key,
                          .value = walked->value,
                          .expires_ms = RDB_NO_EXPIRY,
                          .access = snapshot->access};
    if (walked->deadline_ms != NO_DEADLINE &&
        __builtin_add_overflow(walked->deadline_ms, snapshot->wall_offset_ms, &key.expires_ms))
        key.expires_ms = INT64_MAX;
    if (key.access == RDB_ACCESS_IDLE)
        key.access_value = (uint64_t)store_idle_ms(store, walked->entry) / 1000;
    else if (key.access == RDB_ACCESS_FREQUENCY)
        key.access_value = store_frequency(store, walked->entry);
    rdb_save_add(snapshot->save, &key, walked->is_leaving);
    snapshot->server->save->keys_done++;
    if (snapshot->phase == RESTING && rdb_save_is_behind(snapshot->save))
        work_on(snapshot, WAITING);
}

static bool is_full(void *context)
{
    const struct snapshot *snapshot = context;
    return !snapshot->is_given_up && rdb_save_is_full(snapshot->save);
}

/* True when the walk is over. */
static bool walk_on(struct snapshot *snapshot, int64_t budget_us)
{
    if (!store_walk_slice(snapshot->server->store, budget_us))
        return false;
    snapshot->phase = ENDING;
    rdb_save_end(snapshot->save, !snapshot->is_given_up);
    return true;
}

/* What is done meanwhile comes back by `progressed`, in the next turn. */
static bool wait_slice(struct snapshot *snapshot)
{
    worker_wait(snapshot->worker, HELPER_FIRST_US);
    if (rdb_save_is_behind(snapshot->save))
        return false;
    snapshot->phase = is_full(snapshot) ? RESTING : WALKING;
    return snapshot->phase == RESTING;
}

static bool run_slice(struct slice_job *job, int64_t budget_us)
{
    struct snapshot *snapshot = LIST_ENTRY(job, struct snapshot, job);
    if (snapshot->phase == WAITING)
        return wait_slice(snapshot);
    snapshot_pace_begin(&snapshot->pace, snapshot->server->counters.total_commands_processed);
    bool is_over = walk_on(snapshot, budget_us);
    job->rest_until_us = snapshot_pace_end(&snapshot->pace);
    if (!is_over && is_full(snapshot))
        snapshot->phase = RESTING;
    return is_over || snapshot->phase == RESTING;
}

/* ---- what comes back from the helper thread ---- */

static void progressed(void *context, bool has_failed)
{
    struct snapshot *snapshot = context;
    snapshot->is_given_up |= has_failed;
    if (snapshot->phase == RESTING && !is_full(snapshot))
        work_on(snapshot, WALKING);
}

static void note_success(struct snapshot *snapshot)
{
    struct server *server = snapshot->server;
    server->dirty -= snapshot->dirty_at_begin < server->dirty ? snapshot->dirty_at_begin : server->dirty;
    server->save->last_save_mono_ms = server->clock.mono_ms;
    server->save->last_save_wall_ms = server->clock.wall_ms;
    server->status.is_snapshot_failed = false;
    log_notice("DB saved on disk");
    if (snapshot->is_background)
        log_notice("Background saving terminated with success");
}

/* Whoever asked for a SAVE is told by its reply; nobody waits for one in the background, so that writers hear
 * of it. */
static void note_failure(struct snapshot *snapshot, const char *reason)
{
    log_warning("Error saving the DB: %s", reason);
    if (!snapshot->is_background)
        return;
    snapshot->server->status.is_snapshot_failed = true;
    log_warning("Background saving error");
}

static void ended(void *context, const struct error *error)
{
    struct snapshot *snapshot = context;
    struct save_state *state = snapshot->server->save;
    clock_update(&snapshot->server->clock);
    snapshot->phase = IDLE;
    snapshot->save = NULL;
    snapshot->has_succeeded = !error;
    if (!error)
        note_success(snapshot);
    else
        note_failure(snapshot, error->text);
    if (snapshot->is_background)
        state->last_duration_s = (snapshot->server->clock.mono_ms - state->begin_mono_ms) / 1000;
    state->is_running = false;
    state->keys_done = state->keys_total = 0;
}

/* ---- beginning ---- */

static enum rdb_access access_kept(const struct server *server)
{
    switch (server->config->maxmemory_policy) {
    case MAXMEMORY_ALLKEYS_LRU:
    case MAXMEMORY_VOLATILE_LRU:
        return RDB_ACCESS_IDLE;
    case MAXMEMORY_ALLKEYS_LFU:
    case MAXMEMORY_VOLATILE_LFU:
        return RDB_ACCESS_FREQUENCY;
    default:
        return RDB_ACCESS_NONE;
    }
}

/* Notes how large each database is; returns how many there are that aren't empty. */
static size_t measure(struct server *server, struct rdb_save_size *sizes)
{
    size_t count = 0;
    server->save->keys_done = server->save->keys_total = 0;
    for (int i = 0; i < store_keyspace_count(server->store); i++) {
        const struct keyspace *keyspace = store_keyspace(server->store, i);
        size_t keys = keyspace_count(keyspace);
        if (keys == 0)
            continue;
        sizes[count++] = (struct rdb_save_size){i, keys, keyspace_deadline_count(keyspace)};
        server->save->keys_total += keys;
    }
    return count;
}

static void note_library(void *context, struct blob *code)
{
    buf_append(context, &code, sizeof code);
}

/* Only a file that holds fields with deadlines is none for servers that don't know of them. */
static int version_for(const struct server *server)
{
    return store_has_timed_parts(server->store) ? RDB_VERSION_WITH_EXPIRING : server->config->rdb_version;
}

static void open_save(struct snapshot *snapshot)
{
    struct server *server = snapshot->server;
    struct rdb_save_size *sizes = mem_alloc((size_t)store_keyspace_count(server->store) * sizeof *sizes);
    struct buf temporary_path = {0}, libraries = {0};
    server->scripting->each_library(server, note_library, &libraries);
    buf_printf(&temporary_path, "temp-%d-%s", (int)getpid(), server->config->dbfilename);
    struct rdb_save_plan plan = {.path = server->config->dbfilename,
                                 .temporary_path = buf_cstring(&temporary_path),
                                 .rdb_version = version_for(server),
                                 .compresses = server->config->rdbcompression,
                                 .has_checksum = server->config->rdbchecksum,
                                 .version = REDIS_VERSION,
                                 .wall_ms = server->clock.wall_ms,
                                 .wall_offset_ms = server->clock.wall_offset_ms,
                                 .memory_used = mem_used(),
                                 .sizes = sizes,
                                 .size_count = measure(server, sizes),
                                 .libraries = (void *)libraries.data,
                                 .library_count = libraries.len / sizeof(struct blob *),
                                 .progressed = progressed,
                                 .ended = ended,
                                 .context = snapshot,
                                 .held = &server->memory_limit.held};
    snapshot->save = rdb_save_new(snapshot->worker, &plan);
    buf_clear(&temporary_path);
    buf_clear(&libraries);
    mem_free(sizes);
}

static bool begin(struct snapshot *snapshot, bool is_background)
{
    struct server *server = snapshot->server;
    struct error error;
    snapshot->is_background = is_background;
    snapshot->worker = is_background ? server->file_worker : server->worker;
    snapshot->is_given_up = false;
    server->save->is_scheduled = false;
    server->save->begin_mono_ms = server->clock.mono_ms;
    server->save->last_try_mono_ms = server->clock.mono_ms;
    server->save->saves++;
    if (snapshot_lock_take(&snapshot->lock, server->config->dbfilename, &error) != SNAPSHOT_LOCKED) {
        note_failure(snapshot, error.text);
        return false;
    }
    snapshot->dirty_at_begin = server->dirty;
    snapshot->wall_offset_ms = server->clock.wall_offset_ms;
    snapshot->access = access_kept(server);
    snapshot->phase = WALKING;
    server->save->is_running = is_background;
    open_save(snapshot);
    store_walk_begin(server->store,
                     (struct walk_sink){.take = take, .is_full = is_full, .context = snapshot});
    return true;
}

/* A server in memory, of a test say, has no place for files. */
static bool has_place(const struct server *server)
{
    if (!server->snapshot)
        log_warning("This server keeps no snapshots");
    return server->snapshot;
}

bool snapshot_start(struct server *server)
{
    struct snapshot *snapshot = server->snapshot;
    if (!has_place(server) || !begin(snapshot, true))
        return false;
    log_notice("Background saving started");
    work_on(snapshot, WALKING);
    return true;
}

void snapshot_schedule(struct server *server)
{
    server->save->is_scheduled = true;
}

/* Goes on with the one that is being taken until it is in place, or has failed. */
static void complete(struct snapshot *snapshot)
{
    slices_remove(&snapshot->job);
    if (snapshot->phase == RESTING || snapshot->phase == WAITING)
        snapshot->phase = WALKING;
    while (snapshot->phase != IDLE) {
        if (snapshot->phase == WALKING)
            walk_on(snapshot, INT64_MAX);
        worker_drain(snapshot->worker);
        if (snapshot->server->alive)
            snapshot->server->alive(snapshot->server);
    }
}

bool snapshot_save(struct server *server)
{
    struct snapshot *snapshot = server->snapshot;
    if (!has_place(server))
        return false;
    complete(snapshot);
    if (!begin(snapshot, false))
        return false;
    complete(snapshot);
    return snapshot->has_succeeded;
}

/* ---- save points ---- */

static bool is_save_point_reached(const struct server *server)
{
    const struct config_save_points *points = &server->config->save;
    const struct save_state *state = server->save;
    if (server->status.is_snapshot_failed && server->clock.mono_ms - state->last_try_mono_ms <= RETRY_MS)
        return false;
    int64_t since_s = (server->clock.mono_ms - state->last_save_mono_ms) / 1000;
    for (size_t i = 0; i < points->count; i++) {
        const struct config_save_point *point = &points->items[i];
        if (server->dirty >= (uint64_t)point->changes && since_s > point->seconds) {
            log_notice("%lld changes in %lld seconds. Saving...", (long long)point->changes,
                       (long long)point->seconds);
            return true;
        }
    }
    return false;
}

static void look_at_save_points(struct server *server)
{
    if (server->status.is_loading || server->status.is_script_busy)
        return;
    if (server->snapshot->phase == IDLE && (server->save->is_scheduled || is_save_point_reached(server)))
        (void)snapshot_start(server);
}

/* ---- the server's beginning and end ---- */

/* With save points the file is this server's from the start on. Without, there may be others; the lock is
 * taken for the time of cleaning up, if there is anything to clean up. */
static bool lock_and_clean(struct snapshot *snapshot)
{
    const char *name = snapshot->server->config->dbfilename;
    bool will_save = snapshot->server->config->save.count > 0;
    struct error error;
    if (!will_save && !snapshot_has_stale(name))
        return true;
    switch (snapshot_lock_take(&snapshot->lock, name, &error)) {
    case SNAPSHOT_LOCKED:
        snapshot_remove_stale(name);
        if (!will_save)
            snapshot_lock_release(&snapshot->lock);
        break;
    case SNAPSHOT_LOCKED_BY_OTHER:
        if (will_save)
            log_warning("Can't start: %s. Give this one another dir or dbfilename, or no save points.",
                        error.text);
        return !will_save;
    case SNAPSHOT_LOCK_FAILED:
        if (will_save)
            log_warning("Snapshots will fail: %s", error.text);
        break;
    }
    return true;
}

bool snapshot_init(struct server *server)
{
    struct snapshot *snapshot = mem_zalloc(sizeof *snapshot);
    snapshot->server = server;
    snapshot->job = (struct slice_job){.name = "snapshot", .run = run_slice};
    list_init(&snapshot->job.link);
    snapshot->save_points =
        (struct cron_task){.name = "save points", .period_ms = 100, .run = look_at_save_points};
    list_init(&snapshot->save_points.link);
    snapshot->lock.fd = -1;
    server->snapshot = snapshot;
    if (!lock_and_clean(snapshot))
        return false;
    cron_add(server, &snapshot->save_points);
    return true;
}

/* Stops what is going on; the previous file stays. */
static void give_up(struct snapshot *snapshot)
{
    if (!snapshot || snapshot->phase == IDLE)
        return;
    struct server *server = snapshot->server;
    snapshot->is_given_up = true;
    slices_remove(&snapshot->job);
    if (snapshot->phase != ENDING) {
        store_walk_abandon(server->store);
        snapshot->phase = ENDING;
        rdb_save_end(snapshot->save, false);
    }
    worker_drain(snapshot->worker);
}

void snapshot_free(struct server *server)
{
    struct snapshot *snapshot = server->snapshot;
    if (!snapshot)
        return;
    give_up(snapshot);
    list_remove(&snapshot->save_points.link);
    snapshot_lock_release(&snapshot->lock);
    mem_free(snapshot);
    server->snapshot = NULL;
}

bool snapshot_before_exit(struct server *server, enum snapshot_at_exit what)
{
    /* Half a dataset may not take the place of the whole one. */
    bool may_save = !server->status.is_loading && !server->status.is_script_busy;
    bool saves =
        what == SNAPSHOT_ALWAYS || (what == SNAPSHOT_IF_CONFIGURED && server->config->save.count > 0);
    saves = saves && may_save;
    if (server->snapshot && server->snapshot->phase != IDLE)
        log_warning("A snapshot is being written. Giving it up!");
    give_up(server->snapshot);
    if (!saves)
        return true;
    log_notice("Saving the final RDB snapshot before exiting.");
    if (snapshot_save(server))
        return true;
    log_warning("Error trying to save the DB, can't exit.");
    return false;
}
