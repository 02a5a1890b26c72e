/* SPDX-License-Identifier: BSD-3-Clause */
/* A client in one line, field by field as CLIENT LIST has them: the order and the names are what tools
 * parse. */
#include "base/alloc.h"
#include "batch.h"
#include "engine/server.h"
#include "engine/tracking.h"
#include "engine/transaction.h"

#define ADDRESS_MAX 160

const char *client_peer_name(struct client *client)
{
    if (!client->peer_name) {
        char name[ADDRESS_MAX] = "?:0";
        if (!(client->flags & CLIENT_INTERNAL))
            conn_peer_name(&client->conn, name, sizeof name);
        client->peer_name = mem_strdup(name);
    }
    return client->peer_name;
}

const char *client_local_name(struct client *client)
{
    if (!client->local_name) {
        char name[ADDRESS_MAX] = "?:0";
        if (!(client->flags & CLIENT_INTERNAL))
            conn_local_name(&client->conn, name, sizeof name);
        client->local_name = mem_strdup(name);
    }
    return client->local_name;
}

size_t client_memory(const struct client *client)
{
    size_t memory = mem_size(client) + client->input.capacity + reply_memory(&client->reply) +
                    transaction_memory(client) + subscriber_memory(&client->subscriber) +
                    tracking_memory(client) + client->parser.args_capacity * sizeof(struct bytes);
    if (client->big_argument)
        memory += mem_size(client->big_argument);
    return memory;
}

static size_t claimed_values(const struct client *client)
{
    return client_class(client) == CLIENT_CLASS_PUBSUB ? 0 : reply_shared(&client->reply);
}

size_t client_claim(const struct client *client)
{
    return client_memory(client) + claimed_values(client);
}

struct input_size {
    size_t len, capacity; /* bytes that wait, and room for them */
    size_t arguments;     /* room for arguments that are known already */
};

static void print_flags(const struct client *client, char out[static 24])
{
    const struct {
        bool is_set;
        char letter;
    } flags[] = {
        {(client->flags & CLIENT_MONITOR) != 0, 'O'},
        {client_class(client) == CLIENT_CLASS_PUBSUB, 'P'},
        {(client->flags & CLIENT_MULTI) != 0, 'x'},
        {(client->flags & (CLIENT_BLOCKED | CLIENT_PAUSED)) != 0, 'b'},
        {tracking_is_on(client), 't'},
        {(client->flags & CLIENT_TRACKING_BROKEN_REDIRECT) != 0, 'R'},
        {tracking_is_broadcast(client), 'B'},
        {(client->flags & CLIENT_DIRTY_WATCH) != 0, 'd'},
        {(client->flags & CLIENT_CLOSE_AFTER_REPLY) != 0, 'c'},
        {(client->flags & CLIENT_CLOSE_NOW) != 0, 'A'},
        {client->conn.is_unix, 'U'},
        {(client->flags & CLIENT_NO_EVICT) != 0, 'e'},
        {(client->flags & CLIENT_NO_TOUCH) != 0, 'T'},
    };
    char *at = out;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        if (flags[i].is_set)
            *at++ = flags[i].letter;
    }
    if (at == out)
        *at++ = 'N';
    *at = 0;
}

/* Of the bytes it sent: those that haven't been run; while it sends a large argument, what came of that,
 * since all before is known to be arguments; while its command runs, all that was read with it. */
static struct input_size input_size(const struct client *client)
{
    const struct batch *batch = client->server->batch;
    for (int i = 0; client == client->server->current_client && i < batch->input_count; i++) {
        if (batch->inputs[i].client == client)
            return (struct input_size){.len = batch->inputs[i].len};
    }
    if (client->big_argument && client->big_argument_len > 0)
        return (struct input_size){client->big_argument->len, client->big_argument->capacity,
                                   client->input.capacity};
    return (struct input_size){client->input.len, client->input.capacity, 0};
}

void client_describe(struct client *client, struct buf *out)
{
    const struct server *server = client->server;
    char flags[24];
    print_flags(client, flags);
    size_t pending = reply_pending(&client->reply);
    struct input_size input = input_size(client);
    const uint32_t *counts = client->subscriber.counts;
    buf_printf(out, "id=%llu addr=%s laddr=%s fd=%d name=%s", (unsigned long long)client->id,
               client_peer_name(client), client_local_name(client), client->conn.fd,
               client->name ? client->name : "");
    buf_printf(out, " age=%lld idle=%lld flags=%s db=%d",
               (long long)(server->clock.mono_ms - client->created_ms) / 1000,
               (long long)(server->clock.mono_ms - client->active_ms) / 1000, flags, client->database);
    buf_printf(out, " sub=%u psub=%u ssub=%u multi=%d", counts[SUBSCRIBE_CHANNEL], counts[SUBSCRIBE_PATTERN],
               counts[SUBSCRIBE_SHARD], transaction_queue_length(client));
    buf_printf(out, " qbuf=%zu qbuf-free=%zu argv-mem=%zu multi-mem=%zu rbs=%d rbp=%d", input.len,
               input.capacity > input.len ? input.capacity - input.len : 0,
               client->parser.args_capacity * sizeof(struct bytes) + input.arguments,
               transaction_memory(client), 1024, 0);
    buf_printf(out, " obl=%zu oll=%zu omem=%zu tot-mem=%zu events=%s cmd=%s", pending,
               reply_chunk_count(&client->reply), reply_memory(&client->reply) + claimed_values(client),
               client_claim(client), pending ? "rw" : "r",
               client->last_command ? client->last_command->full_name : "NULL");
    buf_printf(out, " user=%s redir=%lld resp=%d lib-name=%s lib-ver=%s\n", client->user->name,
               (long long)tracking_redirect(client), client->reply.protocol,
               client->library_name ? client->library_name : "",
               client->library_version ? client->library_version : "");
}
