/* SPDX-License-Identifier: BSD-3-Clause */
/* Who is connected, and for how long they may be. The library says nothing when a connection ends, so each
 * one's bufferevent is held by a reference of our own, and looked at a few times a second: one that the
 * library has let go has no callbacks any more. */
#ifndef HTTP_CONNECTIONS_H
#define HTTP_CONNECTIONS_H

#include "base/list.h"
#include <stdbool.h>
#include <stdint.h>

struct bufferevent;
struct event;
struct event_base;
struct evhttp_connection;
struct evhttp_request;
struct loop;
struct tls;
struct tls_shake;

/* Connections at a time. One more comes in when one gives way, and waits to be accepted otherwise. */
#define HTTP_CONNECTIONS_MAX 32

struct http_connection {
    struct loop *loop;
    struct list link;
    struct list waiting; /* in connections->waiting */
    struct bufferevent *bufferevent;
    struct evhttp_connection *peer; /* the library's; NULL: not known yet, or it has ended */
    struct event *beginning;        /* comes when the library has made it */
    struct tls_shake *shake;        /* a helper shakes hands; NULL: nobody does, or the bufferevent itself */
    struct evhttp_request *request; /* complete, and not yet answered */
    int64_t
        since_us; /* monotonic: when it fell silent, or its request began to come, its answer to go, or its
                         handshake */
    int unseen_looks; /* at all of them, until the library has surely seen what was sent ahead */
    bool is_idle;
    bool is_shaking;   /* of TLS: as far as was noticed, the handshake goes on */
    bool wants_helper; /* for that */
};

struct connections {
    struct loop *loop;
    struct list all, waiting; /* the second: those whose request has no turn yet, oldest first */
    int count;
};

void connections_init(struct connections *connections, struct loop *loop);
/* After the library let go of them all. */
void connections_clear(struct connections *connections);

/* A connection about to be: its bufferevent, the library's from then on; plain without `tls`. NULL when there
 * is no memory. */
struct bufferevent *connections_add(struct connections *connections, const struct tls *tls);

/* When there is no place left, whose silence, or unfinished request, has lasted longest goes. False when all
 * are taken by requests that are being answered. */
bool connections_make_room(struct connections *connections, int64_t now_us);

/* Others wait to shake hands: whoever hasn't begun with it, or is very slow, goes. Returns how many of them
 * had not. */
int connections_hurry(struct connections *connections, int64_t now_us);

/* Whether something of an answer waits to be sent. */
bool connections_are_sending(const struct connections *connections);

/* How many are in their handshake. */
int connections_shaking(const struct connections *connections);

/* Whose bufferevent that is. */
struct http_connection *connections_find(const struct connections *connections,
                                         const struct bufferevent *bufferevent);

/* A complete request waits for its turn; its answer is being sent; it has been sent. */
void connection_wait(struct connections *connections, struct http_connection *connection,
                     struct evhttp_request *request);
void connection_answering(struct http_connection *connection, int64_t now_us);
void connection_idle(struct http_connection *connection);

/* Forgets those that ended, and cuts off those that take too long to send or to read. */
void connections_sweep(struct connections *connections, int64_t now_us);

#endif
