/* SPDX-License-Identifier: BSD-3-Clause */
/* One allocation each. */
#include "kept_request.h"
#include "base/alloc.h"
#include "base/blob.h"
#include "call_run.h"

static bool lies_in_blob(struct bytes bytes, const struct blob *blob)
{
    return blob && bytes.data >= blob->data && bytes.data < blob->data + blob->capacity;
}

size_t arguments_size(const struct call *call)
{
    size_t bytes = (size_t)call->argc * sizeof(struct bytes);
    for (int i = 0; i < call->argc; i++)
        bytes += lies_in_blob(call->argv[i], call->big_argument) ? 0 : call->argv[i].len;
    return bytes;
}

void arguments_copy(const struct call *call, struct bytes *copies)
{
    char *at = (char *)(copies + call->argc);
    for (int i = 0; i < call->argc; i++) {
        struct bytes argument = call->argv[i];
        copies[i] = argument;
        if (lies_in_blob(argument, call->big_argument))
            continue;
        copies[i].data = at;
        if (argument.len > 0)
            at = mempcpy(at, argument.data, argument.len);
    }
}

struct kept_request *request_keep(struct call *call)
{
    struct kept_request *request = mem_try_alloc(sizeof *request + arguments_size(call));
    if (!request)
        return NULL;
    *request = (struct kept_request){.command = call->command,
                                     .big_argument = call->big_argument,
                                     .first_key_hash = call->first_key.hash,
                                     .first_key_index = call->first_key_index,
                                     .argc = call->argc};
    arguments_copy(call, request->argv);
    call->big_argument = NULL;
    return request;
}

void request_free(struct kept_request *request)
{
    if (request->big_argument)
        blob_unref(request->big_argument);
    mem_free(request);
}

size_t request_memory(const struct kept_request *request)
{
    return mem_size(request) + (request->big_argument ? mem_size(request->big_argument) : 0);
}

void request_call(const struct kept_request *request, struct client *client, struct reply *reply,
                  struct call *call)
{
    call_init(call, client, request->command, request->argc, request->argv, reply);
    call->first_key_index = request->first_key_index;
    if (request->first_key_index > 0)
        call->first_key = (struct key){request->argv[request->first_key_index], request->first_key_hash};
    call->big_argument = request->big_argument;
}
