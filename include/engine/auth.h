/* SPDX-License-Identifier: BSD-3-Clause */
/* Who a client is: before it has said so, and after. */
#ifndef ENGINE_AUTH_H
#define ENGINE_AUTH_H

#include "base/bytes.h"
#include <stdbool.h>

struct client;
struct server;
struct user;

/* Takes over `requirepass`. Clients stay who they are; those who waited for the password that is no longer
 * needed are in. */
void auth_password_changed(struct server *server);

/* The user of that name, NULL when there is none. "" is the default user: what redis-cli makes of
 * redis://:password@host. */
const struct user *auth_user(const struct server *server, struct bytes name);

/* The client becomes that user. False, with nothing changed but counts, when name and password don't go
 * together; ACL LOG says that it was tried `by` this command. */
bool auth_log_in(struct client *client, struct bytes name, struct bytes password, struct bytes by);

/* A client that came in with a good certificate becomes the user of its name, if there is one that is enabled
 * and the configuration wants that. */
void auth_by_certificate(struct client *client);

#endif
