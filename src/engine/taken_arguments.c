/* SPDX-License-Identifier: BSD-3-Clause */
#include "taken_arguments.h"
#include "base/alloc.h"
#include "batch.h"
#include "engine/server.h"

/* What the client has sent behind its request is copied. */
#define BEHIND_MAX ((size_t)256 << 10)

static size_t end_of(const struct request *request)
{
    return request->start + request->len;
}

/* It is alone in its batch, and didn't come with others' in one read. */
bool arguments_can_be_taken(const struct call *call)
{
    const struct batch *batch = call->server->batch;
    const struct request *request = &batch->requests[0];
    if (call->argc < MANY_ARGUMENTS || batch->count != 1 || batch->args.items != call->argv)
        return false;
    const struct batch_input *input = request->input;
    return input->client == call->client && !input->in_scratch && !request->words &&
           input->len - end_of(request) <= BEHIND_MAX;
}

/* The rest of the input gets a buffer of its own. */
static void keep_rest_of_input(struct request *request, struct client *client)
{
    struct batch_input *input = request->input;
    size_t end = end_of(request);
    client->input = (struct buf){0};
    buf_append(&client->input, input->data + end, input->len - end);
    input->data = client->input.data;
    input->len -= end;
    input->parsed = input->kept_from = 0;
    request->start = request->len = 0;
}

struct taken_arguments arguments_take(struct call *call)
{
    struct batch *batch = call->server->batch;
    struct taken_arguments taken = {.items = batch->args.items, .input = call->client->input};
    batch->args = (struct resp_args){0};
    keep_rest_of_input(&batch->requests[0], call->client);
    return taken;
}

void taken_arguments_clear(struct taken_arguments *taken)
{
    mem_free(taken->items);
    buf_clear(&taken->input);
}

size_t taken_arguments_memory(const struct taken_arguments *taken)
{
    return taken->items ? mem_size(taken->items) + taken->input.capacity : 0;
}
