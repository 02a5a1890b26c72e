/* SPDX-License-Identifier: BSD-3-Clause */
/* Prefixes, command names and figures; never a key, an argument or a value. */
#include "live.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/number.h"
#include "engine/certificate.h"
#include "engine/metrics.h"
#include "health.h"
#include "metrics/slowlog.h"
#include "persist/save_state.h"
#include "sessions/session_stats.h"

enum { CLASSES_SHOWN = 50, SLOW_SHOWN = 20 };

/* ---- what was asked for ---- */

/* The number of `name=123` in a query; 0 when there is none. */
static uint64_t query_number(struct bytes query, const char *name)
{
    size_t name_len = strlen(name);
    while (query.len > 0) {
        size_t len = bytes_index_of(query, '&');
        struct bytes part = bytes_make(query.data, len);
        uint64_t number;
        if (part.len > name_len && memcmp(part.data, name, name_len) == 0 && part.data[name_len] == '=' &&
            parse_u64(bytes_make(part.data + name_len + 1, part.len - name_len - 1), &number))
            return number;
        len += len < query.len;
        query = bytes_make(query.data + len, query.len - len);
    }
    return 0;
}

/* ---- parts of the answer ---- */

static void print_server(const struct server *server, struct json *json)
{
    const struct config *config = server->config;
    json_open(json, "server", '{');
    json_text(json, "version", BYTES(SESSIOND_VERSION));
    json_text(json, "redis_version", BYTES(REDIS_VERSION));
    json_text(json, "run_id", bytes_of(server->run_id));
    json_integer(json, "uptime_s", (server->clock.mono_ms - server->start_mono_ms) / 1000);
    json_integer(json, "port", config->port != 0 ? config->port : config->tls_port);
    if (certificate_is_used(server))
        json_integer(json, "certificate_days", certificate_days_left(server));
    json_integer(json, "clients", (int64_t)server->client_count);
    json_integer(json, "maxclients", config->maxclients);
    json_integer(json, "blocked_clients", (int64_t)server->blocked_count);
    json_integer(json, "memory", (int64_t)mem_used());
    json_integer(json, "memory_peak", (int64_t)sampler_memory_peak(server));
    json_integer(json, "maxmemory", config->maxmemory);
    json_text(json, "maxmemory_policy", bytes_of(config_choice_word(config, "maxmemory-policy")));
    json_integer(json, "channels", (int64_t)pubsub_name_count(server->pubsub, SUBSCRIBE_CHANNEL));
    json_integer(json, "patterns", (int64_t)pubsub_name_count(server->pubsub, SUBSCRIBE_PATTERN));
    json_integer(json, "expiry_lag_us", store_stats(server->store)->expiry_lag_us_max);
    json_integer(json, "slice_max_us", server->slices.longest_us);
    json_close(json, '}');
}

static void print_snapshot(const struct server *server, struct json *json)
{
    const struct save_state *save = server->save;
    json_open(json, "snapshot", '{');
    json_bool(json, "is_running", save->is_running);
    json_bool(json, "is_ok", !server->status.is_snapshot_failed);
    json_integer(json, "keys_done", (int64_t)save->keys_done);
    json_integer(json, "keys_total", (int64_t)save->keys_total);
    json_integer(json, "last_ms", save->last_save_wall_ms);
    json_integer(json, "last_duration_s", save->last_duration_s);
    json_integer(json, "saves", (int64_t)save->saves);
    json_integer(json, "changes", (int64_t)server->dirty);
    json_close(json, '}');
}

/* Those with most keys, largest first. Returns how many there are. */
static unsigned largest_classes(const struct session_stats *stats,
                                const struct session_class *largest[static CLASSES_SHOWN])
{
    unsigned count = 0;
    for (unsigned i = 0; i < stats->class_count; i++) {
        const struct session_class *class = &stats->classes[i];
        unsigned at = count;
        if (!session_class_is_used(class))
            continue;
        for (; at > 0 && largest[at - 1]->live.keys < class->live.keys; at--) {
            if (at < CLASSES_SHOWN)
                largest[at] = largest[at - 1];
        }
        if (at < CLASSES_SHOWN)
            largest[at] = class;
        count += count < CLASSES_SHOWN;
    }
    return count;
}

