/* SPDX-License-Identifier: BSD-3-Clause */
/* A command with copies of its arguments, for whoever runs it later or looks at it then: MULTI's queue. Calls
 * that are late keep their arguments the same way. */
#ifndef ENGINE_KEPT_REQUEST_H
#define ENGINE_KEPT_REQUEST_H

#include "engine/call.h"

struct kept_request {
    struct kept_request *next; /* its owner's */
    struct registered_command *command;
    struct blob *big_argument; /* its bytes are the one argument that isn't copied */
    uint64_t first_key_hash;
    int first_key_index;
    int argc;
    struct bytes argv[]; /* their bytes lie behind */
};

/* Bytes that copies of the call's arguments take, and copying them to where there are as many. Those that lie
 * in its large one are not copied. */
size_t arguments_size(const struct call *call);
void arguments_copy(const struct call *call, struct bytes *copies);

/* Copies the call's arguments and takes its large one over: what the call looks at stays valid as long as
 * this. NULL when there is no memory. */
struct kept_request *request_keep(struct call *call);
void request_free(struct kept_request *request);
size_t request_memory(const struct kept_request *request);

/* Makes a call of it, whose arguments are lent by it. */
void request_call(const struct kept_request *request, struct client *client, struct reply *reply,
                  struct call *call);

#endif
