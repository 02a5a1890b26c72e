/* SPDX-License-Identifier: BSD-3-Clause */
/* The end of a server that was asked to end. */
#ifndef APP_SHUTDOWN_H
#define APP_SHUTDOWN_H

#include "engine/server.h"

/* Closes the doors, then gives clients a moment to take the replies that wait for them. Nothing is read or
 * run any more. */
void shutdown_drain(struct server *server);

#endif
