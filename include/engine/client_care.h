/* SPDX-License-Identifier: BSD-3-Clause */
/* Every client is looked at once a second: has it been silent, or a stranger, for too long, does it let its
 * replies pile up, and what does it hold. A few at a time, since there may be tens of thousands. */
#ifndef ENGINE_CLIENT_CARE_H
#define ENGINE_CLIENT_CARE_H

#include <stddef.h>

struct client;
struct server;

/* What the clients hold together. */
struct client_census {
    size_t normal_bytes, pubsub_bytes, replica_bytes;
    size_t longest_input, longest_output; /* bytes */
};

/* Makes server->client_care with its task. */
void client_care_init(struct server *server);
void client_care_free(struct server *server);

/* What they hold now, or, of more than a thousand, a second ago at most. */
const struct client_census *client_census(const struct server *server);

void client_care_add_metrics(struct server *server);

#endif
