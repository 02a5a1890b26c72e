/* SPDX-License-Identifier: BSD-3-Clause */
/* A client's life: made when its connection is accepted, marked when it is to go, freed by the reaper at the
 * tick's end. */
#include "engine/client.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/panic.h"
#include "client_part.h"
#include "engine/client_io.h"
#include "engine/long_work.h"
#include "engine/server.h"
#include "late_call.h"

/* What a client that hasn't said who it is may leave unread, whatever the limits of the others. */
#define UNAUTHENTICATED_OUTPUT_MAX ((size_t)16 << 10)

/* ---- by id ---- */

/* Ids are counted up, so no choice of theirs can collide; they only need spreading over the bits. */
static uint64_t hash_of_id(uint64_t id)
{
    id = (id ^ id >> 32) * 0x9e3779b97f4a7c15u;
    return id ^ id >> 29;
}

static uint64_t hash_of_client(void *context, const void *item)
{
    (void)context;
    return hash_of_id(((const struct client *)item)->id);
}

const struct table_type client_id_table = {.hash = hash_of_client};

static bool has_id(const void *item, const void *wanted)
{
    return ((const struct client *)item)->id == *(const uint64_t *)wanted;
}

struct client *client_by_id(const struct server *server, uint64_t id)
{
    return table_slot_item(table_find(&server->client_ids, hash_of_id(id), has_id, &id));
}

/* ---- its parts ---- */

#define EACH_PART(client, part) \
    for (const struct client_part *const *part = (client)->server->client_parts; *part; part++)

static void begin_parts(struct client *client)
{
    EACH_PART(client, part)
    {
        if ((*part)->begin)
            (*part)->begin(client);
    }
}

static void reset_parts(struct client *client)
{
    EACH_PART(client, part)
    {
        if ((*part)->reset)
            (*part)->reset(client);
    }
}

static void close_parts(struct client *client)
{
    EACH_PART(client, part)
    {
        if ((*part)->close)
            (*part)->close(client);
    }
}

static void free_parts(struct client *client)
{
    EACH_PART(client, part)
    {
        if ((*part)->free)
            (*part)->free(client);
    }
}

/* ---- its life ---- */

static struct client *new_client(struct server *server)
{
    struct client *client = mem_zalloc(sizeof *client);
    client->server = server;
    client->id = ++server->next_client_id;
    client->created_ms = client->active_ms = client->stranger_since_ms = server->clock.mono_ms;
    list_init(&client->pending_write);
    list_init(&client->runnable);
    list_init(&client->closing);
    list_init(&client->by_size);
    list_init(&client->pushed_to);
    list_init(&client->conn.ready);
    list_init(&client->conn.writable);
    subscriber_init(&client->subscriber);
    reply_init(&client->reply, server->reply_pool);
    client->reply.protocol = 2;
    list_append(&server->clients, &client->all);
    table_insert(&server->client_ids, hash_of_id(client->id), client);
    server->client_count++;
    begin_parts(client);
    return client;
}

struct client *client_new(struct server *server, int fd, bool is_unix)
{
    struct client *client = new_client(server);
    if (!conn_open(&client->conn, server->loop, fd, is_unix)) {
        client->flags |= CLIENT_INTERNAL;
        client_free(client);
        return NULL;
    }
    conn_set_keepalive(&client->conn, server->config->tcp_keepalive);
    return client;
}

struct client *client_new_internal(struct server *server)
{
    struct client *client = new_client(server);
    client->flags |= CLIENT_INTERNAL;
    client->conn.fd = -1;
    return client;
}

/* What others know of it, and its connection. To be done again does no harm. */
static void disconnect(struct client *client)
{
    free_parts(client);
    if (client->flags & CLIENT_CLOSE_AFTER_REPLY)
        conn_finish(&client->conn);
    if (!(client->flags & CLIENT_INTERNAL))
        conn_close(&client->conn);
    client->flags |= CLIENT_INTERNAL;
    list_remove(&client->conn.ready);
    list_remove(&client->conn.writable);
    list_remove(&client->pending_write);
    list_remove(&client->runnable);
    list_remove(&client->closing);
    list_remove(&client->pushed_to);
}

