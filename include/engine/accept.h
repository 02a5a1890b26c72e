/* SPDX-License-Identifier: BSD-3-Clause */
/* Taking in new connections, or telling them why not. */
#ifndef ENGINE_ACCEPT_H
#define ENGINE_ACCEPT_H

struct server;

/* Takes in whoever waits at the listeners that the loop found ready, a bounded number a tick. */
void accept_clients(struct server *server);
/* Listeners that ran out of descriptors try again. */
void accept_resume(struct server *server);

#endif
