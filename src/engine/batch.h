/* SPDX-License-Identifier: BSD-3-Clause */
/* The requests gathered before a run, and where their bytes lie. */
#ifndef ENGINE_BATCH_H
#define ENGINE_BATCH_H

#include "engine/call.h"
#include "engine/client_io.h"

/* More than this and what was prefetched first is evicted before its turn. */
#define BATCH_REQUESTS 128
/* Of these clients at most, so that the replies of one turn don't wait for too many others. */
#define BATCH_CLIENTS 64
/* What a read may bring: a pipeline of 16 sessions of 4 KiB comes whole. */
#define READ_SIZE ((size_t)64 << 10)
/* So many bytes are gathered at most before they are run, so that they are still near then. */
#define BATCH_BYTES  ((size_t)128 << 10)
#define SCRATCH_SIZE (BATCH_BYTES + READ_SIZE)

/* A request with as many arguments makes a batch of its own: so they can be taken over as they lie. */
#define MANY_ARGUMENTS 1024

/* A client's bytes that requests of the batch point into. */
struct batch_input {
    struct client *client;
    const struct keyspace *keyspace; /* where its requests' keys are, unless one of them selects another */
    const char *data;
    size_t len, parsed; /* bytes; of them in whole requests */
    size_t kept_from;   /* first byte that hasn't run; what is behind it stays with the client */
    bool is_new;        /* some of it was read just now */
    bool in_scratch;    /* else in client->input */
    bool is_stopped;    /* a request of it could not run: nothing after it may */
    bool is_cut;        /* what is behind `parsed` is looked at when what is before it has run */
};

struct request {
    struct batch_input *input;
    struct registered_command *command; /* NULL: unknown, or see `error` */
    struct key key;                     /* the first key; name.data NULL: there is none */
    size_t args_first;
    int argc;
    uint16_t key_index;
    bool is_unknown_subcommand;
    size_t start, len;         /* where its bytes begin in the input, and how many they are there */
    char *error;               /* a protocol error, to be replied in its turn; owned */
    struct buf *words;         /* of an inline request: its unquoted arguments; owned */
    struct blob *big_argument; /* owned */
};

struct batch {
    struct request requests[BATCH_REQUESTS];
    int count;
    bool has_owned; /* one of them owns memory: all are cleared */
    bool is_full;   /* by the arguments of its last request */
    struct batch_input inputs[BATCH_CLIENTS];
    int input_count;
    struct resp_args args;
    char *scratch;
    size_t scratch_used;
    /* Clients with more to be sent than a turn may write: of the turn that began at `flush_turn_us`, and of
     * the one before. */
    int64_t flush_turn_us;
    size_t cut_count, cut_before;
    /* Clients with replies since all were last written, and their bytes. */
    size_t unwritten_clients, unwritten_bytes;
};

/* Looks the request's command up, admits it and runs or queues it. False when it may not run yet. */
bool dispatch(struct request *request, const struct bytes *argv);

#endif
