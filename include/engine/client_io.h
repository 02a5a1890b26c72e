/* SPDX-License-Identifier: BSD-3-Clause */
/* Bytes of clients in and out. Requests of many clients are gathered into a batch before the first of them
 * runs, so that the memory their keys lie in is on its way early:
 *
 *     gather   read, parse, look the command up, hash the first key, prefetch its bucket
 *     run      each in order of arrival, while the entries of those behind it are prefetched
 *
 * Replies are written at the tick's end, and sooner when many wait (clients_write).
 *
 * A client that may not go on (blocked, paused, closing) keeps the bytes of what hasn't run. */
#ifndef ENGINE_CLIENT_IO_H
#define ENGINE_CLIENT_IO_H

#include "engine/client.h"

struct batch;

struct batch *batch_new(void);
void batch_free(struct batch *batch);

/* Handles every client that has something to read or to run. */
void clients_serve(struct server *server);

/* Writes what waits for clients. */
void clients_write(struct server *server);

/* Gives a client bytes as if it had sent them (tests); the next tick runs them. */
void client_feed(struct client *client, struct bytes input);

/* Writes what waits, as far as the connection takes it; the rest goes when it is writable again. */
void client_flush(struct client *client);

#endif
