/* SPDX-License-Identifier: BSD-3-Clause */
/* Where connections of one kind, plain or TLS, come in: addresses, a unix socket. The library tells apart by
 * nothing but its own instance where a connection came from, so each entrance has one. */
#ifndef HTTP_ENTRANCE_H
#define HTTP_ENTRANCE_H

#include "base/error.h"
#include "base/list.h"
#include "net/loop.h"
#include <stdbool.h>

struct bufferevent;
struct config_words;
struct evhttp;
struct evhttp_request;
struct listener;

struct entrance {
    struct loop *loop;
    struct evhttp *library;
    struct list doors;
};

/* What is called from loop_wait: `came` makes the bufferevent of a new connection, `asked` takes a complete
 * request. */
struct entrance_calls {
    struct bufferevent *(*came)(struct event_base *base, void *context);
    void (*asked)(struct evhttp_request *request, void *context);
    void *context;
};

/* False when the library can't be had. */
bool entrance_init(struct entrance *entrance, struct loop *loop, const struct entrance_calls *calls);
/* Lets all connections go. May be called for a zeroed one. */
void entrance_clear(struct entrance *entrance);

/* Listens on each address too, `port` 0: on none. False with `error` filled, and the reason logged, when one
 * can't be had. */
bool entrance_open_tcp(struct entrance *entrance, const struct config_words *addresses, int port,
                       struct error *error);
bool entrance_open_unix(struct entrance *entrance, const char *path, unsigned mode, struct error *error);
/* Listens nowhere any more; connections stay. */
void entrance_close(struct entrance *entrance);

/* Lets nobody in for the moment, and goes on. Both may be called again. */
void entrance_rest(struct entrance *entrance);
void entrance_resume(struct entrance *entrance);

#endif
