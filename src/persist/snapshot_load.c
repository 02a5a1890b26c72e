/* SPDX-License-Identifier: BSD-3-Clause */
/* A snapshot file into the store, at the start or by DEBUG RELOAD. Keys past their end are left out. */
#include "base/alloc.h"
#include "base/log.h"
#include "base/number.h"
#include "engine/edit.h"
#include "engine/events.h"
#include "engine/scripting.h"
#include "engine/server.h"
#include "engine/tick.h"
#include "persist/rdb_load.h"
#include "persist/save_state.h"
#include "persist/snapshot.h"
#include "snapshot_private.h"
#include "store/keyspace_edit.h"
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

/* Wall-clock time to the deadline that the store keeps. */
static int64_t deadline_of(const struct server *server, int64_t expires_ms)
{
    int64_t deadline;
    if (expires_ms == RDB_NO_EXPIRY)
        return NO_DEADLINE;
    return __builtin_sub_overflow(expires_ms, server->clock.wall_offset_ms, &deadline) ? INT64_MAX : deadline;
}

static void restore_access(struct server *server, const struct entry *entry, const struct rdb_loaded_key *key)
{
    if (key->idle_s >= 0)
        store_set_idle_ms(server->store, entry, key->idle_s * 1000);
    if (key->frequency >= 0)
        store_set_frequency(server->store, entry, (unsigned)key->frequency);
}

/* Where a key goes in a large table is a place in memory that nobody has touched lately. So some keys are
 * gathered, and what leads to them is fetched meanwhile, before they are put in place one after the other. */
#define BATCH_KEYS  32
#define BATCH_BYTES ((size_t)32 << 10)
/* How often the server has a turn, and a line is logged, while a file is loaded at the start. What takes many
 * turns (a look at /metrics) should be done while somebody waits for it. */
#define TURN_EVERY_US 2000
#define LOG_EVERY_MS  5000

struct gathered {
    struct rdb_loaded_key key;
    struct key name;
    struct value value;
};

struct loading {
    struct server *server;
    bool merges, serves_clients;
    int64_t served_us, logged_ms; /* when clients were last served, and the log told of it */
    size_t count, used;
    struct gathered keys[BATCH_KEYS];
    char bytes[BATCH_BYTES]; /* names and values of the keys */
};

static bool put_key(const struct loading *loading, const struct gathered *gathered, struct error *error)
{
    struct server *server = loading->server;
    const struct rdb_loaded_key *key = &gathered->key;
    int64_t deadline_ms = deadline_of(server, key->expires_ms);
    struct deadline deadline = {.mode = deadline_ms == NO_DEADLINE ? DEADLINE_NONE : DEADLINE_SET,
                                .at_ms = deadline_ms};
    bool was_there;
    const struct entry *entry = keyspace_set(store_keyspace(server->store, (int)key->database),
                                             gathered->name, gathered->value, deadline, &was_there);
    if (was_there && !loading->merges) {
        error_set(error, "at offset %llu: a key is there twice", (unsigned long long)key->offset);
        return false;
    }
    restore_access(server, entry, key);
    server->save->load_keys_loaded++;
    return true;
}

/* After a failure the others have gone all the same: their values are nobody else's any more. */
static bool put_gathered(struct loading *loading, struct error *error)
{
    bool is_good = true;
    for (size_t i = 0; i < loading->count; i++) {
        if (is_good)
            is_good = put_key(loading, &loading->keys[i], error);
        else
            value_release(&loading->keys[i].value);
    }
    loading->count = loading->used = 0;
    return is_good;
}

/* Everything but the dataset goes on meanwhile, and the operator hears how far it is. False when a client
 * said SHUTDOWN. */
static bool look_up(struct loading *loading, uint64_t offset, struct error *error)
{
    struct server *server = loading->server;
    struct save_state *state = server->save;
    int64_t now_us = clock_mono_us();
    if (!loading->serves_clients || now_us - loading->served_us < TURN_EVERY_US)
        return true;
    state->load_done_bytes = offset;
    tick(server, 0);
    loading->served_us = clock_mono_us();
    if (server->clock.mono_ms - loading->logged_ms >= LOG_EVERY_MS) {
        loading->logged_ms = server->clock.mono_ms;
        log_notice("Loading: %llu of %llu MB, %llu keys so far", (unsigned long long)(offset >> 20),
                   (unsigned long long)(state->load_total_bytes >> 20),
                   (unsigned long long)state->load_keys_loaded);
    }
    if (server->is_shutting_down)
        error_set(error, "told to shut down");
    return !server->is_shutting_down;
}

static struct bytes keep(struct loading *loading, struct bytes bytes)
{
    char *kept = loading->bytes + loading->used;
    if (bytes.len)
        memcpy(kept, bytes.data, bytes.len);
    loading->used += bytes.len;
    return bytes_make(kept, bytes.len);
}

static bool gather(struct loading *loading, const struct rdb_loaded_key *key, struct value value,
                   struct error *error)
{
    bool has_bytes = value_is_bytes(&value);
    size_t needed = key->name.len + (has_bytes ? value.bytes.len : 0);
    struct gathered one = {.key = *key, .name = key_of(key->name), .value = value};
    if ((loading->count == BATCH_KEYS || needed > BATCH_BYTES - loading->used || value_is_outside(&value)) &&
        !(put_gathered(loading, error) && look_up(loading, key->offset, error))) {
        value_release(&value);
        return false;
    }
    if (needed > BATCH_BYTES)
        return put_key(loading, &one, error);
    keyspace_prefetch_bucket(store_keyspace(loading->server->store, (int)key->database), one.name.hash);
    one.name.name = keep(loading, key->name);
    if (has_bytes)
        one.value.bytes = keep(loading, value.bytes);
    loading->keys[loading->count++] = one;
    return true;
}

