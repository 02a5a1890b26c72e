/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a client's bytes go: to the batch's scratch as long as no request of it is unfinished, so that an
 * idle client owns no buffer; behind what it has sent of one that is; and those of a big argument to a blob
 * that may become the value. */
#include "client_input.h"
#include "base/log.h"
#include "base/panic.h"
#include "engine/accept.h"
#include "engine/client_limit.h"
#include "engine/server.h"
#include "engine/wait.h"

/* An argument of at least this length is read into a blob of its own, which may become the value. */
#define BIG_ARGUMENT_MIN ((size_t)32 << 10)
/* Room for a big argument grows with what has arrived, in steps of at least this. */
#define BIG_ARGUMENT_STEP ((size_t)16 << 10)
/* The buffer of an unfinished request grows by this much. */
#define INPUT_STEP ((size_t)16 << 10)

/* How many bytes the big argument takes next; 0 when there is no memory for them. */
static size_t big_argument_room(struct client *client)
{
    struct blob *blob = client->big_argument;
    size_t whole = client->big_argument_len + 2;
    if (blob->len == blob->capacity) {
        blob = blob_try_resize(blob, blob->capacity * 2 < whole ? blob->capacity * 2 : whole);
        if (!blob)
            return 0;
        client->big_argument = blob;
    }
    return (blob->capacity < whole ? blob->capacity : whole) - blob->len;
}

void client_start_big_argument(struct client *client)
{
    size_t missing = resp_parser_missing(&client->parser, client->input.len);
    if (client->big_argument || missing == 0 || client->parser.bulk_len < (int64_t)BIG_ARGUMENT_MIN)
        return;
    size_t here = client->input.len - client->parser.position;
    size_t whole = (size_t)client->parser.bulk_len + 2;
    size_t capacity = here + BIG_ARGUMENT_STEP < whole ? here + BIG_ARGUMENT_STEP : whole;
    struct blob *blob = blob_try_new(here, capacity);
    if (!blob)
        return; /* it is gathered in the input buffer then, and may be refused there */
    memcpy(blob->data, client->input.data + client->parser.position, here);
    client->input.len = client->parser.position;
    client->parser.scanned = 0;
    client->big_argument = blob;
    client->big_argument_len = (size_t)client->parser.bulk_len;
}

/* Counts bytes that came to the big argument. When it is all there it joins its request; the two bytes behind
 * it are its CR LF. */
static void big_argument_came(struct client *client, size_t count)
{
    struct blob *blob = client->big_argument;
    blob->len += count;
    if (blob->len < client->big_argument_len + 2)
        return;
    blob->len = client->big_argument_len;
    client->big_argument_len = 0;
    resp_parser_supply(&client->parser, blob_bytes(blob));
}

static void refuse_input(struct client *client)
{
    struct buf line = {0};
    client_describe_for_log(client, &line);
    log_warning("Closing client that reached max query buffer length: %s", buf_cstring(&line));
    buf_clear(&line);
    client->server->counters.client_query_buffer_limit_disconnections++;
    client_close(client);
}

void client_end_if_done(struct client *client)
{
    if (!(client->flags & CLIENT_INPUT_ENDED) || client_is_closing(client))
        return;
    /* Likely nobody is there any more, and what it waits for is for others. */
    if (client_is_blocked(client) && client->wait.late)
        wait_expire(client);
    if (!(client->flags & CLIENT_BUSY) && list_is_unlinked(&client->runnable))
        client_close_after_reply(client);
}

static void input_ended(struct client *client)
{
    client->flags |= CLIENT_INPUT_ENDED;
    conn_pause_reading(&client->conn);
    client_end_if_done(client);
}

bool client_read(struct client *client, struct batch *batch, struct batch_input *input)
{
    struct server *server = client->server;
    size_t count = 0;
    enum conn_result result;
    *input = (struct batch_input){.client = client, .is_new = true};
    client->flags &= ~(uint32_t)CLIENT_END_UNKNOWN;
    if (client_is_filling(client)) {
        size_t room = big_argument_room(client);
        if (room == 0) {
            refuse_input(client);
            return false;
        }
        struct blob *blob = client->big_argument;
        result = conn_read(&client->conn, blob->data + blob->len, room, &count);
        big_argument_came(client, count);
    } else if (client->input.len > 0) {
        const char *before = client->input.data;
        if (!buf_try_reserve(&client->input, INPUT_STEP)) {
            refuse_input(client);
            return false;
        }
        resp_parser_rebase(&client->parser, before, client->input.data);
        result = conn_read(&client->conn, client->input.data + client->input.len,
                           client->input.capacity - client->input.len, &count);
        client->input.len += count;
    } else {
        input->in_scratch = true;
        input->data = batch->scratch + batch->scratch_used;
        result = conn_read(&client->conn, batch->scratch + batch->scratch_used, READ_SIZE, &count);
        input->len = count;
        batch->scratch_used += (count + 63) & ~(size_t)63;
    }
    server->counters.total_reads_processed++;
    if ((client->flags & CLIENT_SHAKING) && handshake_is_done(client, result) && !accept_admit(client)) {
        client_close_after_reply(client);
        return false;
    }
    if (result == CONN_CLOSED || (result == CONN_AGAIN && (client->flags & CLIENT_DEAF))) {
        input_ended(client);
        return false;
    }
    if (result == CONN_AGAIN)
        return false;
    if (client->flags & CLIENT_DEAF)
        conn_keep_ready(&client->conn);
    server->counters.total_net_input_bytes += count;
    client->bytes_in += count;
    client->active_ms = server->clock.mono_ms;
    if ((int64_t)client_input_held(client) > server->config->client_query_buffer_limit) {
        refuse_input(client);
        return false;
    }
    /* Before what it sent runs: that may be what is too much. */
    client_limit_count(client);
    client_limit_keep(server);
    return !(client->flags & CLIENT_CLOSE_NOW);
}

void client_feed(struct client *client, struct bytes input)
{
    while (client_is_filling(client) && input.len > 0) {
        size_t room = big_argument_room(client), count = room < input.len ? room : input.len;
        ASSERT(count > 0);
        memcpy(client->big_argument->data + client->big_argument->len, input.data, count);
        big_argument_came(client, count);
        input = bytes_make(input.data + count, input.len - count);
    }
    const char *before = client->input.data;
    buf_append_bytes(&client->input, input);
    resp_parser_rebase(&client->parser, before, client->input.data);
    if (list_is_unlinked(&client->runnable))
        list_append(&client->server->runnable, &client->runnable);
}
