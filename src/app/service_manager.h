/* SPDX-License-Identifier: BSD-3-Clause */
/* What `supervised` asks for: the service manager is told when the server is ready, reloads or stops, and
 * that it is alive. It may also pass the listening sockets. */
#ifndef APP_SERVICE_MANAGER_H
#define APP_SERVICE_MANAGER_H

#include "engine/server.h"

/* Finds out whether a service manager is there as configured, and notes in config->supervised which one. True
 * when it is: the server must not leave for the background then. */
bool service_manager_find(struct config *config);

/* The server serves. Also starts the signs of life, where systemd asks for them (WatchdogSec=). */
void service_manager_ready(struct server *server);

/* The configuration is being read again, and that is over (the manager waits for it). `status` says how it
 * went. */
void service_manager_reloading(const struct server *server);
void service_manager_reloaded(const struct server *server, const char *status);

/* Listening sockets that it passed to us: this many, with descriptors from SERVICE_MANAGER_FIRST_SOCKET on.
 * Asked once. */
enum { SERVICE_MANAGER_FIRST_SOCKET = 3 };
int service_manager_socket_count(void);

/* Whether it passes any, also after they were taken over. To be asked before that for the first time. */
bool service_manager_passes_sockets(void);

void service_manager_stopping(const struct server *server);

#endif
