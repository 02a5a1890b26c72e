/* SPDX-License-Identifier: BSD-3-Clause */
/* A bufferevent shakes hands in the loop, and can't be kept from it; but one that is told that hands were
 * shaken only reads and writes, and only while that is enabled. So it is told so, doesn't read, and meanwhile
 * a helper does what it would do. While the helper has it nobody else touches what is the SSL library's. */
#include "base/alloc.h"
#include "base/worker.h"
#include "loop_events.h"
#include "tls_private.h"
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <openssl/err.h>

struct tls_shake {
    struct job job;
    struct loop *loop;
    struct bufferevent *bufferevent; /* held */
    struct event *event;             /* the peer sent something, or takes something */
    SSL *ssl;                        /* the bufferevent's */
    int result;                      /* SSL_get_error's of the last step */
    bool has_heard, is_busy, is_left;
};

bool tls_shakes_slowly(const struct tls *tls)
{
    return tls->signs_slowly;
}

struct bufferevent *tls_bufferevent_to_shake(const struct tls *tls, struct event_base *base)
{
    SSL *ssl = SSL_new(tls->context);
    if (!ssl)
        return NULL;
    SSL_set_accept_state(ssl);
    struct bufferevent *bufferevent =
        bufferevent_openssl_socket_new(base, -1, ssl, BUFFEREVENT_SSL_OPEN, BEV_OPT_CLOSE_ON_FREE);
    if (bufferevent)
        bufferevent_openssl_set_allow_dirty_shutdown(bufferevent, 1);
    return bufferevent;
}

/* ---- a step ---- */

static void run(struct job *job)
{
    struct tls_shake *shake = LIST_ENTRY(job, struct tls_shake, job);
    ERR_clear_error();
    shake->result = SSL_get_error(shake->ssl, SSL_do_handshake(shake->ssl));
    ERR_clear_error();
}

static void step(evutil_socket_t fd, short what, void *context)
{
    struct tls_shake *shake = context;
    (void)fd;
    (void)what;
    shake->has_heard = shake->is_busy = true;
    worker_submit(loop_helper(shake->loop), &shake->job);
}

static bool wait_for(struct tls_shake *shake, short what)
{
    event_assign(shake->event, loop_event_base(shake->loop), bufferevent_getfd(shake->bufferevent), what,
                 step, shake);
    return event_add(shake->event, NULL) == 0;
}

static void done(struct job *job)
{
    struct tls_shake *shake = LIST_ENTRY(job, struct tls_shake, job);
    shake->is_busy = false;
    if (shake->is_left) {
        tls_shake_end(shake);
        return;
    }
    bool goes_on = shake->result == SSL_ERROR_NONE ? bufferevent_enable(shake->bufferevent, EV_READ) == 0
                   : shake->result == SSL_ERROR_WANT_READ  ? wait_for(shake, EV_READ)
                   : shake->result == SSL_ERROR_WANT_WRITE ? wait_for(shake, EV_WRITE)
                                                           : false;
    if (!goes_on)
        bufferevent_trigger_event(shake->bufferevent, BEV_EVENT_READING | BEV_EVENT_ERROR,
                                  BEV_TRIG_DEFER_CALLBACKS);
}

/* ---- life ---- */

struct tls_shake *tls_shake_begin(struct loop *loop, struct bufferevent *bufferevent)
{
    struct tls_shake *shake = mem_zalloc(sizeof *shake);
    *shake = (struct tls_shake){
        .job = {.run = run, .done = done},
        .loop = loop,
        .bufferevent = bufferevent,
        .event = event_new(loop_event_base(loop), bufferevent_getfd(bufferevent), EV_READ, step, shake),
        .ssl = bufferevent_openssl_get_ssl(bufferevent),
        .result = SSL_ERROR_WANT_READ,
    };
    if (!shake->event || event_add(shake->event, NULL) != 0 ||
        bufferevent_disable(bufferevent, EV_READ) != 0) {
        if (shake->event)
            event_free(shake->event);
        mem_free(shake);
        return NULL;
    }
    bufferevent_incref(bufferevent);
    return shake;
}

void tls_shake_end(struct tls_shake *shake)
{
    if (!shake)
        return;
    if (shake->is_busy) {
        shake->is_left = true;
        return;
    }
    event_free(shake->event);
    (void)bufferevent_decref(shake->bufferevent);
    mem_free(shake);
}

bool tls_shake_has_heard(const struct tls_shake *shake)
{
    return shake->has_heard;
}

bool tls_shake_is_done(const struct tls_shake *shake)
{
    return !shake->is_busy && shake->result == SSL_ERROR_NONE;
}
