/* SPDX-License-Identifier: BSD-3-Clause */
/* CLIENT TRACKING: telling clients which of the keys that they cache have changed. In the default mode it is
 * remembered who read what; in broadcast mode clients name prefixes and are told, once a tick, of every
 * changed key that has one. server->tracking is NULL until the first client turns it on. */
#ifndef ENGINE_TRACKING_H
#define ENGINE_TRACKING_H

#include "engine/call.h"
#include "engine/client.h"
#include "engine/server.h"

struct tracking_options {
    bool is_broadcast; /* BCAST */
    bool is_opt_in, is_opt_out;
    bool is_no_loop;
    uint64_t redirect; /* client id, 0: none */
};

/* What a client chose; client->tracking is NULL until it ever did. */
struct tracking_state {
    struct client *client;
    struct tracking_options options;
    bool is_caching_chosen; /* CLIENT CACHING was said for the next command or transaction */
    struct list link;       /* in the list of all that track */
    struct list prefixes;   /* broadcast: memberships, by prefix */
    size_t prefix_count;
};

/* Turns it on, or adds prefixes in broadcast mode (none given: the empty one). The prefixes must not
 * overlap. */
void tracking_enable(struct client *client, const struct tracking_options *options,
                     const struct bytes *prefixes, size_t prefix_count);
/* Nothing happens when it is off. */
void tracking_disable(struct client *client);

/* A prefix of the client that `prefix` begins with, or that begins with it. False when there is none. */
bool tracking_prefix_overlaps(const struct client *client, struct bytes prefix, struct bytes *existing);
/* Calls `visit` for each prefix, in order; returns how many there are. */
size_t tracking_prefixes(const struct client *client, void (*visit)(void *context, struct bytes prefix),
                         void *context);

static inline bool tracking_is_on(const struct client *client)
{
    return (client->flags & CLIENT_TRACKING) != 0;
}

static inline bool tracking_is_broadcast(const struct client *client)
{
    return tracking_is_on(client) && client->tracking->options.is_broadcast;
}

/* Where its invalidations go: a client's id, 0 when to itself, -1 when tracking is off. */
int64_t tracking_redirect(const struct client *client);

/* ---- what happens ---- */

/* A read-only command ran: the client whose command it is caches its keys from now on. */
void tracking_remember(const struct call *call);
/* `by` is the client whose command changed the key, NULL when it went by itself. */
void tracking_key_changed(struct server *server, const struct client *by, struct bytes key);
/* A database is emptied: nothing that anybody caches is valid. */
void tracking_flushing(struct server *server);
/* The client's command (EXEC: with its queue) is done, refused ones included: sends what waited for its reply
 * to be complete, and ends the effect of CLIENT CACHING. `command` is NULL when there is none of that
 * name. */
void tracking_settle(struct client *client, const struct registered_command *command);
static inline void tracking_command_done(struct client *client, const struct registered_command *command)
{
    if (client->server->tracking)
        tracking_settle(client, command);
}
/* The tick's end: sends the broadcasts, and keeps to tracking-table-max-keys. */
void tracking_tick(struct server *server);

void tracking_free(struct tracking *tracking);

/* For INFO. */
/* Bytes that a client takes for its tracking. */
size_t tracking_memory(const struct client *client);
size_t tracking_client_count(const struct server *server);
size_t tracking_key_count(const struct server *server);
size_t tracking_item_count(const struct server *server);
size_t tracking_prefix_count(const struct server *server);

/* Adds its rows to server->metrics. */
void tracking_add_metrics(struct server *server);

#endif
