/* SPDX-License-Identifier: BSD-3-Clause */
/* Shaking hands on the loop's helper thread: what it takes to sign with an RSA key of 4096 bits, 4 ms, nobody
 * else waits for. What takes less than changing threads twice is done without. */
#ifndef NET_HANDSHAKE_H
#define NET_HANDSHAKE_H

#include "net/conn.h"
#include "tls_stream.h"

struct handshake;

/* Hands the connection's stream to the helper, for one step. Until that has been done conn->handshake says
 * where it is, and nothing may be asked of the stream. Then the connection comes up in loop_readable, when
 * there is something to be told by conn_read. */
void handshake_step(struct conn *conn);

/* There may be more to read: the next step follows at once. */
void handshake_go_on(struct handshake *handshake);

/* The connection is closed: its stream and descriptor go when the helper is done with them. */
void handshake_leave(struct handshake *handshake);

#endif
