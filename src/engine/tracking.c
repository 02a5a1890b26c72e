/* SPDX-License-Identifier: BSD-3-Clause */
/* Clients that track, and what reaches them. A client with CLIENT_TRACKING has a state, and is on the
 * list. */
#include "engine/tracking.h"
#include "base/alloc.h"
#include "client_part.h"
#include "engine/key_spec.h"
#include "engine/metric_tables.h"
#include "tracking_private.h"

/* An invalidation that waits for the end of the running command. */
struct pending {
    struct list link;
    bool is_all;
    struct bytes key; /* its bytes lie behind */
    char bytes[];
};

static struct tracking *tracking_new(struct server *server)
{
    struct tracking *tracking = mem_zalloc(sizeof *tracking);
    list_init(&tracking->clients);
    list_init(&tracking->pending);
    tracking_table_init(&tracking->table, server);
    tracking_broadcast_init(&tracking->broadcast);
    server->heeded_keys++;
    return tracking;
}

static void drop_pending(struct tracking *tracking)
{
    LIST_EACH_SAFE(link, &tracking->pending) {
        list_remove(link);
        mem_free(LIST_ENTRY(link, struct pending, link));
    }
}

void tracking_free(struct tracking *tracking)
{
    if (!tracking)
        return;
    drop_pending(tracking);
    tracking_table_clear(&tracking->table);
    tracking_broadcast_clear(&tracking->broadcast);
    mem_free(tracking);
}

/* ---- on and off ---- */

static struct tracking_state *state_of(struct client *client)
{
    if (!client->tracking) {
        client->tracking = mem_zalloc(sizeof *client->tracking);
        client->tracking->client = client;
        list_init(&client->tracking->link);
        list_init(&client->tracking->prefixes);
    }
    return client->tracking;
}

void tracking_enable(struct client *client, const struct tracking_options *options,
                     const struct bytes *prefixes, size_t prefix_count)
{
    struct server *server = client->server;
    struct tracking_state *state = state_of(client);
    if (!server->tracking)
        server->tracking = tracking_new(server);
    struct tracking *tracking = server->tracking;
    if (!tracking_is_on(client)) {
        list_append(&tracking->clients, &state->link);
        tracking->client_count++;
    }
    client->flags |= CLIENT_TRACKING;
    client->flags &= ~(uint32_t)CLIENT_TRACKING_BROKEN_REDIRECT;
    state->options = *options;
    if (!options->is_broadcast)
        return;
    if (prefix_count == 0)
        tracking_broadcast_join(&tracking->broadcast, client, BYTES(""));
    for (size_t i = 0; i < prefix_count; i++)
        tracking_broadcast_join(&tracking->broadcast, client, prefixes[i]);
}

void tracking_disable(struct client *client)
{
    if (!tracking_is_on(client))
        return;
    /* What it read stays in the table until the key changes: to look for it would take long. */
    struct tracking *tracking = client->server->tracking;
    tracking_broadcast_leave(&tracking->broadcast, client);
    list_remove(&client->tracking->link);
    tracking->client_count--;
    client->tracking->options = (struct tracking_options){.redirect = 0};
    client->tracking->is_caching_chosen = false;
    client->flags &= ~(uint32_t)(CLIENT_TRACKING | CLIENT_TRACKING_BROKEN_REDIRECT);
}

/* Who runs the commands of scripts has none: that it tracks is said of its caller. */
static void free_state(struct client *client)
{
    if (!client->tracking)
        return;
    tracking_disable(client);
    mem_free(client->tracking);
    client->tracking = NULL;
}

int64_t tracking_redirect(const struct client *client)
{
    return tracking_is_on(client) ? (int64_t)client->tracking->options.redirect : -1;
}

/* ---- what happens ---- */

static bool caches_this_command(const struct tracking_state *state)
{
    if (state->options.is_opt_in)
        return state->is_caching_chosen;
    return !(state->options.is_opt_out && state->is_caching_chosen);
}

void tracking_remember(const struct call *call)
{
    /* Of a script the client that called it. */
    struct client *client = call->server->current_client;
    if (!tracking_is_on(client) || tracking_is_broadcast(client) || !caches_this_command(client->tracking))
        return;
    /* Shard channels only look like keys. */
    if (call->command->row->flags & COMMAND_PUBSUB)
        return;
    struct key_positions positions = {0};
    command_find_keys(call->command->row, call->argv, call->argc, &positions);
    for (int i = 0; i < positions.count; i++) {
        struct key key = call_key(call, key_position_at(&positions, i)->index);
        tracking_table_remember(&call->server->tracking->table, key, client->id);
    }
    key_positions_clear(&positions);
}

