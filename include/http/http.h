/* SPDX-License-Identifier: BSD-3-Clause */
/* What people and their tools see of the server: the live page, /health, /ready, /metrics and some more, by
 * HTTP on the same loop. It never holds up the clients: requests are few at a time and a second, small, and
 * answered from what is counted anyway; whoever sends or reads too slowly is disconnected. Nothing it shows
 * holds keys or values. */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include "base/error.h"
#include <stdbool.h>

struct http;
struct server;
struct tls;

/* Listens nowhere yet. NULL when the library can't be had. */
struct http *http_new(struct server *server);
/* Before the server. NULL is fine. */
void http_free(struct http *http);

/* Takes over whom TLS connections meet from now on; those that are open stay as they are. NULL: there are to
 * be none. */
void http_use_tls(struct http *http, struct tls *tls);
bool http_has_tls(const struct http *http);

/* Listens as http-port, http-tls-port, http-bind and http-unixsocket say, instead of where it did before.
 * Connections that are open stay. False with `error` filled when an address can't be listened on, or there is
 * no TLS to be used for a port that needs it; it listens nowhere then. */
bool http_listen(struct http *http, struct error *error);

/* Whether something of an answer waits to be sent. NULL is fine. */
bool http_is_sending(const struct http *http);

#endif
