/* SPDX-License-Identifier: BSD-3-Clause */
/* SIGTERM and SIGINT end the server gracefully, SIGINT after either at once; SIGHUP is told to the service
 * manager; SIGPIPE is ignored. */
#ifndef APP_SIGNALS_H
#define APP_SIGNALS_H

struct server;

/* From here on; SIGTERM and SIGINT still end the process at once, with exit code 0. */
void signals_install(void);
/* `server` serves: from here on it is asked to end. */
void signals_watch(struct server *server);
/* At the end of `server`: the loop watches no more; a second SIGINT still ends at once. */
void signals_forget(void);

#endif
