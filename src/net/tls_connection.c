/* SPDX-License-Identifier: BSD-3-Clause */
/* The event library's bufferevents over TLS, and what it leaves to be done. */
#include "tls_private.h"
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/bufferevent_struct.h>
#include <event2/event.h>
#include <openssl/err.h>

/* Messages about keys that a peer may send after the handshake. One is due after many gigabytes. */
enum { LATE_MESSAGES_MAX = 16 };

/* What a peer asks for without end after the handshake - new keys, another handshake - is work that no limit
 * on what it sends bounds. It is over then, as if the peer had ended. Each connection points at how far it
 * is. */
static void watch_late_messages(int is_sent, int version, int type, const void *data, size_t len, SSL *ssl,
                                void *context)
{
    static char marks[LATE_MESSAGES_MAX];
    bool shows_type = type == SSL3_RT_HEADER || type == SSL3_RT_INNER_CONTENT_TYPE;
    (void)version;
    (void)context;
    if (is_sent || !shows_type || len < 1 || *(const unsigned char *)data != SSL3_RT_HANDSHAKE ||
        !SSL_is_init_finished(ssl))
        return;
    char *mark = SSL_get_app_data(ssl);
    mark = mark ? mark + 1 : marks;
    if (mark == marks + LATE_MESSAGES_MAX)
        SSL_set_shutdown(ssl, SSL_RECEIVED_SHUTDOWN);
    else
        (void)SSL_set_app_data(ssl, mark);
}

void tls_watch_late_messages(SSL_CTX *context)
{
    SSL_CTX_set_msg_callback(context, watch_late_messages);
}

struct bufferevent *tls_bufferevent(const struct tls *tls, struct event_base *base)
{
    SSL *ssl = SSL_new(tls->context);
    if (!ssl)
        return NULL;
    struct bufferevent *bufferevent =
        bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE);
    if (bufferevent)
        bufferevent_openssl_set_allow_dirty_shutdown(bufferevent, 1);
    return bufferevent;
}

bool tls_is_open(struct bufferevent *bufferevent)
{
    const SSL *ssl = bufferevent_openssl_get_ssl(bufferevent);
    return !ssl || SSL_is_init_finished(ssl);
}

bool tls_has_heard(struct bufferevent *bufferevent)
{
    const SSL *ssl = bufferevent_openssl_get_ssl(bufferevent);
    const BIO *reader = ssl ? SSL_get_rbio(ssl) : NULL;
    return !ssl || (reader && BIO_number_read((BIO *)(uintptr_t)reader) > 0);
}

void tls_read_on(struct bufferevent *bufferevent)
{
    const SSL *ssl = bufferevent_openssl_get_ssl(bufferevent);
    if (ssl && SSL_pending(ssl) > 0 && (bufferevent_get_enabled(bufferevent) & EV_READ))
        event_active(&bufferevent->ev_read, EV_READ, 0);
}

void tls_say_farewell(struct bufferevent *bufferevent)
{
    SSL *ssl = bufferevent_openssl_get_ssl(bufferevent);
    if (ssl && SSL_is_init_finished(ssl) && !(SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN))
        (void)SSL_shutdown(ssl);
    ERR_clear_error();
}
