/* SPDX-License-Identifier: BSD-3-Clause */
/* How a call is made and run, for those in the engine that run one: dispatch, EXEC, the server itself, and
 * whoever finishes one that was late. */
#ifndef ENGINE_CALL_RUN_H
#define ENGINE_CALL_RUN_H

#include "engine/call.h"
#include "engine/server.h"

/* The one constructor. It has no known first key, no large argument, and may not wait: who knows better says
 * so afterwards. */
static inline void call_init(struct call *call, struct client *client, struct registered_command *command,
                             int argc, const struct bytes *argv, struct reply *reply)
{
    /* One by one: zeroing the whole is a slow string instruction to the compiler. */
    call->server = client->server;
    call->client = client;
    call->keyspace = store_keyspace(client->server->store, client->database);
    call->command = command;
    call->reply = reply;
    call->argc = argc;
    call->argv = argv;
    call->first_key = (struct key){.name = {0}};
    call->first_key_index = 0;
    call->big_argument = NULL;
    call->has_failed = false;
    call->has_changed = call->is_recorded = false;
    call->edit_count = 0;
    call->may_wait = false;
    call->late = NULL;
}

/* Whose command runs, and which. Of calls within a call the client is that of the outermost, to whom pushes
 * are deferred and whose reads are remembered; the command is that of the innermost. */
struct running {
    struct client *client;
    struct registered_command *command;
    bool holds_stamps; /* CLIENT NO-TOUCH */
};

/* Between the two the call runs; the first returns what ran before. */
static inline struct running call_enter(struct call *call)
{
    struct server *server = call->server;
    struct running outer = {server->current_client, server->current_command,
                            call->client->flags & CLIENT_NO_TOUCH};
    server->current_client = outer.client ? outer.client : call->client;
    server->current_command = call->command;
    if (outer.holds_stamps)
        store_hold_stamps(server->store, true);
    return outer;
}

static inline void call_leave(struct server *server, struct running outer)
{
    server->current_client = outer.client;
    server->current_command = outer.command;
    if (outer.holds_stamps)
        store_hold_stamps(server->store, false);
}

/* The call's effect has come: it is counted, shown to monitors, and what it read is remembered for tracking.
 * To be called once, while it runs. */
void call_took_effect(struct call *call);
/* It is done, and took so many ticks of the clock in all. */
void call_measure(struct call *call, uint64_t ticks);

#endif