static void put_off(struct tracking *tracking, const struct bytes *key)
{
    size_t len = key ? key->len : 0;
    struct pending *pending = mem_alloc(sizeof *pending + len);
    *pending = (struct pending){.is_all = !key, .key = {pending->bytes, len}};
    if (len > 0)
        memcpy(pending->bytes, key->data, len);
    list_append(&tracking->pending, &pending->link);
}

void tracking_tell(struct client *client, const struct bytes *key)
{
    struct server *server = client->server;
    if (client == server->current_client)
        put_off(server->tracking, key);
    else
        tracking_send(client, key, NULL);
}

void tracking_key_changed(struct server *server, const struct client *by, struct bytes key)
{
    tracking_broadcast_remember(&server->tracking->broadcast, key, by ? by->id : 0);
    tracking_table_invalidate(&server->tracking->table, key);
}

void tracking_flushing(struct server *server)
{
    LIST_EACH(link, &server->tracking->clients)
        tracking_tell(LIST_ENTRY(link, struct tracking_state, link)->client, NULL);
    tracking_table_forget(&server->tracking->table);
}

static void send_pending(struct tracking *tracking, struct client *client)
{
    LIST_EACH(link, &tracking->pending) {
        const struct pending *pending = LIST_ENTRY(link, struct pending, link);
        tracking_send(client, pending->is_all ? NULL : &pending->key, NULL);
    }
    drop_pending(tracking);
}

/* One that there is: of CLIENT alone, or with a word that is no subcommand, only the container is known. */
static bool is_client_command(const struct registered_command *command)
{
    return command && command->parent && strcmp(command->parent->row->name, "client") == 0;
}

void tracking_settle(struct client *client, const struct registered_command *command)
{
    send_pending(client->server->tracking, client);
    /* The choice holds for one command or one transaction. */
    if (client->tracking && client->tracking->is_caching_chosen && !(client->flags & CLIENT_MULTI) &&
        !is_client_command(command))
        client->tracking->is_caching_chosen = false;
}

void tracking_tick(struct server *server)
{
    if (!server->tracking)
        return;
    tracking_broadcast_send(&server->tracking->broadcast);
    tracking_table_limit(&server->tracking->table);
}

/* ---- figures ---- */

size_t tracking_client_count(const struct server *server)
{
    return server->tracking ? server->tracking->client_count : 0;
}

size_t tracking_key_count(const struct server *server)
{
    return server->tracking ? server->tracking->table.keys.count : 0;
}

size_t tracking_item_count(const struct server *server)
{
    return server->tracking ? server->tracking->table.item_count : 0;
}

size_t tracking_prefix_count(const struct server *server)
{
    return server->tracking ? server->tracking->broadcast.prefix_count : 0;
}

/* ---- of a client ---- */

static void describe(const struct client *client, struct client_description *description)
{
    description->redirect = tracking_redirect(client);
    if (tracking_is_on(client))
        description->letters |= client_letter('t');
    if (tracking_is_broadcast(client))
        description->letters |= client_letter('B');
    if (client->flags & CLIENT_TRACKING_BROKEN_REDIRECT)
        description->letters |= client_letter('R');
}

const struct client_part tracking_part = {
    .reset = tracking_disable, .free = free_state, .memory = tracking_memory, .describe = describe};

/* ---- figures ---- */

#define TRACKING_METRICS(ROW)                                                                                \
    ROW(INTEGER, "Clients", tracking_clients, GAUGE, tracking_client_count(server), "Clients that cache.",   \
        .exporter_name = "tracking_clients")                                                                 \
    ROW(INTEGER, "Stats", tracking_total_keys, GAUGE, tracking_key_count(server), "Keys cached by clients.", \
        .exporter_name = "tracking_total_keys")                                                              \
    ROW(INTEGER, "Stats", tracking_total_items, GAUGE, tracking_item_count(server),                          \
        "The same, times the clients that cache them.", .exporter_name = "tracking_total_items")             \
    ROW(INTEGER, "Stats", tracking_total_prefixes, GAUGE, tracking_prefix_count(server),                     \
        "Prefixes that clients follow.", .exporter_name = "tracking_total_prefixes")

METRIC_TABLE(tracking_add_metrics, TRACKING_METRICS)
