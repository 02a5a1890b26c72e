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
/* Room for a big argument grows with what has arrived; it begins with this. */
#define BIG_ARGUMENT_STEP ((size_t)16 << 10)
/* The buffer of an unfinished request grows by this much. */
#define INPUT_STEP ((size_t)16 << 10)
/* With very many arguments it gets room for all that are announced, if they are hardly longer than those that
 * came; not for more than this many times what came. */
#define GROWTH_MAX   16
#define LONGER(size) ((size) + (size) / 4)
/* What is read of it in one turn, and moved when it grew: others wait for that. */
#define BIG_READ_MAX ((size_t)1 << 20)
/* For each byte that comes: so the place it was in is free again when the new one is half full. */
#define MOVED_A_BYTE 2

/* Room is a half, a quarter, ... of the whole: so as much arrives behind each move as there is to be
 * moved. */
static size_t room_for(size_t len, size_t whole)
{
    size_t capacity = whole;
    while (capacity / 2 >= len)
        capacity /= 2;
    return capacity;
}

/* Brings up to `count` bytes from where the argument was to where it is. */
static void move_some(struct client *client, size_t count)
{
    struct blob *from = client->big_argument_before, *to = client->big_argument;
    if (!from)
        return;
    size_t left = from->len - client->big_argument_moved;
    if (count > left)
        count = left;
    memcpy(to->data + client->big_argument_moved, from->data + client->big_argument_moved, count);
    client->big_argument_moved += count;
    if (count == left) {
        blob_unref(from);
        client->big_argument_before = NULL;
    }
}

/* What came goes on in a larger blob: the rest is read behind the place where it will be. */
static bool grow_big_argument(struct client *client)
{
    struct blob *blob = client->big_argument;
    struct blob *larger = blob_try_new(blob->len, room_for(blob->len + 1, client->big_argument_len + 2));
    if (!larger)
        return false;
    move_some(client, SIZE_MAX);
    client->big_argument = larger;
    client->big_argument_before = blob;
    client->big_argument_moved = 0;
    return true;
}

/* How many bytes the big argument takes next; 0 when there is no memory for them. */
static size_t big_argument_room(struct client *client)
{
    if (client->big_argument->len == client->big_argument->capacity && !grow_big_argument(client))
        return 0;
    size_t room = client->big_argument->capacity - client->big_argument->len;
    return room < BIG_READ_MAX ? room : BIG_READ_MAX;
}

/* What the big argument leaves of its request is short; the buffer may be as large as a read. */
static void fit_input(struct client *client)
{
    struct buf fitted = {0};
    if (client->input.capacity / 2 < client->input.len)
        return;
    buf_append_bytes(&fitted, buf_bytes(&client->input));
    resp_parser_rebase(&client->parser, client->input.data, fitted.data);
    buf_clear(&client->input);
    client->input = fitted;
}

void client_start_big_argument(struct client *client)
{
    size_t missing = resp_parser_missing(&client->parser, client->input.len);
    if (client->big_argument || missing == 0 || client->parser.bulk_len < (int64_t)BIG_ARGUMENT_MIN)
        return;
    size_t here = client->input.len - client->parser.position;
    size_t whole = (size_t)client->parser.bulk_len + 2;
    struct blob *blob = blob_try_new(here, room_for(here + BIG_ARGUMENT_STEP, whole));
    if (!blob)
        return; /* it is gathered in the input buffer then, and may be refused there */
    memcpy(blob->data, client->input.data + client->parser.position, here);
    client->input.len = client->parser.position;
    client->parser.scanned = 0;
    fit_input(client);
    client->big_argument = blob;
    client->big_argument_len = (size_t)client->parser.bulk_len;
}

/* Counts bytes that came to the big argument. When it is all there it joins its request; the two bytes behind
 * it are its CR LF. */
static void big_argument_came(struct client *client, size_t count)
{
    struct blob *blob = client->big_argument;
    blob->len += count;
    move_some(client, MOVED_A_BYTE * count);
    if (blob->len < client->big_argument_len + 2)
        return;
    move_some(client, SIZE_MAX);
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

/* Reads on as long as there is room, which begins small, and something to fill it: the peer may send more as
 * soon as the kernel has room for that. */
static enum conn_result read_big_argument(struct client *client, size_t *count)
{
    size_t room = big_argument_room(client), got;
    enum conn_result result;
    *count = 0;
    do {
        struct blob *blob = client->big_argument;
        result = conn_read(&client->conn, blob->data + blob->len, room, &got);
        *count += got;
        big_argument_came(client, got);
        if (result == CONN_AGAIN)
            conn_ask_for_more(&client->conn);
        if (result != CONN_OK || !client_is_filling(client))
            break;
        room = big_argument_room(client);
    } while (room > 0 && *count < BIG_READ_MAX);
    if (*count == 0)
        return result;
    if (result == CONN_CLOSED) /* which the next read tells */
        conn_keep_ready(&client->conn);
    return CONN_OK;
}

/* Makes room for what comes next of the unfinished request. To move it is the more work the more of it came,
 * so that is done while it is little. */
static bool make_room(struct client *client)
{
    struct buf *input = &client->input;
    if (input->capacity - input->len >= INPUT_STEP)
        return true;
    size_t more = resp_parser_expects(&client->parser), most = (GROWTH_MAX - 1) * input->len;
    return buf_try_reserve(input, INPUT_STEP + (more < most / 2 ? LONGER(more) : most)) ||
           buf_try_reserve(input, INPUT_STEP);
}

bool client_read(struct client *client, struct batch *batch, struct batch_input *input)
{
    struct server *server = client->server;
    size_t count = 0;
    enum conn_result result;
    *input = (struct batch_input){.client = client, .is_new = true};
    client->flags &= ~(uint32_t)CLIENT_END_UNKNOWN;
    if (client_is_filling(client)) {
        if (big_argument_room(client) == 0) {
            refuse_input(client);
            return false;
        }
        result = read_big_argument(client, &count);
    } else if (client->input.len > 0) {
        const char *before = client->input.data;
        if (!make_room(client)) {
            refuse_input(client);
            return false;
        }
        resp_parser_rebase(&client->parser, before, client->input.data);
        size_t room = client->input.capacity - client->input.len;
        result = conn_read(&client->conn, client->input.data + client->input.len,
                           room < READ_SIZE ? room : READ_SIZE, &count);
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
