/* SPDX-License-Identifier: BSD-3-Clause */
/* CLIENT PAUSE: until some moment, no command is run, or none that writes; clients that send one wait.
 * server->status says which and until when; admission reads it there. */
#ifndef ENGINE_PAUSE_H
#define ENGINE_PAUSE_H

#include <stdbool.h>
#include <stdint.h>

struct client;
struct server;

/* Pauses until `until_ms` (monotonic, not in the past), expiry included. A pause that is on becomes longer
 * and stricter by this, never shorter or looser. */
void pause_begin(struct server *server, int64_t until_ms, bool is_of_writes);

/* Who waited goes on. Nothing happens when there is no pause. */
void pause_end(struct server *server);

/* Ends a pause whose time is up. */
void pause_run(struct server *server);

/* Whether the dataset is to stay as it is: nothing expires, nothing is evicted. From the pause's beginning
 * until pause_end, which is a little after its time is up. */
bool pause_holds_data(const struct server *server);

/* The client's command stays unrun until the pause ends. */
void pause_hold(struct client *client);

#endif
