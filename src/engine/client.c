/* SPDX-License-Identifier: BSD-3-Clause */
/* A client's life: made when its connection is accepted, marked when it is to go, freed by the reaper at the
 * tick's end. */
#include "engine/client.h"
#include "base/alloc.h"
#include "client_ids.h"
#include "client_part.h"
#include "engine/long_work.h"
#include "engine/server.h"

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

static void free_parts(struct client *client)
{
    EACH_PART(client, part)
    {
        if ((*part)->free)
            (*part)->free(client);
    }
}

/* ---- its life ---- */

/* One byte more, and each takes 128 more of the allocator. */
_Static_assert(sizeof(struct client) <= 640, "a client fits a size of the allocator");

static void enlist(struct client *client)
{
    struct server *server = client->server;
    list_append(&server->clients, &client->all);
    client_ids_add(client);
    server->client_count++;
}

static struct client *make_client(struct server *server, uint32_t flags)
{
    struct client *client = mem_zalloc(sizeof *client);
    client->server = server;
    client->flags = flags;
    client->id = ++server->next_client_id;
    client->created_ms = client->active_ms = client->stranger_since_ms = server->clock.mono_ms;
    list_init(&client->pending_write);
    list_init(&client->runnable);
    list_init(&client->closing);
    list_init(&client->shaking);
    list_init(&client->by_size);
    list_init(&client->pushed_to);
    list_init(&client->conn.ready);
    list_init(&client->conn.writable);
    reply_init(&client->reply, server->reply_pool);
    client->reply.protocol = 2;
    list_init(&client->all);
    begin_parts(client);
    return client;
}

static struct client *new_client(struct server *server)
{
    struct client *client = make_client(server, 0);
    enlist(client);
    return client;
}

/* NULL, and the client gone, when its connection could not be opened. */
static struct client *complete(struct client *client, bool is_open)
{
    if (!is_open) {
        client->flags |= CLIENT_INTERNAL;
        client_free(client);
        return NULL;
    }
    conn_set_keepalive(&client->conn, client->server->config->tcp_keepalive);
    return client;
}

struct client *client_new(struct server *server, int fd, bool is_unix)
{
    struct client *client = new_client(server);
    return complete(client, conn_open(&client->conn, server->loop, fd, is_unix));
}

struct client *client_new_tls(struct server *server, int fd)
{
    struct client *client = new_client(server);
    return complete(client, conn_open_tls(&client->conn, server->loop, fd, server->tls));
}

struct client *client_new_internal(struct server *server)
{
    struct client *client = new_client(server);
    client->flags |= CLIENT_INTERNAL;
    client->conn.fd = -1;
    return client;
}

struct client *client_new_for_scripts(struct server *server)
{
    struct client *client = make_client(server, CLIENT_INTERNAL | CLIENT_SCRIPT);
    client->flags |= CLIENT_AUTHENTICATED;
    client->conn.fd = -1;
    client->peer_name = mem_strdup("lua");
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
    reply_clear(&client->reply);
}

void client_free(struct client *client)
{
    struct server *server = client->server;
    wait_drop(client);
    disconnect(client);
    if (!list_is_unlinked(&client->all)) {
        list_remove(&client->all);
        client_ids_remove(client);
        server->client_count--;
    }
    reply_clear(&client->reply);
    resp_parser_clear(&client->parser);
    buf_clear(&client->input);
    blob_unref(client->big_argument);
    blob_unref(client->big_argument_before);
    mem_free(client->name);
    mem_free(client->library_name);
    mem_free(client->library_version);
    mem_free(client->peer_name);
    mem_free(client->local_name);
    mem_free(client);
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
