/* SPDX-License-Identifier: BSD-3-Clause */
/* Taking in new connections, or telling them why not. */
#ifndef ENGINE_ACCEPT_H
#define ENGINE_ACCEPT_H

#include <stdbool.h>

struct client;
struct server;

/* Takes in whoever waits at the listeners that the loop found ready, a bounded number a tick. */
void accept_clients(struct server *server);
/* Lets in one that can be talked to; false when it was told why not: it is to be closed then. */
bool accept_admit(struct client *client);
/* Listeners that ran out of descriptors, or of places for handshakes, try again. */
void accept_resume(struct server *server);

#endif
