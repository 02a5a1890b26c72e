/* SPDX-License-Identifier: BSD-3-Clause */
/* A round goes over the list of clients, a tenth of them ten times a second. `next` is the one to be looked
 * at next, or the list's head when the round is done; one that goes away hands it on. */
#include "engine/client_care.h"
#include "base/alloc.h"
#include "base/log.h"
#include "client_input.h"
#include "client_part.h"
#include "engine/cron.h"
#include "engine/metric_tables.h"
#include "engine/server.h"

#define PERIOD_MS         100
#define SHARES_OF_A_ROUND 10
/* So many clients are counted whenever somebody asks, more only by the round. */
#define FEW_CLIENTS 1000

/* What a client may hold that hasn't read anything for so long. */
#define STALLED_BYTES_MAX ((size_t)64 << 20)
#define STALLED_S_MAX     10

/* A request is given another request-timeout for this much of it: big values may come slowly. */
#define PROGRESS_BYTES ((uint64_t)64 << 10)

struct client_care {
    struct cron_task task;
    struct list *next;
    struct client_census counting; /* of the round so far */
    struct client_census census;
    int64_t census_us; /* monotonic; 0: none was taken */
};

/* ---- one client ---- */

static void count(struct client_census *census, const struct client *client)
{
    enum client_class class = client_class(client);
    size_t *bytes = class == CLIENT_CLASS_PUBSUB    ? &census->pubsub_bytes
                    : class == CLIENT_CLASS_REPLICA ? &census->replica_bytes
                                                    : &census->normal_bytes;
    size_t output = reply_pending(&client->reply);
    *bytes += client_memory(client);
    if (client->input.len > census->longest_input)
        census->longest_input = client->input.len;
    if (output > census->longest_output)
        census->longest_output = output;
}

static bool has_passed(const struct client *client, int64_t since_ms, int64_t limit_s)
{
    return limit_s > 0 && client->server->clock.mono_ms - since_ms > limit_s * 1000;
}

/* Subscribers, monitors and who waits for the server are silent by nature. */
static bool is_idle(const struct client *client)
{
    return !(client->flags & (CLIENT_BUSY | CLIENT_MONITOR)) && client_class(client) == CLIENT_CLASS_NORMAL &&
           has_passed(client, client->active_ms, client->server->config->timeout);
}

static bool is_stranger_for_too_long(const struct client *client)
{
    return !(client->flags & CLIENT_AUTHENTICATED) &&
           has_passed(client, client->stranger_since_ms, client->server->config->unauthenticated_timeout);
}

/* With what is shared: it keeps that alive, and nobody else may. */
static size_t held_by(const struct client *client)
{
    return client_memory(client) + reply_shared(&client->reply);
}

/* Replies, a monitor's lines, messages: whatever it is, it doesn't want them. */
static bool is_stalled(const struct client *client)
{
    return client->stalled_since_ms != 0 && has_passed(client, client->stalled_since_ms, STALLED_S_MAX) &&
           held_by(client) > STALLED_BYTES_MAX;
}

static void close_stalled(struct client *client)
{
    struct buf line = {0};
    client_describe_for_log(client, &line);
    log_warning("Closing a client that holds %zu bytes and has read nothing for %d seconds: %s",
                held_by(client), STALLED_S_MAX, buf_cstring(&line));
    buf_clear(&line);
    client->server->counters.client_output_buffer_limit_disconnections++;
    client_close(client);
}

/* The wait is for the rest of a request, not for anything of ours. */
static bool has_unfinished_request(const struct client *client)
{
    return client_input_held(client) > 0 && !(client->flags & CLIENT_BUSY) &&
           list_is_unlinked(&client->runnable);
}

static bool is_dripping(struct client *client)
{
    int64_t limit_s = client->server->config->request_timeout;
    uint64_t begins_at = client->bytes_in - client_input_held(client);
    if (!has_unfinished_request(client)) {
        client->unfinished_since_ms = 0;
        return false;
    }
    bool is_seen_first = client->unfinished_since_ms == 0 || client->unfinished_at != begins_at;
    bool is_over = !is_seen_first && has_passed(client, client->unfinished_since_ms, limit_s);
    if (is_over && client->bytes_in - client->unfinished_bytes_in < PROGRESS_BYTES)
        return true;
    if (is_seen_first || is_over) {
        client->unfinished_since_ms = client->server->clock.mono_ms;
        client->unfinished_at = begins_at;
        client->unfinished_bytes_in = client->bytes_in;
    }
    return false;
}

