/* SPDX-License-Identifier: BSD-3-Clause */
/* SIGTERM and SIGINT end the server gracefully, a second one at once; SIGPIPE is ignored. */
#ifndef APP_SIGNALS_H
#define APP_SIGNALS_H

struct server;

void signals_install(struct server *server);

#endif
