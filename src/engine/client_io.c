/* SPDX-License-Identifier: BSD-3-Clause */
/* Gathering requests, running them as a batch, writing replies. See the header for the picture;
 * client_input.c reads. */
#include "base/alloc.h"
#include "batch.h"
#include "client_input.h"
#include "engine/client_limit.h"
#include "engine/push_limit.h"
#include "engine/server.h"
#include "proto/inline.h"
#include <sys/uio.h>

/* Vectors a single write may gather. */
#define WRITE_VECTORS 64
/* A client's replies of this much are written when its batch has run: what they lie in serves the next batch,
 * and is near. */
#define FLUSH_MIN ((size_t)32 << 10)
/* And what is left after this much waits for the next tick: a peer that reads as fast as we write would else
 * have us write all of the answer to KEYS while everybody waits. Many of that kind, to whom a large message
 * goes, share this much. */
#define FLUSH_MAX       ((size_t)512 << 10)
#define FLUSH_SHARE_MIN ((size_t)32 << 10)
/* Of so many clients, or of so many bytes, all replies are written: what they lie in is near, and they don't
 * wait for the requests of thousands of others. */
#define WRITE_CLIENTS 64
#define WRITE_BYTES   ((size_t)256 << 10)
/* While a request runs, memory is on its way for so many behind it: more than that and the processor has to
 * wait before it can ask. Entries are looked for anew each time: what runs in between may move them. */
#define ENTRIES_AHEAD 24
#define HEADERS_AHEAD 48
/* Arguments of one batch, before their array is given back. */
#define ARGS_KEEP 4096

struct batch *batch_new(void)
{
    struct batch *batch = mem_zalloc(sizeof *batch);
    batch->scratch = mem_alloc(SCRATCH_SIZE);
    return batch;
}

void batch_free(struct batch *batch)
{
    resp_args_clear(&batch->args);
    mem_free(batch->scratch);
    mem_free(batch);
}

/* ---- writing ---- */

/* The peer broke off. What it had sent until then is read and run all the same, unheard. */
static void become_deaf(struct client *client)
{
    client->flags |= CLIENT_DEAF;
    if (!(client->flags & (CLIENT_INPUT_ENDED | CLIENT_BUSY)))
        conn_keep_ready(&client->conn);
}

/* What this turn may write of one client's replies. */
static size_t flush_share(struct server *server)
{
    struct batch *batch = server->batch;
    if (batch->flush_turn_us != server->tick_begin_us) {
        batch->flush_turn_us = server->tick_begin_us;
        batch->cut_before = batch->cut_count;
        batch->cut_count = 0;
    }
    size_t sharers = batch->cut_before > batch->cut_count ? batch->cut_before : batch->cut_count;
    size_t share = sharers > 0 ? FLUSH_MAX / sharers : FLUSH_MAX;
    return share > FLUSH_SHARE_MIN ? share : FLUSH_SHARE_MIN;
}

/* Cuts the vectors to `len` bytes; returns how many are left. */
static int cut_vectors(struct iovec *vectors, int count, size_t len)
{
    int left = 0;
    for (; left < count && len > 0; left++) {
        if (vectors[left].iov_len > len)
            vectors[left].iov_len = len;
        len -= vectors[left].iov_len;
    }
    return left;
}

void client_flush(struct client *client)
{
    struct server *server = client->server;
    if (client->flags & (CLIENT_CLOSE_NOW | CLIENT_INTERNAL))
        return;
    size_t total = 0, share = flush_share(server);
    if (client->flags & CLIENT_DEAF)
        reply_clear(&client->reply);
    while (reply_pending(&client->reply) > 0) {
        struct iovec vectors[WRITE_VECTORS];
        int count = cut_vectors(vectors, reply_gather(&client->reply, vectors, WRITE_VECTORS), share - total);
        size_t written = 0;
        enum conn_result result = conn_write(&client->conn, vectors, count, &written);
        server->counters.total_writes_processed++;
        server->counters.total_net_output_bytes += written;
        if (written) {
            client->active_ms = client->stalled_since_ms = server->clock.mono_ms;
            reply_sent(&client->reply, written);
        }
        if (result == CONN_CLOSED) {
            reply_clear(&client->reply);
            if (!client_is_closing(client))
                become_deaf(client);
            break;
        }
        if (result == CONN_AGAIN) {
            if (client->stalled_since_ms == 0)
                client->stalled_since_ms = server->clock.mono_ms;
            return;
        }
        total += written;
        if (total < share || reply_pending(&client->reply) == 0)
            continue;
        server->batch->cut_count++;
        if (conn_wait_for_room(&client->conn))
            return;
        total = 0;
    }
    client->stalled_since_ms = client->soft_limit_since_ms = 0;
    /* An EXEC that stands still has yet to make some of its reply. */
    if ((client->flags & (CLIENT_CLOSE_AFTER_REPLY | CLIENT_IN_EXEC)) == CLIENT_CLOSE_AFTER_REPLY)
        client_close(client);
}

