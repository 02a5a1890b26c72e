/* SPDX-License-Identifier: BSD-3-Clause */
/* A check is one row: its name, when it fails, and what is said then. */
#include "health.h"
#include "base/buf.h"
#include "engine/certificate.h"
#include "engine/pause.h"

/* Shares of limits at which a warning is given, in percent. */
enum { MEMORY_WARNING = 90, CLIENTS_WARNING = 90 };
enum { EVICTION_PATIENCE_MS = 1000 };

static bool is_ending(const struct server *server)
{
    return server->is_shutting_down;
}

static bool is_loading(const struct server *server)
{
    return server->status.is_loading;
}

static bool is_storage_failing(const struct server *server)
{
    return server->status.is_snapshot_failed;
}

/* Eviction makes room within a tick, as a rule; when it hasn't for so long, there is nothing left that it may
 * take. */
static bool is_memory_exhausted(const struct server *server)
{
    bool may_evict = server->config->maxmemory_policy != MAXMEMORY_NOEVICTION;
    return server->memory_limit.exceeded_since_us != 0 &&
           (!may_evict || memory_limit_exceeded_ms(server) >= EVICTION_PATIENCE_MS);
}

static const struct check {
    const char *name;
    bool (*fails)(const struct server *server);
    const char *reason;
} checks[] = {
    {"redis", is_ending, "the server is shutting down"},
    {"data", is_loading, "the data is being loaded"},
    {"storage", is_storage_failing, "the last snapshot failed"},
    {"memory", is_memory_exhausted, "maxmemory is reached, and nothing may be evicted"},
    {"writes", pause_holds_data, "clients are paused"},
};
enum { CHECK_COUNT = sizeof checks / sizeof checks[0] };

bool health_is_ready(const struct server *server)
{
    for (int i = 0; i < CHECK_COUNT; i++) {
        if (checks[i].fails(server))
            return false;
    }
    return true;
}

/* Evicting is a normal way to live; without it the end comes suddenly. */
static void warn_of_memory(const struct server *server, struct json *json)
{
    const struct config *config = server->config;
    size_t used = memory_limit_used(server);
    struct buf text = {0};
    if (config->maxmemory == 0 || config->maxmemory_policy != MAXMEMORY_NOEVICTION)
        return;
    double share = (double)used * 100 / (double)config->maxmemory;
    if (share < MEMORY_WARNING)
        return;
    buf_printf(&text, "%.0f%% of maxmemory is used", share);
    json_text(json, NULL, buf_bytes(&text));
    buf_clear(&text);
}

static void warn_of_clients(const struct server *server, struct json *json)
{
    struct buf text = {0};
    if ((double)server->client_count * 100 < (double)server->config->maxclients * CLIENTS_WARNING)
        return;
    buf_printf(&text, "%zu of %lld clients are connected", server->client_count,
               (long long)server->config->maxclients);
    json_text(json, NULL, buf_bytes(&text));
    buf_clear(&text);
}

static void warn_of_certificate(const struct server *server, struct json *json)
{
    struct buf text = {0};
    int64_t days = certificate_is_used(server) ? certificate_days_left(server) : INT64_MAX;
    if (days > CERTIFICATE_DAYS_WARNED)
        return;
    if (days < 0)
        buf_append_text(&text, "the TLS certificate has expired");
    else
        buf_printf(&text, "the TLS certificate expires in %lld days", (long long)days);
    json_text(json, NULL, buf_bytes(&text));
    buf_clear(&text);
}

void health_print(const struct server *server, struct json *json)
{
    json_open(json, "checks", '{');
    for (int i = 0; i < CHECK_COUNT; i++)
        json_bool(json, checks[i].name, !checks[i].fails(server));
    json_close(json, '}');
    json_open(json, "reasons", '[');
    for (int i = 0; i < CHECK_COUNT; i++) {
        if (checks[i].fails(server))
            json_text(json, NULL, bytes_of(checks[i].reason));
    }
    json_close(json, ']');
    json_open(json, "warnings", '[');
    warn_of_memory(server, json);
    warn_of_clients(server, json);
    warn_of_certificate(server, json);
    json_close(json, ']');
}
