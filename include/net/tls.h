/* SPDX-License-Identifier: BSD-3-Clause */
/* TLS as a server: a certificate, its key, and what is asked of those who connect. Whoever replaces one takes
 * the new for connections that come from then on; those that are open keep what they began with. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

struct bufferevent;
struct event_base;
struct loop;
struct tls;
struct tls_shake;

/* Whether those who connect are asked for a certificate, and must have one. */
enum tls_peers { TLS_PEERS_UNASKED, TLS_PEERS_ASKED, TLS_PEERS_REQUIRED };

/* Files are in PEM. NULL: not set. */
struct tls_settings {
    const char *cert_file; /* and behind it those between it and the authority */
    const char *key_file;
    const char *key_pass;
    const char *dh_file;
    const char *ca_file, *ca_dir; /* whom certificates of peers are checked by */
    const char *protocols;        /* "TLSv1.2 TLSv1.3"; not set: from TLS 1.2 on */
    const char *ciphers;          /* of TLS 1.2; not set: the library's */
    const char *ciphersuites;     /* of TLS 1.3 */
    enum tls_peers peers;
    bool prefers_server_ciphers;
    bool resumes_sessions;
    int session_count_max; /* 0: no limit */
    int session_timeout_s;
};

/* What a mistake is about. */
enum tls_setting {
    TLS_PROTOCOLS,
    TLS_CIPHERS,
    TLS_CIPHERSUITES,
    TLS_CERT_FILE,
    TLS_KEY_FILE,
    TLS_KEY_PASS,
    TLS_DH_FILE,
    TLS_CA_FILE,
    TLS_CA_DIR,
    TLS_PEERS,
};

/* Reads all files; the settings may go afterwards. NULL with `error` and `culprit` filled when something is
 * wrong with them. */
struct tls *tls_new(const struct tls_settings *settings, enum tls_setting *culprit, struct error *error);
/* Connections that use it stay. NULL is fine. */
void tls_free(struct tls *tls);

/* The certificate's end, in seconds since 1970. */
int64_t tls_valid_until(const struct tls *tls);

/* A bufferevent for a connection about to be accepted: it shakes hands as soon as it has its descriptor,
 * which it closes when it is freed. It ends when the peer does, be that with or without a farewell. NULL when
 * there is no memory. */
struct bufferevent *tls_bufferevent(const struct tls *tls, struct event_base *base);

/* ---- by a helper ---- */

/* Whether a handshake takes longer than others should wait. */
bool tls_shakes_slowly(const struct tls *tls);

/* The same for hands that a helper shakes: that begins with tls_shake_begin, at once when the bufferevent has
 * its descriptor and before anything is read. It reads and writes when that is done; when that fails it tells
 * so as its own error. */
struct bufferevent *tls_bufferevent_to_shake(const struct tls *tls, struct event_base *base);
/* NULL when there is no memory. */
struct tls_shake *tls_shake_begin(struct loop *loop, struct bufferevent *bufferevent);
/* At any time, also with NULL; until then it holds the bufferevent, and as long as the helper is busy. */
void tls_shake_end(struct tls_shake *shake);
bool tls_shake_has_heard(const struct tls_shake *shake);
/* Before it is, none of the functions below may be called. */
bool tls_shake_is_done(const struct tls_shake *shake);

/* ---- of any bufferevent; one without TLS is open, and the rest has no effect on it ---- */

/* Whether hands have been shaken. */
bool tls_is_open(struct bufferevent *bufferevent);

/* Whether the peer has sent anything yet. */
bool tls_has_heard(struct bufferevent *bufferevent);

/* Goes on reading after its input was full: what has already left the kernel announces itself by no event. */
void tls_read_on(struct bufferevent *bufferevent);

/* Tells the peer, once, that nothing follows what was written. */
void tls_say_farewell(struct bufferevent *bufferevent);

#endif
