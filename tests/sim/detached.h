/* SPDX-License-Identifier: BSD-3-Clause */
/* Clients whose connection is gone while their work is carried through: of each what the model has to know
 * when that takes effect. */
#ifndef SIM_DETACHED_H
#define SIM_DETACHED_H

#include <stddef.h>

struct client;
struct session;

/* Its session goes with the connection; what goes on is another's from here. */
void detached_add(const struct client *client, struct session *session);
/* NULL: it isn't one of them. */
struct session *detached_session(const struct client *client);
size_t detached_count(void);
void detached_end(const struct client *client);
/* The server is gone, and its work with it. */
void detached_forget(void);

#endif