/* All in one go: the first write wakes a client's process, and the others find it awake. */
void clients_write(struct server *server)
{
    struct batch *batch = server->batch;
    while (!list_is_empty(&server->pending_writers)) {
        struct client *client = LIST_ENTRY(server->pending_writers.next, struct client, pending_write);
        list_remove(&client->pending_write);
        client_flush(client);
        if (!(client->flags & CLIENT_CLOSE_NOW))
            client_check_output_limit(client);
        client_limit_count(client);
        push_limit_note(client);
    }
    batch->unwritten_clients = batch->unwritten_bytes = 0;
}

/* Its replies wait until there are many. */
static void write_later(struct batch *batch, struct client *client)
{
    batch->unwritten_clients++;
    batch->unwritten_bytes += reply_pending(&client->reply);
    client_wants_write(client);
}

/* ---- parsing ---- */

/* How much of the input lies from `at` on; 0 when that isn't in it. */
static inline size_t bytes_left(const struct batch_input *input, const char *at)
{
    size_t offset = (size_t)((uintptr_t)at - (uintptr_t)input->data);
    return offset < input->len ? input->len - offset : 0;
}

/* Finds the command and its first key, and asks for the memory that the key's lookup will touch. */
static void look_ahead(struct server *server, struct request *request, const struct bytes *argv)
{
    const struct batch_input *input = request->input;
    request->command =
        registry_resolve_within(server->registry, argv, request->argc, bytes_left(input, argv[0].data),
                                &request->is_unknown_subcommand);
    int index = request->command ? request->command->key_at : 0;
    if (index == 0 || index >= request->argc)
        return;
    request->key_index = (uint16_t)index;
    request->key = key_of(argv[index]);
    keyspace_prefetch_bucket(input->keyspace, request->key.hash);
}

static inline struct request *add_request(struct batch *batch, struct batch_input *input)
{
    struct request *request = &batch->requests[batch->count++];
    /* One by one: zeroing the whole is a slow string instruction to the compiler. */
    request->input = input;
    request->command = NULL;
    request->key.name.data = NULL;
    request->args_first = batch->args.count;
    request->argc = 0;
    request->key_index = 0;
    request->is_unknown_subcommand = false;
    request->start = input->parsed;
    request->len = 0;
    request->error = NULL;
    request->words = NULL;
    request->big_argument = NULL;
    return request;
}

static void add_error(struct batch *batch, struct batch_input *input, const char *text)
{
    add_request(batch, input)->error = mem_strdup(text);
    batch->has_owned = true;
    input->parsed = input->len;
}