static bool load_key(void *context, const struct rdb_loaded_key *key, struct value value, struct error *error)
{
    struct loading *loading = context;
    struct server *server = loading->server;
    if (key->database >= (uint64_t)store_keyspace_count(server->store)) {
        value_release(&value);
        error_set(error, "the file has keys in database %llu, but `databases` is %d",
                  (unsigned long long)key->database, store_keyspace_count(server->store));
        return false;
    }
    if (key->expires_ms != RDB_NO_EXPIRY && key->expires_ms < server->clock.wall_ms) {
        value_release(&value);
        server->save->load_keys_expired++;
        return true;
    }
    return gather(loading, key, value, error);
}

static bool load_library(void *context, struct bytes code, struct error *error)
{
    const struct loading *loading = context;
    struct server *server = loading->server;
    return server->scripting->load_library(server, code, loading->merges, error);
}

static void presize(void *context, uint64_t database, uint64_t keys, uint64_t expiring)
{
    const struct loading *loading = context;
    const struct server *server = loading->server;
    (void)expiring;
    if (database < (uint64_t)store_keyspace_count(server->store))
        keyspace_presize(store_keyspace(server->store, (int)database), (size_t)keys);
}

static void note_fact(void *context, struct bytes name, struct bytes value)
{
    const struct loading *loading = context;
    uint64_t number;
    if (bytes_is(name, "used-mem") && parse_u64(value, &number))
        loading->server->save->load_memory_used = number;
    if (bytes_is(name, "redis-ver"))
        log_notice("Loading RDB produced by version %.*s", (int)(value.len < 64 ? value.len : 64),
                   value.data);
}

static void begin(struct server *server)
{
    struct stat status;
    bool is_found = stat(server->config->dbfilename, &status) == 0;
    struct save_state *state = server->save;
    state->load_keys_loaded = state->load_keys_expired = 0;
    state->load_done_bytes = state->load_memory_used = 0;
    state->load_total_bytes = is_found ? (uint64_t)status.st_size : 0;
    state->load_begin_mono_ms = server->clock.mono_ms;
    state->load_begin_wall_ms = server->clock.wall_ms;
    server->status.is_loading = true;
}

static enum rdb_load_result load_file(struct server *server, bool merges, bool serves_clients,
                                      struct error *error)
{
    struct loading *loading = mem_alloc(sizeof *loading);
    loading->server = server;
    loading->merges = merges;
    loading->serves_clients = serves_clients;
    loading->served_us = clock_mono_us();
    loading->logged_ms = server->clock.mono_ms;
    loading->count = loading->used = 0;
    const struct value_limits limits = edit_all_limits(server);
    const struct rdb_load_handler handler = {.key = load_key,
                                             .library = load_library,
                                             .sizes = presize,
                                             .aux = note_fact,
                                             .limits = &limits,
                                             .wall_offset_ms = server->clock.wall_offset_ms,
                                             .context = loading};
    enum rdb_load_result result = rdb_load(server->config->dbfilename, &handler, error);
    /* What came before damage is put in place, too: DEBUG RELOAD says that it failed, and goes on. */
    struct error another;
    if (!put_gathered(loading, result == RDB_LOADED ? error : &another) && result == RDB_LOADED)
        result = RDB_DAMAGED;
    mem_free(loading);
    return result;
}

static enum rdb_load_result load(struct server *server, bool merges, bool serves_clients)
{
    const char *path = server->config->dbfilename;
    struct error error;
    int64_t begin_us = clock_mono_us();
    begin(server);
    enum rdb_load_result result = load_file(server, merges, serves_clients, &error);
    server->status.is_loading = false;
    clock_update(&server->clock);
    if (result == RDB_LOADED) {
        log_notice("Done loading RDB, keys loaded: %llu, keys expired: %llu.",
                   (unsigned long long)server->save->load_keys_loaded,
                   (unsigned long long)server->save->load_keys_expired);
        log_notice("DB loaded from disk: %.3f seconds", (double)(clock_mono_us() - begin_us) / 1e6);
    } else {
        log_warning("%s: %s", path, result == RDB_MISSING ? "there is no such file" : error.text);
    }
    return result;
}

bool snapshot_load(struct server *server)
{
    if (access(server->config->dbfilename, F_OK) != 0 && errno == ENOENT)
        return true;
    if (load(server, false, true) != RDB_DAMAGED || server->is_shutting_down)
        return true;
    log_warning("Fatal error loading the DB, check server logs. Exiting.");
    return false;
}

static void flush_all(struct server *server)
{
    events_flushing(server, NULL);
    for (int i = 0; i < store_keyspace_count(server->store); i++)
        keyspace_flush(store_keyspace(server->store, i), false);
    server->scripting->clear_libraries(server);
}

enum snapshot_reloaded snapshot_reload(struct server *server, unsigned how)
{
    if (server->status.is_loading)
        return SNAPSHOT_NOT_LOADED;
    if ((how & SNAPSHOT_RELOAD_SAVE) && !snapshot_save(server))
        return SNAPSHOT_NOT_SAVED;
    if (how & SNAPSHOT_RELOAD_FLUSH)
        flush_all(server);
    if (!server->snapshot || load(server, how & SNAPSHOT_RELOAD_MERGE, false) != RDB_LOADED)
        return SNAPSHOT_NOT_LOADED;
    log_notice("DB reloaded by DEBUG RELOAD");
    return SNAPSHOT_RELOADED;
}
