/* SPDX-License-Identifier: BSD-3-Clause */
/* A descriptor is closed when our reference goes, not before: so its number can't be another's while the
 * library's events for it are still there. */
#include "connections.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "net/tls.h"
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <sys/socket.h>

/* Hands must have been shaken, a request have come, and an answer gone, within this time. */
#define HANDSHAKE_TIMEOUT_US 5000000
#define RECEIVE_TIMEOUT_US   10000000
#define SEND_TIMEOUT_US      30000000
/* More than the largest request that is accepted: what is sent beyond waits in the kernel. */
#define INPUT_MAX 16384

void connections_init(struct connections *connections)
{
    list_init(&connections->all);
    list_init(&connections->waiting);
    connections->count = 0;
}

static void forget(struct connections *connections, struct http_connection *connection)
{
    list_remove(&connection->link);
    list_remove(&connection->waiting);
    (void)bufferevent_decref(connection->bufferevent);
    connections->count--;
    mem_free(connection);
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
    if (info->n_added > 0 && (connection->since_us == 0 || connection->is_shaking)) {
        connection->is_shaking = false;
        connection->since_us = clock_mono_us();
    }
}

struct bufferevent *connections_add(struct connections *connections, struct event_base *base,
                                    const struct tls *tls)
{
    struct bufferevent *bufferevent =
        tls ? tls_bufferevent(tls, base) : bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);
    if (!bufferevent)
        return NULL;
    struct http_connection *connection = mem_zalloc(sizeof *connection);
    connection->bufferevent = bufferevent;
    connection->is_shaking = tls;
    connection->since_us = tls ? clock_mono_us() : 0;
    if (!evbuffer_add_cb(bufferevent_get_input(bufferevent), input_came, connection)) {
        bufferevent_free(bufferevent);
        mem_free(connection);
        return NULL;
    }
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
    connection->since_us = now_us;
}

void connection_idle(struct http_connection *connection)
{
    bool has_next = evbuffer_get_length(bufferevent_get_input(connection->bufferevent)) > 0; /* sent ahead */
    connection->since_us = has_next ? clock_mono_us() : 0;
}

static bool has_ended(struct http_connection *connection)
{
    bufferevent_event_cb when_something_happens = NULL;
    bufferevent_getcb(connection->bufferevent, NULL, NULL, &when_something_happens, NULL);
    return !when_something_happens;
}

int connections_shaking(const struct connections *connections)
{
    int count = 0;
    LIST_EACH(link, &connections->all) {
        struct http_connection *connection = LIST_ENTRY(link, struct http_connection, link);
        count += connection->is_shaking && !tls_is_open(connection->bufferevent) && !has_ended(connection);
    }
    return count;
}

static bool takes_too_long(const struct http_connection *connection, int64_t now_us)
{
    bool is_sending = evbuffer_get_length(bufferevent_get_output(connection->bufferevent)) > 0;
    int64_t limit_us = is_sending ? SEND_TIMEOUT_US : RECEIVE_TIMEOUT_US;
    if (connection->since_us == 0 || connection->request)
        return false;
    return now_us - connection->since_us > (connection->is_shaking ? HANDSHAKE_TIMEOUT_US : limit_us);
}

/* What went on without a word from the library. */
static void notice(struct http_connection *connection)
{
    if (connection->is_shaking && tls_is_open(connection->bufferevent)) {
        connection->is_shaking = false;
        connection->since_us = 0;
    }
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
        if (takes_too_long(connection, now_us))
            /* The library sees the end, and lets it go. */
            (void)shutdown(bufferevent_getfd(connection->bufferevent), SHUT_RDWR);
    }
}
