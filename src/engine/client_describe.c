/* SPDX-License-Identifier: BSD-3-Clause */
/* A client in one line, field by field as CLIENT LIST has them: the order and the names are what tools
 * parse. */
#include "base/alloc.h"
#include "batch.h"
#include "client_part.h"
#include "engine/server.h"

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
    size_t memory = mem_size(client) + conn_memory(&client->conn) + client->input.capacity +
                    reply_memory(&client->reply) + client->parser.args_capacity * sizeof(struct bytes);
    for (const struct client_part *const *part = client->server->client_parts; *part; part++)
        memory += (*part)->memory ? (*part)->memory(client) : 0;
    /* What came of it: room for the rest is the system's until it is written to. */
    if (client->big_argument)
        memory += sizeof *client->big_argument + client->big_argument->len;
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

static struct client_description ask_parts(const struct client *client)
{
    struct client_description description = {.multi = -1, .redirect = -1};
    for (const struct client_part *const *part = client->server->client_parts; *part; part++) {
        if ((*part)->describe)
            (*part)->describe(client, &description);
    }
    return description;
}

static uint64_t own_letters(const struct client *client)
{
    const struct {
        bool is_set;
        char letter;
    } flags[] = {
        {(client->flags & CLIENT_CLOSE_AFTER_REPLY) != 0, 'c'},
        {(client->flags & CLIENT_CLOSE_NOW) != 0, 'A'},
        {client->conn.is_unix, 'U'},
        {(client->flags & CLIENT_NO_EVICT) != 0, 'e'},
        {(client->flags & CLIENT_NO_TOUCH) != 0, 'T'},
    };
    uint64_t letters = 0;
    for (size_t i = 0; i < sizeof flags / sizeof flags[0]; i++)
        letters |= flags[i].is_set ? client_letter(flags[i].letter) : 0;
    return letters;
}

/* In the order in which Redis has them. */
static void print_flags(uint64_t letters, char out[static 24])
{
    char *at = out;
    for (const char *letter = "OPxbtRBdcAUeT"; *letter; letter++) {
        if (letters & client_letter(*letter))
            *at++ = *letter;
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

/* What a client, or somebody for it, chose. */
static const char *chosen(const char *text, bool is_hidden)
{
    return !text || !*text ? "" : is_hidden ? "*redacted*" : text;
}

static void describe(struct client *client, bool is_hidden, struct buf *out)
{
    const struct server *server = client->server;
    const struct client_description parts = ask_parts(client);
    char flags[24];
    print_flags(own_letters(client) | parts.letters, flags);
    size_t pending = reply_pending(&client->reply);
    struct input_size input = input_size(client);
    const struct subscriber *subscriber = &client->subscriber;
    buf_printf(out, "id=%llu addr=%s laddr=%s fd=%d name=%s", (unsigned long long)client->id,
               client_peer_name(client), client_local_name(client), client->conn.fd,
               chosen(client->name, is_hidden));
    buf_printf(out, " age=%lld idle=%lld flags=%s db=%d",
               (long long)(server->clock.mono_ms - client->created_ms) / 1000,
               (long long)(server->clock.mono_ms - client->active_ms) / 1000, flags, client->database);
    buf_printf(out, " sub=%u psub=%u ssub=%u multi=%d", subscriber_count(subscriber, SUBSCRIBE_CHANNEL),
               subscriber_count(subscriber, SUBSCRIBE_PATTERN), subscriber_count(subscriber, SUBSCRIBE_SHARD),
               parts.multi);
    buf_printf(out, " qbuf=%zu qbuf-free=%zu argv-mem=%zu multi-mem=%zu rbs=%d rbp=%d", input.len,
               input.capacity > input.len ? input.capacity - input.len : 0,
               client->parser.args_capacity * sizeof(struct bytes) + input.arguments, parts.multi_memory,
               1024, 0);
    buf_printf(out, " obl=%zu oll=%zu omem=%zu tot-mem=%zu events=%s cmd=%s", pending,
               reply_chunk_count(&client->reply), reply_memory(&client->reply) + claimed_values(client),
               client_claim(client), pending ? "rw" : "r",
               client->last_command ? client->last_command->full_name : "NULL");
    buf_printf(out, " user=%s redir=%lld resp=%d lib-name=%s lib-ver=%s",
               chosen(client->user->name, is_hidden), (long long)parts.redirect, client->reply.protocol,
               chosen(client->library_name, is_hidden), chosen(client->library_version, is_hidden));
}

void client_describe(struct client *client, struct buf *out)
{
    describe(client, false, out);
    buf_append_char(out, '\n');
}

void client_describe_for_log(struct client *client, struct buf *out)
{
    describe(client, client->server->config->hide_user_data_from_log, out);
}