static void print_sessions(const struct server *server, struct json *json)
{
    const struct session_class *classes[CLASSES_SHOWN];
    unsigned count = largest_classes(server->sessions, classes);
    json_open(json, "sessions", '[');
    for (unsigned i = 0; i < count; i++) {
        json_open(json, NULL, '{');
        json_name(json, "prefix", session_class_prefix(classes[i]));
        for (size_t row = 0; row < session_figure_count; row++)
            json_integer(json, session_figures[row].name,
                         (int64_t)session_figure_read(&session_figures[row], classes[i]));
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_slow_command(const struct server *server, const struct slowlog_entry *entry,
                               struct json *json)
{
    bool is_unknown;
    struct buf name = {0};
    const struct registered_command *command =
        registry_resolve(server->registry, entry->argv, entry->argc, &is_unknown);
    if (!command)
        return;
    command_print_name(command, &name);
    json_open(json, NULL, '{');
    json_text(json, "command", buf_bytes(&name));
    json_integer(json, "time_s", entry->time_s);
    json_integer(json, "duration_us", entry->duration_us);
    json_close(json, '}');
    buf_clear(&name);
}

static void print_slow_commands(const struct server *server, struct json *json)
{
    int count = 0;
    json_open(json, "slow", '[');
    LIST_EACH(link, &server->slowlog->entries) {
        if (count++ == SLOW_SHOWN)
            break;
        print_slow_command(server, LIST_ENTRY(link, struct slowlog_entry, link), json);
    }
    json_close(json, ']');
}

static void print_health(const struct server *server, struct json *json)
{
    json_open(json, "health", '{');
    json_bool(json, "is_ready", health_is_ready(server));
    health_print(server, json);
    json_close(json, '}');
}

void live_print(const struct server *server, const struct history *history, struct bytes query,
                struct buf *out)
{
    struct json json = json_begin(out);
    json_open(&json, NULL, '{');
    json_integer(&json, "now_ms", server->clock.wall_ms);
    print_server(server, &json);
    print_health(server, &json);
    print_snapshot(server, &json);
    print_sessions(server, &json);
    print_slow_commands(server, &json);
    history_print_samples(history, query_number(query, "since"), &json);
    history_print_minutes(history, query_number(query, "minute"), &json);
    json_close(&json, '}');
}

/* ---- what applications show ---- */

static struct bytes main_prefix(const struct session_stats *stats)
{
    const struct session_class *largest[CLASSES_SHOWN];
    unsigned count = largest_classes(stats, largest);
    /* The class without a prefix takes what doesn't look like sessions. */
    for (unsigned i = 0; i < count; i++) {
        if (largest[i]->prefix_len > 0)
            return session_class_prefix(largest[i]);
    }
    return BYTES("");
}

void live_print_status(const struct server *server, struct buf *out)
{
    struct json json = json_begin(out);
    char human[NUMBER_HUMAN_SIZE];
    size_t keys = 0;
    for (int i = 0; i < store_keyspace_count(server->store); i++)
        keys += keyspace_count(store_keyspace(server->store, i));
    print_human_bytes(human, mem_used());
    json_open(&json, NULL, '{');
    json_bool(&json, "connected", true);
    json_text(&json, "version", BYTES(REDIS_VERSION));
    json_text(&json, "used_memory", bytes_of(human));
    json_integer(&json, "connected_clients", (int64_t)server->client_count);
    json_integer(&json, "db_keys", (int64_t)keys);
    json_text(&json, "session_type", BYTES("redis"));
    json_name(&json, "session_prefix", main_prefix(server->sessions));
    json_close(&json, '}');
}
