/* SPDX-License-Identifier: BSD-3-Clause */
/* What a client waits for. While it does, nothing further of it is run (CLIENT_BUSY); the time it waits is
 * not idle time. There are two ways to wait:
 *
 *     not run yet   admission puts the request off (CLIENT PAUSE, a password's turn): it stays in front of
 *                   the client's input and comes to admission when the wait is over
 *     late          the command has run, and is answered later (long work, WAIT, blocking on keys): the call
 *                   goes on existing, with copies of its arguments, and whoever it waits for finishes it.
 *                   It is not admitted, looked up or counted a second time. */
#ifndef ENGINE_WAIT_H
#define ENGINE_WAIT_H

#include <stdbool.h>
#include <stdint.h>

struct auth_wait;
struct call;
struct client;
struct due_wait;
struct key_waits;
struct late_call;
struct long_work;
struct pause_wait;
struct server;

enum wait_kind {
    WAIT_NOTHING,
    WAIT_PAUSE,  /* the end of CLIENT PAUSE */
    WAIT_GUESS,  /* its turn to try a password */
    WAIT_FIELDS, /* engine/due_fields.h */
    WAIT_WORK,   /* engine/long_work.h */
    WAIT_COPIES, /* WAIT, WAITAOF */
    WAIT_KEYS,   /* engine/blocking.h */
};

/* Zero-initialised: waits for nothing. */
struct wait {
    enum wait_kind kind;
    uint32_t timeout_place;                /* the engine's: among server->timeouts, from 1; 0: it has none */
    void (*expired)(struct call *call);    /* replies when the time is up */
    void (*cancel)(struct client *client); /* forgets what was kept for the wait; however it ends */
    union {                                /* what was kept; owned */
        struct key_waits *keys;            /* of WAIT_KEYS */
        struct long_work *work;            /* of WAIT_WORK */
        struct auth_wait *turn;            /* of WAIT_GUESS */
        struct pause_wait *pause;          /* of WAIT_PAUSE */
        struct due_wait *due;              /* of WAIT_FIELDS */
    };
    struct late_call *late; /* the engine's; owned; NULL: the request lies in the input */
};

/* Whether others may be served before the call is answered: not within a transaction, nor when the server
 * runs the command by itself. */
bool call_may_wait(const struct call *call);

/* The client's request, which is not run now, waits. `cancel` may be NULL. */
void wait_before_running(struct client *client, enum wait_kind kind, void (*cancel)(struct client *client));
/* That wait is over: the request is admitted next. */
void wait_over(struct client *client);

/* The call will be answered late: the command returns without having replied. It waits until then
 * (monotonic; INT64_MAX: without end). False when there is no memory, and then it was replied. A late call
 * that is being answered may wait for something else: what it waited for is cancelled. */
bool call_wait(struct call *call, const struct wait *wait, int64_t until_ms);
/* The same without a reply when there is no memory. */
bool call_try_wait(struct call *call, const struct wait *wait, int64_t until_ms);
/* The client's late call goes on: `answer` replies and returns true, or it goes on waiting, for that or, by
 * call_wait, for something else. When it is answered, what was pushed to the client meanwhile follows (long
 * work: from its begin), and the wait is over. */
bool wait_finish(struct client *client, bool (*answer)(struct call *call, void *context), void *context);

/* The late call's time is up, or is to be (CLIENT UNBLOCK): `expired` answers. */
void wait_expire(struct client *client);
/* Its answer is this error. */
void wait_fail(struct client *client, const char *error);
/* The client goes away: its wait, and its late call, end without an answer. Harmless when it doesn't wait. */
void wait_drop(struct client *client);

/* It waits for others, not for the server's own work. */
bool client_is_blocked(const struct client *client);

void wait_add_metrics(struct server *server);

#endif
