/* SPDX-License-Identifier: BSD-3-Clause */
/* SIGTERM and SIGINT end the server gracefully, SIGINT after either at once; SIGHUP is told to the service manager; SIGPIPE is
 * ignored. */
#ifndef APP_SIGNALS_H
#define APP_SIGNALS_H

struct server;

void signals_install(struct server *server);
/* At the end of `server`: the loop watches no more; a second SIGINT still ends at once. */
void signals_forget(void);

#endif
