/* SPDX-License-Identifier: BSD-3-Clause */
/* When waiting clients have waited long enough. A client waits for one thing at a time, so it has one timeout
 * at the most; the tick asks for the earliest and runs those that are due. */
#ifndef ENGINE_TIMEOUTS_H
#define ENGINE_TIMEOUTS_H

#include <stddef.h>
#include <stdint.h>

struct client;
struct server;
struct timeout;

/* Those of a server: a heap with the earliest on top. Zero-initialised is empty. */
struct timeouts {
    struct timeout *heap;
    size_t count, capacity;
};

/* Calls `expired` in the tick that reaches `at_mono_ms` (monotonic; INT64_MAX: never by itself); replaces the
 * timeout that the client had. */
void timeout_set(struct server *server, struct client *client, int64_t at_mono_ms,
                 void (*expired)(struct client *client));

/* When the client's is due; INT64_MAX when it has none. */
int64_t timeout_of(const struct server *server, const struct client *client);

/* Whoever sets a timeout clears it when the wait ends in another way, the client's death included. Harmless
 * without one. */
void timeout_clear(struct server *server, struct client *client);

/* When the next is due (monotonic ms), INT64_MAX when nobody waits. */
int64_t timeouts_next_ms(const struct server *server);

/* Runs all that are due at server->clock.mono_ms, the earliest first. Each is cleared before it is called,
 * and may set another. */
void timeouts_run(struct server *server);

/* Frees the memory; nobody waits any more. */
void timeouts_free(struct timeouts *timeouts);

#endif
