/* SPDX-License-Identifier: BSD-3-Clause */
/* The configured listeners. */
#ifndef APP_LISTENERS_H
#define APP_LISTENERS_H

#include "base/error.h"
#include "engine/server.h"

/* Opens them all: TCP by bind, port and tls-port, the unix socket. False, having logged why, when one that
 * must be there can't be opened, or there is none at all. */
bool listeners_open(struct server *server);

/* Says in the log that clients are served: tools wait for these lines. */
void listeners_announce(const struct server *server);

/* bind, port or tls-port changed: new TCP listeners, and the old ones go; on failure all stays as it was. */
bool listeners_changed(void *server, struct error *error);

/* What is listened on, for INFO and /metrics. */
void listeners_add_metrics(struct server *server);

#endif