static void close_dripping(struct client *client)
{
    log_notice("Closing a client whose request did not end within request-timeout: %s",
               client_peer_name(client));
    client->server->counters.request_timeout_disconnections++;
    client_close(client);
}

static void look_after(struct client *client)
{
    if (reply_pending(&client->reply) > 0)
        client_check_output_limit(client);
    if (client->flags & (CLIENT_INTERNAL | CLIENT_CLOSE_NOW))
        return;
    if (client->flags & CLIENT_END_UNKNOWN)
        conn_keep_ready(&client->conn);
    if (is_stalled(client)) {
        close_stalled(client);
    } else if (is_dripping(client)) {
        close_dripping(client);
    } else if (is_idle(client)) {
        log_verbose("Closing idle client");
        client_close(client);
    } else if (is_stranger_for_too_long(client)) {
        log_verbose("Closing client that has not authenticated: %s", client_peer_name(client));
        client_close(client);
    }
}

/* ---- all of them ---- */

static void begin_round(struct server *server, struct client_care *care)
{
    care->next = server->clients.next;
    care->counting = (struct client_census){0};
}

static void look_after_some(struct server *server)
{
    struct client_care *care = server->client_care;
    size_t share = server->client_count / SHARES_OF_A_ROUND + 1;
    for (; share > 0 && care->next != &server->clients; share--) {
        struct client *client = LIST_ENTRY(care->next, struct client, all);
        care->next = care->next->next;
        count(&care->counting, client);
        look_after(client);
    }
    if (care->next != &server->clients)
        return;
    care->census = care->counting;
    care->census_us = server->tick_begin_us;
    begin_round(server, care);
}

static void forget(struct client *client)
{
    struct client_care *care = client->server->client_care;
    if (care->next == &client->all)
        care->next = client->all.next;
}

const struct client_census *client_census(const struct server *server)
{
    struct client_care *care = server->client_care;
    bool is_of_this_turn = care->census_us == server->tick_begin_us;
    if (care->census_us != 0 && (server->client_count > FEW_CLIENTS || is_of_this_turn))
        return &care->census;
    care->census = (struct client_census){0};
    care->census_us = server->tick_begin_us;
    LIST_EACH(link, &server->clients) {
        count(&care->census, LIST_ENTRY(link, struct client, all));
    }
    return &care->census;
}

void client_care_init(struct server *server)
{
    struct client_care *care = mem_zalloc(sizeof *care);
    care->task = (struct cron_task){.name = "clients", .period_ms = PERIOD_MS, .run = look_after_some};
    server->client_care = care;
    begin_round(server, care);
    cron_add(server, &care->task);
}

void client_care_free(struct server *server)
{
    list_remove(&server->client_care->task.link);
    mem_free(server->client_care);
}

const struct client_part client_care_part = {.free = forget};

/* ---- figures ---- */

#define CLIENT_METRICS(ROW)                                                                                  \
    ROW(INTEGER, "Clients", connected_clients, GAUGE, server->client_count, "Clients connected.",            \
        .exporter_name = "connected_clients")                                                                \
    ROW(INTEGER, "Clients", maxclients, GAUGE, server->config->maxclients, "The directive maxclients.",      \
        .exporter_name = "config_maxclients")                                                                \
    ROW(INTEGER, "Clients", client_recent_max_input_buffer, GAUGE, client_census(server)->longest_input,     \
        "Longest unread request, in bytes.", .exporter_name = "client_recent_max_input_buffer_bytes")        \
    ROW(INTEGER, "Clients", client_recent_max_output_buffer, GAUGE, client_census(server)->longest_output,   \
        "Longest unsent replies, in bytes.", .exporter_name = "client_recent_max_output_buffer_bytes")       \
    ROW(INTEGER, "Memory", mem_clients_slaves, GAUGE, client_census(server)->replica_bytes,                  \
        "Bytes held by replicas.", .exporter_name = "mem_clients_slaves")                                    \
    ROW(INTEGER, "Memory", mem_clients_normal, GAUGE,                                                        \
        client_census(server)->normal_bytes + client_census(server)->pubsub_bytes, "Bytes held by clients.", \
        .exporter_name = "mem_clients_normal")

METRIC_TABLE(client_care_add_metrics, CLIENT_METRICS)
