/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading what clients send. */
#ifndef ENGINE_CLIENT_INPUT_H
#define ENGINE_CLIENT_INPUT_H

#include "batch.h"

/* Whether the next bytes to come belong to a big argument. One that is full stays with the client until its
 * request is whole, and has no announced length any more. */
static inline bool client_is_filling(const struct client *client)
{
    return client->big_argument && client->big_argument_len > 0;
}

/* Bytes of requests that haven't run. */
static inline size_t client_input_held(const struct client *client)
{
    return client->input.len + (client->big_argument ? client->big_argument->len : 0);
}

/* Reads what has come. False when nothing has, or the client is gone. `*input` is where its unrun bytes
 * lie. */
bool client_read(struct client *client, struct batch *batch, struct batch_input *input);

/* Closes a client whose peer sends nothing more, when all that it sent has run and been answered. To be
 * called whenever something of it may have been the last. */
void client_end_if_done(struct client *client);

/* Once the request's last known argument turns out to be big and unfinished, its bytes go to a blob of their
 * own. */
void client_start_big_argument(struct client *client);

#endif
