/* SPDX-License-Identifier: BSD-3-Clause */
/* A client: its connection, what of its requests hasn't been run, its replies, its state. Closing only marks;
 * the tick's end reaps, so no pointer dies under a running command. Whoever must remember a client over ticks
 * keeps its id. */
#ifndef ENGINE_CLIENT_H
#define ENGINE_CLIENT_H

#include "base/buf.h"
#include "base/list.h"
#include "engine/wait.h"
#include "net/conn.h"
#include "proto/resp_parse.h"
#include "proto/resp_write.h"
#include "pubsub/pubsub.h"
#include <stdint.h>

struct server;
struct transaction;
struct tracking_state;
struct registered_command;
struct user;

enum client_flag {
    CLIENT_CLOSE_NOW = 1 << 0,         /* reaped at the tick's end, replies unsent */
    CLIENT_CLOSE_AFTER_REPLY = 1 << 1, /* nothing more is read or run; reaped when its replies are sent */
    CLIENT_AUTHENTICATED = 1 << 2,
    CLIENT_MONITOR = 1 << 3,
    CLIENT_BUSY = 1 << 4, /* waits for something: nothing further of it is run (engine/wait.h) */
    CLIENT_MULTI = 1 << 5,
    CLIENT_DIRTY_WATCH = 1 << 6, /* a watched key changed: EXEC will answer nil */
    CLIENT_DIRTY_EXEC = 1 << 7,  /* a command was refused while queued: EXEC will be aborted */
    CLIENT_REPLY_OFF = 1 << 8,
    CLIENT_REPLY_SKIP_NEXT = 1 << 9,
    CLIENT_REPLY_SKIP = 1 << 10,
    CLIENT_NO_EVICT = 1 << 11,
    CLIENT_NO_TOUCH = 1 << 12,
    CLIENT_TRACKING = 1 << 13,
    CLIENT_TRACKING_BROKEN_REDIRECT = 1 << 14,
    CLIENT_LIMITED = 1 << 15,       /* its user may not do everything (engine/acl.h) */
    CLIENT_IN_EXEC = 1 << 16,       /* EXEC is running its queue */
    CLIENT_INTERNAL = 1 << 19,      /* has no connection: tests, scripts */
    CLIENT_OBEYED = 1 << 18,        /* what it runs is not refused for want of memory: it has begun */
    CLIENT_SCRIPT = 1 << 17,        /* runs the commands of scripts */
    CLIENT_WRITE_PENDING = 1 << 20, /* is in server->pending_writers */
    CLIENT_READY = 1 << 21,         /* is in server->runnable: has unrun input that needs no further read */
    CLIENT_MAY_GUESS = 1 << 22,     /* has waited for its next try of a password */
    CLIENT_INPUT_ENDED = 1 << 24,   /* its peer sends nothing more; what it sent is still run and answered */
    CLIENT_DEAF = 1 << 25,          /* its peer hears nothing more: its replies are dropped */
    CLIENT_SHAKING = 1 << 26,       /* its TLS handshake isn't done: nobody let it in yet */
    CLIENT_END_UNKNOWN = 1 << 27,   /* it waits, and nobody looked yet whether it is still there */
};

struct client {
    struct server *server;
    struct conn conn;
    uint64_t id;
    uint32_t flags;
    int database;
    struct reply reply;

    /* Input. An idle client owns no buffer: its bytes lie in the tick's scratch, and move here only when a
     * request is incomplete or may not run yet. */
    struct buf input;
    struct resp_parser parser;
    struct blob *big_argument;        /* the large argument being read, straight into its final place */
    size_t big_argument_len;          /* its announced length */
    struct blob *big_argument_before; /* where it was when it had less room; NULL: all of it was moved */
    size_t big_argument_moved;        /* so much of it is where it should be */

    struct list all; /* in server->clients */
    struct list pending_write, runnable, closing;
    struct list shaking;   /* in server->handshakes */
    struct list pushed_to; /* in the list of those with pushes that wait */
    struct list by_size;   /* where it counts towards maxmemory-clients */
    size_t counted_bytes;  /* with this much */

    char *name, *library_name, *library_version;
    char *peer_name, *local_name; /* made when first asked for */
    const struct user *user;      /* never NULL: before authentication the default user */

    struct transaction *transaction; /* NULL outside of MULTI and without watched keys */
    struct subscriber subscriber;
    struct tracking_state *tracking;