/* Takes one request from the input. False when there is no whole one, or it is to be the batch's last. */
static bool parse_one(struct server *server, struct batch *batch, struct batch_input *input,
                      const struct resp_limits *limits)
{
    struct client *client = input->client;
    struct resp_outcome outcome;
    struct bytes rest = {input->data + input->parsed, input->len - input->parsed};
    size_t args_first = batch->args.count;
    switch (resp_parse(&client->parser, rest, limits, &batch->args, &outcome)) {
    case RESP_MORE:
        return false;
    case RESP_ERROR:
        /* A password may be among the requests before it: with that it may be none. */
        if (!limits->authenticated && input->parsed > 0) {
            resp_parser_clear(&client->parser);
            input->is_cut = true;
            return false;
        }
        add_error(batch, input, outcome.error);
        return false;
    case RESP_REQUEST:
        if (outcome.args_count > 0) {
            struct request *request = add_request(batch, input);
            request->args_first = args_first;
            request->argc = (int)outcome.args_count;
            request->len = outcome.consumed;
            if (client->big_argument) {
                request->big_argument = client->big_argument;
                client->big_argument = NULL;
                batch->has_owned = true;
            }
            look_ahead(server, request, batch->args.items + args_first);
            if (__builtin_expect(outcome.args_count >= MANY_ARGUMENTS, 0))
                batch->is_full = input->is_cut = true;
        }
        break;
    case RESP_INLINE: {
        struct buf words = {0};
        if (!inline_split(outcome.line, &words, &batch->args)) {
            buf_clear(&words);
            add_error(batch, input, INLINE_UNBALANCED);
            return false;
        }
        if (batch->args.count > args_first) {
            struct request *request = add_request(batch, input);
            request->args_first = args_first;
            request->argc = (int)(batch->args.count - args_first);
            request->words = mem_alloc(sizeof words);
            *request->words = words;
            batch->has_owned = true;
            look_ahead(server, request, batch->args.items + args_first);
        } else {
            buf_clear(&words);
        }
        break;
    }
    }
    input->parsed += outcome.consumed;
    return !batch->is_full;
}

/* ---- running ---- */

static void request_clear(struct server *server, struct request *request)
{
    mem_free(request->error);
    if (request->words) {
        buf_clear(request->words);
        mem_free(request->words);
    }
    if (request->big_argument)
        store_release_blob(server->store, request->big_argument);
}

static void run_request(struct request *request, const struct bytes *argv)
{
    struct batch_input *input = request->input;
    struct client *client = input->client;
    if (input->is_stopped)
        return;
    if (client->flags & (CLIENT_CLOSE_NOW | CLIENT_CLOSE_AFTER_REPLY)) {
        input->is_stopped = true;
        input->kept_from = input->len;
        return;
    }
    if (request->error) {
        reply_error_format(&client->reply, "ERR %s", request->error);
        client_close_after_reply(client);
        return;
    }
    if ((client->flags & CLIENT_BUSY) || !dispatch(request, argv)) {
        input->is_stopped = true;
        input->kept_from = request->start;
    }
}

static bool lies_in(struct bytes bytes, const struct blob *blob)
{
    return (uintptr_t)bytes.data - (uintptr_t)blob->data < blob->capacity;
}

/* A request that could not run was taken apart already, and the header of its big argument can't be read
 * again without what lies elsewhere. So it stays as it is, the big argument with its client and the others in
 * the input. It is the first of it. */
static void keep_big_request(struct client *client, struct request *request, const struct bytes *argv)
{
    size_t argc = (size_t)request->argc, at = 1;
    struct bytes *args = mem_alloc(argc * sizeof *args);
    struct buf whole = {0};
    buf_append_char(&whole, '*');
    for (size_t i = 0; i < argc; i++) {
        if (!lies_in(argv[i], request->big_argument))
            buf_append_bytes(&whole, argv[i]);
    }
    size_t len = whole.len;
    buf_consume(&client->input, request->len);
    buf_append_bytes(&whole, buf_bytes(&client->input));
    buf_clear(&client->input);
    client->input = whole;
    for (size_t i = 0; i < argc; i++) {
        args[i] = argv[i];
        if (lies_in(argv[i], request->big_argument))
            continue;
        args[i].data = whole.data + at;
        at += argv[i].len;
    }
    resp_parser_take_back(&client->parser, args, argc, len);
    client->big_argument = request->big_argument;
    client->big_argument_len = 0;
    request->big_argument = NULL;
    mem_free(args);
}

