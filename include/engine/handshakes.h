/* SPDX-License-Identifier: BSD-3-Clause */
/* Clients whose TLS handshake isn't done. They are clients of maxclients, but nobody asked them in: they have
 * little time, and there are few places for those that use none of it. */
#ifndef ENGINE_HANDSHAKES_H
#define ENGINE_HANDSHAKES_H

#include "base/list.h"
#include "net/conn.h"
#include <stddef.h>

struct client;
struct server;

struct handshakes {
    struct list waiting; /* oldest first */
    size_t count;
};

void handshakes_init(struct handshakes *handshakes);

/* Whether one more may begin. When the places are taken, those are closed that have had time and said
 * nothing; theirs are free in the next turn. */
bool handshakes_have_room(struct server *server);

/* It was just accepted. */
void handshake_begin(struct client *client);

/* To be called after a read of it came to `result`. True when hands have been shaken, once: from then on it
 * is a client like any other. When they can't be, whoever reads it sees the end of its input. */
bool handshake_is_done(struct client *client, enum conn_result result);

#endif
