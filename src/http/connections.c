/* SPDX-License-Identifier: BSD-3-Clause */
/* A descriptor is closed when our reference goes, not before: so its number can't be another's while the
 * library's events for it are still there.
 *
 * The library shows its connection only with a whole request. But it is what the bufferevent's callbacks are
 * given, and so can be told at the first moment where to announce its end: that is where farewell is said,
 * whatever the end came from. */
#include "connections.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "net/loop.h"
#include "net/tls.h"
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <sys/socket.h>

/* Hands must have been shaken, a request have come, and an answer gone, within this time. */
#define HANDSHAKE_TIMEOUT_US 5000000
#define RECEIVE_TIMEOUT_US   10000000
#define SEND_TIMEOUT_US      30000000
/* When places run out: an answer goes on after this time only if its place isn't needed; */
#define SEND_PATIENCE_US 1000000
/* likewise a handshake, of which the first word comes with the connection, and the others soon. */
#define FIRST_WORD_PATIENCE_US 200000
#define HANDSHAKE_PATIENCE_US  2000000
/* More than the largest request that is accepted: what is sent beyond waits in the kernel. */
#define INPUT_MAX 16384

void connections_init(struct connections *connections, struct loop *loop)
{
    connections->loop = loop;
    list_init(&connections->all);
    list_init(&connections->waiting);
    connections->count = 0;
}

static bool is_sending(const struct http_connection *connection)
{
    return evbuffer_get_length(bufferevent_get_output(connection->bufferevent)) > 0;
}

static bool has_ended(const struct http_connection *connection)
{
    bufferevent_event_cb when_something_happens = NULL;
    bufferevent_getcb(connection->bufferevent, NULL, NULL, &when_something_happens, NULL);
    return !when_something_happens;
}

/* Whether what is the SSL library's may be asked and told anything; hands have been shaken then. */
static bool is_open(const struct http_connection *connection)
{
    if (connection->wants_helper && !(connection->shake && tls_shake_is_done(connection->shake)))
        return false;
    return tls_is_open(connection->bufferevent);
}

static bool has_heard(const struct http_connection *connection)
{
    if (connection->wants_helper)
        return connection->shake && tls_shake_has_heard(connection->shake);
    return tls_has_heard(connection->bufferevent);
}

static void forget(struct connections *connections, struct http_connection *connection)
{
    list_remove(&connection->link);
    list_remove(&connection->waiting);
    event_free(connection->beginning);
    tls_shake_end(connection->shake);
    (void)bufferevent_decref(connection->bufferevent);
    connections->count--;
    mem_free(connection);
}

/* Ends it now. Not to be called from what the library calls for the same connection. */
static void cut(struct connections *connections, struct http_connection *connection)
{
    evhttp_connection_free(connection->peer);
    forget(connections, connection);
}

static void connection_ends(struct evhttp_connection *peer, void *context)
{
    struct http_connection *connection = context;
    (void)peer;
    list_remove(&connection->waiting);
    connection->request = NULL;
    connection->peer = NULL;
    if (is_open(connection))
        tls_say_farewell(connection->bufferevent);
}

static void connection_begins(evutil_socket_t fd, short what, void *context)
{
    struct http_connection *connection = context;
    void *peer = NULL;
    (void)fd;
    (void)what;
    if (has_ended(connection))
        return;
    bufferevent_getcb(connection->bufferevent, NULL, NULL, NULL, &peer);
    connection->peer = peer;
    evhttp_connection_set_closecb(peer, connection_ends, connection);
    if (connection->wants_helper)
        connection->shake = tls_shake_begin(connection->loop, connection->bufferevent);
}

void connections_clear(struct connections *connections)
{
    while (!list_is_empty(&connections->all))
        forget(connections, LIST_ENTRY(connections->all.next, struct http_connection, link));
}

static void input_came(struct evbuffer *input, const struct evbuffer_cb_info *info, void *context)
{
    struct http_connection *connection = context;
    (void)input;
    if (info->n_added > 0 && (connection->is_idle || connection->is_shaking)) {
        connection->is_shaking = connection->is_idle = false;
        connection->since_us = clock_mono_us();
    }
}

static struct bufferevent *make_bufferevent(struct event_base *base, const struct tls *tls)
{
    if (!tls)
        return bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    return tls_shakes_slowly(tls) ? tls_bufferevent_to_shake(tls, base) : tls_bufferevent(tls, base);
}

struct bufferevent *connections_add(struct connections *connections, const struct tls *tls)
{
    struct event_base *base = loop_event_base(connections->loop);
    struct bufferevent *bufferevent = make_bufferevent(base, tls);
    if (!bufferevent)
        return NULL;
    struct http_connection *connection = mem_zalloc(sizeof *connection);
    connection->bufferevent = bufferevent;
    connection->loop = connections->loop;
    connection->is_shaking = tls;
    connection->wants_helper = tls && tls_shakes_slowly(tls);
    connection->is_idle = !tls;
    connection->since_us = clock_mono_us();
    connection->beginning = event_new(base, -1, 0, connection_begins, connection);
    if (!connection->beginning ||
        !evbuffer_add_cb(bufferevent_get_input(bufferevent), input_came, connection)) {
        if (connection->beginning)
            event_free(connection->beginning);
        bufferevent_free(bufferevent);
        mem_free(connection);
        return NULL;
    }
    event_active(connection->beginning, EV_TIMEOUT, 0);
    bufferevent_incref(bufferevent);
    bufferevent_setwatermark(bufferevent, EV_READ, 0, INPUT_MAX);
    list_init(&connection->waiting);
    list_append(&connections->all, &connection->link);
    connections->count++;
    return bufferevent;
}