/* What of an input hasn't run stays with its client. */
static void keep_rest(struct server *server, struct batch *batch, struct batch_input *input)
{
    struct client *client = input->client;
    size_t from = input->kept_from, rest = input->len - from;
    bool unparsed = input->is_stopped || from < input->parsed;
    if (client->flags & (CLIENT_CLOSE_NOW | CLIENT_CLOSE_AFTER_REPLY)) {
        resp_parser_clear(&client->parser);
        buf_clear(&client->input);
        return;
    }
    if (unparsed)
        resp_parser_clear(&client->parser);
    if (input->in_scratch) {
        if (rest > 0) {
            buf_append(&client->input, input->data + from, rest);
            resp_parser_rebase(&client->parser, input->data + from, client->input.data);
        }
    } else if (from > 0) {
        const char *before = client->input.data + from;
        buf_consume(&client->input, from);
        if (rest == 0)
            buf_clear(&client->input);
        else
            resp_parser_rebase(&client->parser, before, client->input.data);
    }
    if (!unparsed && rest > 0)
        client_start_big_argument(client);
    /* Whole requests that found no room in the batch run in the next, or when the client's wait is over. */
    if (rest > 0 && (batch->count == BATCH_REQUESTS || input->is_cut) && !input->is_stopped &&
        !(client->flags & CLIENT_BUSY) && list_is_unlinked(&client->runnable))
        list_append(&server->runnable, &client->runnable);
}

typedef void prefetch(const struct keyspace *keyspace, uint64_t hash);

static inline void fetch(const struct batch *batch, int index, prefetch *part)
{
    if (index >= batch->count)
        return;
    const struct request *request = &batch->requests[index];
    if (request->key.name.data)
        part(request->input->keyspace, request->key.hash);
}

/* By now the buckets are near: the entries' headers can be asked for. Those that are near tell how much more
 * there is. */
static void begin_fetching(const struct batch *batch)
{
    for (int i = 0; i < HEADERS_AHEAD; i++)
        fetch(batch, i, keyspace_prefetch_entry);
    for (int i = 0; i < ENTRIES_AHEAD; i++)
        fetch(batch, i, keyspace_prefetch_rest);
}

/* An error that came with the last bytes shows in the reply's write, or, as there is none, in another read.
 * Most of those who wait are served before it is worth one (client_care.c). */
static void look_again(struct client *client)
{
    if (client->flags & CLIENT_BUSY)
        client->flags |= CLIENT_END_UNKNOWN;
    else
        conn_keep_ready(&client->conn);
}

static void batch_run(struct server *server, struct batch *batch)
{
    begin_fetching(batch);
    server->call_ticks = clock_ticks();
    clock_follow(&server->clock, server->call_ticks);
    /* Nothing runs behind SHUTDOWN: it would be answered, and lost. */
    for (int i = 0; i < batch->count && !server->is_shutting_down; i++) {
        struct request *request = &batch->requests[i];
        const struct bytes *argv = batch->args.items + request->args_first;
        fetch(batch, i + ENTRIES_AHEAD, keyspace_prefetch_rest);
        fetch(batch, i + HEADERS_AHEAD, keyspace_prefetch_entry);
        run_request(request, argv);
    }
    for (int i = 0; i < batch->input_count; i++)
        keep_rest(server, batch, &batch->inputs[i]);
    for (int i = 0; batch->has_owned && i < batch->count; i++) {
        struct request *request = &batch->requests[i];
        if (request->input->is_stopped && request->big_argument &&
            request->start >= request->input->kept_from && !client_is_closing(request->input->client))
            keep_big_request(request->input->client, request, batch->args.items + request->args_first);
        request_clear(server, request);
    }
    for (int i = 0; i < batch->input_count; i++) {
        struct client *client = batch->inputs[i].client;
        client_end_if_done(client);
        size_t replied = reply_pending(&client->reply);
        if (replied >= FLUSH_MIN) {
            client_check_output_limit(client);
            client_flush(client);
        }
        if (reply_pending(&client->reply) > 0 || (client->flags & CLIENT_CLOSE_AFTER_REPLY))
            write_later(batch, client);
        else if (replied == 0 && batch->inputs[i].is_new && !client_is_closing(client))
            look_again(client);
        client_limit_count(client);
    }
    if (batch->unwritten_clients >= WRITE_CLIENTS || batch->unwritten_bytes >= WRITE_BYTES)
        clients_write(server);
    batch->count = batch->input_count = 0;
    batch->has_owned = batch->is_full = false;
    batch->scratch_used = 0;
    batch->args.count = 0;
    if (batch->args.capacity > ARGS_KEEP)
        resp_args_clear(&batch->args);
}

