/* SPDX-License-Identifier: BSD-3-Clause */
/* Slows down guessing of passwords. An address that has used up its budget of wrong guesses
 * (access/guess_budget.h) gets no more than its rate: a further AUTH or HELLO from there stays unrun, its
 * client suspended, until its turn comes. A right password waits likewise, or else the waiting would tell.
 * Others run on.
 *
 * server->auth_throttle is NULL until the first wrong guess. */
#ifndef ENGINE_AUTH_THROTTLE_H
#define ENGINE_AUTH_THROTTLE_H

#include <stdbool.h>

struct auth_throttle;
struct client;

/* Whether the client's next attempt has to wait for its turn. */
bool auth_throttle_must_wait(const struct client *client);

/* The client waits (WAIT_GUESS) until its turn. Only for one that must. */
void auth_throttle_wait(struct client *client);

/* The client's attempt was wrong. */
void auth_throttle_count(struct client *client);

/* Nobody waits any more. */
void auth_throttle_free(struct auth_throttle *throttle);

#endif
