/* SPDX-License-Identifier: BSD-3-Clause */
/* A connection with TLS at one end of a pair of sockets, at the other a client of the library's own. */
#ifndef SUPPORT_TLS_PAIR_H
#define SUPPORT_TLS_PAIR_H

#include "net/conn.h"
#include "net/tls.h"
#include "support/identity.h"
#include <openssl/ssl.h>

enum { TURNS_MAX = 20000, TURN_US = 1000 };

/* What all pairs of a test program share. */
struct tls_ground {
    char folder[32], cert[64], key[64], authority_cert[64];
    struct identity authority, server;
    struct loop *loop;
    struct tls *tls;
    SSL_CTX *client;
};

extern struct tls_ground ground;

/* Return 0, as cmocka has it of its fixtures. */
int ground_prepare(void);
int ground_clear(void);
/* With what is in the files of the server's certificate and key. */
struct tls *ground_tls(enum tls_peers peers);

struct pair {
    struct conn conn;
    int fd; /* the client's */
    SSL *ssl;
};

void pair_open(struct pair *pair, const struct tls *with);
void pair_open_shaken(struct pair *pair);
void pair_close(struct pair *pair);
void pair_shake_hands(struct pair *pair);
bool pair_is_ready(const struct pair *pair);
/* A turn of the loop; reads when the connection came up, as its owner does. */
enum conn_result pair_turn(struct pair *pair, void *to, size_t size, size_t *count);
/* Until something came of it. */
enum conn_result pair_read(struct pair *pair, void *to, size_t size, size_t *count);

void client_says(struct pair *pair, const char *text, size_t len);
void client_hears(struct pair *pair, const char *text);
enum conn_result server_says(struct pair *pair, const char *text, size_t *count);

#endif