/* ---- gathering ---- */

/* The last input has no whole request, so it needn't wait for a run. */
static void put_aside(struct server *server, struct batch *batch)
{
    struct batch_input *input = &batch->inputs[--batch->input_count];
    struct client *client = input->client;
    keep_rest(server, batch, input);
    client_end_if_done(client);
    if (input->is_new && !client_is_closing(client))
        look_again(client);
    client_limit_count(client);
}

/* Adds a client's requests to the batch, as far as it has room. */
static void gather(struct server *server, struct batch *batch, struct batch_input input)
{
    struct client *client = input.client;
    int before = batch->count;
    struct batch_input *slot = &batch->inputs[batch->input_count++];
    *slot = input;
    if (!slot->in_scratch) {
        slot->data = client->input.data;
        slot->len = client->input.len;
    }
    slot->keyspace = store_keyspace(server->store, client->database);
    const struct resp_limits limits = {.args_max = INT32_MAX,
                                       .bulk_max = server->config->proto_max_bulk_len,
                                       .authenticated = client->flags & CLIENT_AUTHENTICATED};
    /* While a big argument is being filled there is nothing to parse. */
    while (!client_is_filling(client) && batch->count < BATCH_REQUESTS && slot->parsed < slot->len) {
        if (!parse_one(server, batch, slot, &limits))
            break;
    }
    slot->kept_from = slot->parsed;
    if (batch->count == before && batch->count < BATCH_REQUESTS)
        put_aside(server, batch);
}

static bool may_run(const struct client *client)
{
    return (client->flags & (CLIENT_CLOSE_NOW | CLIENT_CLOSE_AFTER_REPLY | CLIENT_BUSY)) == 0;
}

static void batch_run_if_full(struct server *server, struct batch *batch)
{
    if (batch->count == BATCH_REQUESTS || batch->input_count == BATCH_CLIENTS ||
        batch->scratch_used >= BATCH_BYTES || batch->is_full)
        batch_run(server, batch);
}

/* True when it turned out that a big argument is on its way: the rest of that is likely there, too. */
static bool read_and_gather(struct server *server, struct batch *batch, struct client *client)
{
    struct batch_input input;
    bool was_filling = client_is_filling(client);
    if (client->parser.args_done >= MANY_ARGUMENTS && batch->count > 0)
        batch_run(server, batch);
    if (!client_read(client, batch, &input))
        return false;
    if (may_run(client)) {
        gather(server, batch, input);
        batch_run_if_full(server, batch);
    } else if (input.in_scratch) {
        buf_append(&client->input, input.data, input.len);
        client_limit_count(client);
    }
    return !was_filling && client_is_filling(client) && may_run(client);
}

void clients_serve(struct server *server)
{
    struct batch *batch = server->batch;
    /* Those who were left over come first, and once: who has still more after that waits for the next
     * tick. */
    struct list left_over;
    list_init(&left_over);
    while (!list_is_empty(&server->runnable)) {
        struct list *link = server->runnable.next;
        list_remove(link);
        list_append(&left_over, link);
    }
    while (!list_is_empty(&left_over)) {
        struct client *client = LIST_ENTRY(left_over.next, struct client, runnable);
        list_remove(&client->runnable);
        if (may_run(client) && client->input.len > 0) {
            gather(server, batch, (struct batch_input){.client = client});
            batch_run_if_full(server, batch);
        } else {
            client_end_if_done(client);
        }
    }
    batch_run(server, batch);
    struct list readable;
    list_init(&readable);
    list_append_all(&readable, loop_readable(server->loop));
    while (!list_is_empty(&readable)) {
        struct client *client = LIST_ENTRY(readable.next, struct client, conn.ready);
        list_remove(&client->conn.ready);
        /* Unrun bytes of it must not be overtaken by what is read now: it is read when they have run. */
        if (!list_is_unlinked(&client->runnable)) {
            conn_keep_ready(&client->conn);
            continue;
        }
        while (read_and_gather(server, batch, client))
            ;
    }
    batch_run(server, batch);
}