    const struct registered_command *last_command;
    int64_t created_ms, active_ms; /* monotonic */
    int64_t stranger_since_ms;     /* when it began without CLIENT_AUTHENTICATED, if it has not */
    int64_t stalled_since_ms;      /* its peer has taken nothing of what waits since; 0: nothing waits */
    int64_t soft_limit_since_ms;   /* over the soft output limit since; 0: isn't */
    int64_t unfinished_since_ms;   /* a request was seen that isn't whole, and still is the same; 0: none */
    uint64_t unfinished_at,
        unfinished_bytes_in; /* where it begins in what was sent; `bytes_in` at that time */
    uint64_t bytes_in;
    struct wait wait; /* of CLIENT_BUSY */
};

/* Takes over the descriptor; NULL when it can't be served (it is closed then). */
struct client *client_new(struct server *server, int fd, bool is_unix);
/* The same over TLS, as server->tls says. */
struct client *client_new_tls(struct server *server, int fd);
/* One without a connection, which collects replies: for tests and inner use. */
struct client *client_new_internal(struct server *server);
/* Another, which is on no list of clients: who runs the commands of scripts. */
struct client *client_new_for_scripts(struct server *server);
/* At once; only for whoever owns the client and isn't running in it (the reaper, tests). */
void client_free(struct client *client);
/* Frees a closed one, unless it waits for work that is carried through: then only its connection and what
 * others know of it go now, and the rest when that is done. */
void client_reap(struct client *client);

/* Marks it; reaped at the tick's end. The second reads nothing more. */
void client_close(struct client *client);
void client_close_after_reply(struct client *client);
static inline bool client_is_closing(const struct client *client)
{
    return (client->flags & (CLIENT_CLOSE_NOW | CLIENT_CLOSE_AFTER_REPLY)) != 0;
}

/* Whether its command is run without a reply (CLIENT REPLY): what is replied is cut off. What EXEC runs is
 * never silent: its array has an element for each, and all of it is sent or none. */
static inline bool client_is_silent(const struct client *client)
{
    return (client->flags & (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP)) != 0 && !(client->flags & CLIENT_IN_EXEC);
}

/* Puts it on the list of those whose replies the tick writes; call it after replying outside of its own
 * command. */
void client_wants_write(struct client *client);

/* Back to the state after connecting (RESET). */
void client_reset(struct client *client);

/* NULL: it is gone. */
struct client *client_by_id(const struct server *server, uint64_t id);

/* "normal", "pubsub", "replica", "master": the classes of client-output-buffer-limit and CLIENT KILL TYPE. */
enum client_class {
    CLIENT_CLASS_NORMAL,
    CLIENT_CLASS_REPLICA,
    CLIENT_CLASS_PUBSUB,
    CLIENT_CLASS_MASTER,
    CLIENT_CLASS_COUNT
};
static inline enum client_class client_class(const struct client *client)
{
    return subscriber_is_listening(&client->subscriber) ? CLIENT_CLASS_PUBSUB : CLIENT_CLASS_NORMAL;
}

/* Closes it when its unsent replies are over its class's client-output-buffer-limit. A single message to a
 * subscriber is never the reason: the largest shared one that waits doesn't count, as long as it keeps
 * reading. */
void client_check_output_limit(struct client *client);
/* Bytes; 0: none. */
size_t client_output_hard_limit(const struct client *client);
/* Closes it as one that is over the limit. */
void client_close_for_output(struct client *client);
/* Closes it, saying so in the log, since there is no memory for what is pushed to it: it would miss that and
 * not know. */
void client_close_unpushed(struct client *client);

/* Bytes it holds: itself, input, replies, transaction, and what it subscribed to, watches and tracks. */
size_t client_memory(const struct client *client);
/* The same with values on their way to it, which it keeps alive whatever becomes of their keys. A published
 * message counts for none of its receivers. */
size_t client_claim(const struct client *client);

/* One line as CLIENT LIST and CLIENT INFO show it, with its newline. */
void client_describe(struct client *client, struct buf *out);
/* The same for the log: without a newline, and, with hide-user-data-from-log, without what users chose. */
void client_describe_for_log(struct client *client, struct buf *out);
const char *client_peer_name(struct client *client);
const char *client_local_name(struct client *client);

/* Where a published message, a notification, an invalidation is written, whatever CLIENT REPLY says: behind
 * the reply of its command, if one runs or works on in slices. */
struct reply *client_push(struct client *client);

#endif