void client_reap(struct client *client)
{
    if (!long_work_is_due(client)) {
        client_free(client);
        return;
    }
    /* It is told by its address when its call is recorded. */
    (void)client_peer_name(client);
    disconnect(client);
}

void client_free(struct client *client)
{
    struct server *server = client->server;
    wait_drop(client);
    disconnect(client);
    list_remove(&client->all);
    table_remove(&server->client_ids, table_locate(&server->client_ids, hash_of_id(client->id), client));
    server->client_count--;
    reply_clear(&client->reply);
    resp_parser_clear(&client->parser);
    buf_clear(&client->input);
    if (client->big_argument)
        blob_unref(client->big_argument);
    mem_free(client->name);
    mem_free(client->library_name);
    mem_free(client->library_version);
    mem_free(client->peer_name);
    mem_free(client->local_name);
    mem_free(client);
}

void client_close(struct client *client)
{
    client->flags |= CLIENT_CLOSE_NOW;
    close_parts(client);
    if (list_is_unlinked(&client->closing))
        list_append(&client->server->closing, &client->closing);
}

void client_close_after_reply(struct client *client)
{
    client->flags |= CLIENT_CLOSE_AFTER_REPLY;
    if (!(client->flags & CLIENT_INTERNAL))
        conn_pause_reading(&client->conn);
    client_wants_write(client);
}

void client_wants_write(struct client *client)
{
    if (list_is_unlinked(&client->pending_write))
        list_append(&client->server->pending_writers, &client->pending_write);
}

void client_reset(struct client *client)
{
    mem_free(client->name);
    client->name = NULL;
    client->database = 0;
    client->reply.protocol = 2;
    client->flags &= ~(uint32_t)(CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP_NEXT | CLIENT_NO_EVICT |
                                 CLIENT_NO_TOUCH | CLIENT_MULTI | CLIENT_DIRTY_WATCH | CLIENT_DIRTY_EXEC);
    reset_parts(client);
}

/* ---- limits of what waits to be sent ---- */

static void close_for_output(struct client *client)
{
    struct buf line = {0};
    client_describe(client, &line);
    line.len -= line.len > 0;
    log_warning("Client %s scheduled to be closed ASAP for overcoming of output buffer limits.",
                buf_cstring(&line));
    buf_clear(&line);
    client->server->counters.client_output_buffer_limit_disconnections++;
    client_close(client);
}

void client_check_output_limit(struct client *client)
{
    struct server *server = client->server;
    enum client_class class = client_class(client);
    if (class == CLIENT_CLASS_MASTER || client->flags & CLIENT_CLOSE_NOW)
        return;
    const struct config_buffer_limit *limit = &server->config->client_output_buffer_limit.of_class[class];
    size_t pending = reply_pending(&client->reply) + wait_pending(client);
    /* One large message may wait: who reads it is not behind. */
    size_t counted =
        pending - (client->reply.largest_message < pending ? client->reply.largest_message : pending);
    if (!(client->flags & CLIENT_AUTHENTICATED) && pending > UNAUTHENTICATED_OUTPUT_MAX) {
        close_for_output(client);
        return;
    }
    if (limit->hard_bytes && counted > (size_t)limit->hard_bytes) {
        close_for_output(client);
        return;
    }
    if (!limit->soft_bytes || counted <= (size_t)limit->soft_bytes) {
        client->soft_limit_since_ms = 0;
        return;
    }
    if (client->soft_limit_since_ms == 0)
        client->soft_limit_since_ms = server->clock.mono_ms;
    else if (server->clock.mono_ms - client->soft_limit_since_ms > limit->soft_seconds * 1000)
        close_for_output(client);
}

struct reply *client_push(struct client *client)
{
    struct server *server = client->server;
    if (client == server->current_client) {
        server->deferred_pushes.protocol = client->reply.protocol;
        return &server->deferred_pushes;
    }
    /* Who waits for something that may never come is told at once. */
    return client->wait.kind == WAIT_WORK ? &client->wait.late->pushes : &client->reply;
}
