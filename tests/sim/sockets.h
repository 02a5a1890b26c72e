/* SPDX-License-Identifier: BSD-3-Clause */
/* Connections between the simulated peers and the server. Bytes travel in pieces, each of which arrives at
 * a time of its own, never one before its predecessor. */
#ifndef SIM_SOCKETS_H
#define SIM_SOCKETS_H

#include "base/buf.h"
#include <stdbool.h>
#include <stdint.h>

struct socket;

/* ---- the peer's side ---- */

/* NULL when nobody listens. The connection is in the listener's queue. When the server closes it, `ended`
 * is called. */
struct socket *peer_connect(int port, void *owner, void (*ended)(void *owner));
void peer_send(struct socket *socket, struct bytes bytes);
/* Nothing more follows; the server's end shows when all has arrived. */
void peer_half_close(struct socket *socket);
/* Breaks off: bytes that wait are lost. The peer's side is gone. */
void peer_reset(struct socket *socket);
/* Takes up to `max` bytes of what the server wrote; appends them. */
size_t peer_receive(struct socket *socket, struct buf *to, size_t max);
/* The server closed it, and all it wrote was received. */
bool peer_sees_end(const struct socket *socket);
bool peer_server_is_gone(const struct socket *socket);
/* So many bytes had arrived before the server ended it. */
size_t peer_arrived(const struct socket *socket);
/* The server has closed it without reading all of it. */
bool peer_may_have_lost(const struct socket *socket);
/* Leaves a connection that the server closed. */
void peer_leave(struct socket *socket);

/* ---- the kernel's ---- */

void *socket_owner(const struct socket *socket);
/* It has one more descriptor. */
void socket_duplicated(struct socket *socket);
void socket_closed(struct socket *socket);
bool socket_is_reset(const struct socket *socket);
bool socket_is_readable(const struct socket *socket);
bool socket_is_ended(const struct socket *socket);
bool socket_has_room(const struct socket *socket);
bool listener_has_waiting(const struct socket *listener);
/* Lets arrive what is due. */
void sockets_deliver(void);
int64_t sockets_next_us(void);

#endif
