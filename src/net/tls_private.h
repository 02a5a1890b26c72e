/* SPDX-License-Identifier: BSD-3-Clause */
/* What is shared by making a context (tls.c) and using it (tls_connection.c). */
#ifndef NET_TLS_PRIVATE_H
#define NET_TLS_PRIVATE_H

#include "net/tls.h"
#include <openssl/ssl.h>

struct tls {
    SSL_CTX *context;
    bool signs_slowly; /* a signature takes milliseconds, not a part of one */
};

/* Ends connections whose peer begins again and again after the handshake. */
void tls_watch_late_messages(SSL_CTX *context);

#endif