struct http_connection *connections_find(const struct connections *connections,
                                         const struct bufferevent *bufferevent)
{
    LIST_EACH(link, &connections->all) {
        struct http_connection *connection = LIST_ENTRY(link, struct http_connection, link);
        if (connection->bufferevent == bufferevent)
            return connection;
    }
    return NULL;
}

void connection_wait(struct connections *connections, struct http_connection *connection,
                     struct evhttp_request *request)
{
    connection->request = request;
    list_append(&connections->waiting, &connection->waiting);
}

void connection_answering(struct http_connection *connection, int64_t now_us)
{
    list_remove(&connection->waiting);
    connection->request = NULL;
    connection->is_idle = false;
    connection->since_us = now_us;
}

void connection_idle(struct http_connection *connection)
{
    bool has_next = evbuffer_get_length(bufferevent_get_input(connection->bufferevent)) > 0; /* sent ahead */
    /* The library sees it in the next turn, which is over when all were looked at twice. */
    connection->unseen_looks = has_next ? 2 : 0;
    connection->is_idle = !has_next;
    connection->since_us = clock_mono_us();
}

int connections_shaking(const struct connections *connections)
{
    int count = 0;
    LIST_EACH(link, &connections->all) {
        struct http_connection *connection = LIST_ENTRY(link, struct http_connection, link);
        count += connection->is_shaking && !is_open(connection) && !has_ended(connection);
    }
    return count;
}

static bool takes_too_long(const struct http_connection *connection, int64_t now_us)
{
    int64_t limit_us = connection->is_shaking   ? HANDSHAKE_TIMEOUT_US
                       : is_sending(connection) ? SEND_TIMEOUT_US
                                                : RECEIVE_TIMEOUT_US;
    return !connection->is_idle && !connection->request && now_us - connection->since_us > limit_us;
}

bool connections_are_sending(const struct connections *connections)
{
    LIST_EACH(link, &connections->all) {
        const struct http_connection *connection = LIST_ENTRY(link, struct http_connection, link);
        if (!has_ended(connection) && is_sending(connection))
            return true;
    }
    return false;
}

/* ---- places ---- */

/* Its words have come, and only weren't read yet: it isn't silent. */
static bool has_unread_input(const struct http_connection *connection)
{
    char first;
    return recv(bufferevent_getfd(connection->bufferevent), &first, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

static bool may_give_way(const struct http_connection *connection, int64_t now_us)
{
    return connection->peer && !connection->request && connection->unseen_looks == 0 &&
           (!is_sending(connection) || now_us - connection->since_us > SEND_PATIENCE_US);
}

bool connections_make_room(struct connections *connections, int64_t now_us)
{
    struct http_connection *longest = NULL;
    LIST_EACH(link, &connections->all) {
        struct http_connection *connection = LIST_ENTRY(link, struct http_connection, link);
        if (may_give_way(connection, now_us) && (!longest || connection->since_us < longest->since_us) &&
            !has_unread_input(connection))
            longest = connection;
    }
    if (longest)
        cut(connections, longest);
    return longest;
}

static bool is_slow_to_shake(const struct http_connection *connection, int64_t now_us)
{
    int64_t patience_us = has_heard(connection) ? HANDSHAKE_PATIENCE_US : FIRST_WORD_PATIENCE_US;
    return connection->peer && connection->is_shaking && !is_open(connection) &&
           now_us - connection->since_us > patience_us;
}

int connections_hurry(struct connections *connections, int64_t now_us)
{
    int silent = 0;
    LIST_EACH_SAFE(link, &connections->all) {
        struct http_connection *connection = LIST_ENTRY(link, struct http_connection, link);
        if (!is_slow_to_shake(connection, now_us))
            continue;
        silent += !has_heard(connection);
        cut(connections, connection);
    }
    return silent;
}

/* ---- a look at all of them ---- */

/* What went on without a word from the library. */
static void notice(struct http_connection *connection)
{
    connection->unseen_looks -= connection->unseen_looks > 0;
    if (connection->is_shaking && is_open(connection)) {
        connection->is_shaking = false;
        connection->is_idle = true;
        connection->since_us = clock_mono_us();
    }
    if (is_open(connection))
        tls_read_on(connection->bufferevent);
}

void connections_sweep(struct connections *connections, int64_t now_us)
{
    LIST_EACH_SAFE(link, &connections->all) {
        struct http_connection *connection = LIST_ENTRY(link, struct http_connection, link);
        if (has_ended(connection)) {
            forget(connections, connection);
            continue;
        }
        notice(connection);
        if (connection->peer && takes_too_long(connection, now_us))
            cut(connections, connection);
    }
}
