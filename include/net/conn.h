/* SPDX-License-Identifier: BSD-3-Clause */
/* One connection: a non-blocking descriptor in the loop. It owns no buffers: reads go where the caller says,
 * writes come from the caller's vectors. With TLS it is the same, but that it isn't open before hands were
 * shaken; reading is what does so. */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "base/buf.h"
#include "base/bytes.h"
#include "base/list.h"
#include "net/loop.h"
#include <sys/types.h>

struct event;
struct handshake;
struct iovec;
struct tls;
struct tls_stream;

struct conn {
    struct list ready;    /* in loop_readable */
    struct list writable; /* in loop_writable */
    struct loop *loop;
    struct event *read_event, *write_event; /* the latter is made when it is first needed */
    struct tls_stream *tls;                 /* NULL: bytes go as they are */
    struct handshake *handshake; /* a helper has `tls`: nobody else may touch that; NULL: it hasn't */
    int fd;
    bool is_unix : 1;
    bool is_asked_to_write : 1;   /* before it was open: it comes up in loop_writable when it is */
    bool reads_when_writable : 1; /* TLS has to send something before it can go on reading */
    bool is_ending : 1;           /* the loop saw the end behind what is still to be read */
    bool is_closed_by_peer : 1;   /* conn_read or the handshake saw the end, or an error */
    bool lingers : 1;             /* when it is closed its descriptor is read on: see conn_finish */
};

enum conn_result { CONN_OK, CONN_AGAIN, CONN_CLOSED };

/* Takes over `fd` (made non-blocking here) and starts collecting it for reading. False when the loop can't
 * take it; the descriptor is closed then. */
bool conn_open(struct conn *conn, struct loop *loop, int fd, bool is_unix);
/* The same for one with TLS, which stays on what `tls` was when others take its place. */
bool conn_open_tls(struct conn *conn, struct loop *loop, int fd, const struct tls *tls);
/* With TLS the peer is told, unless it stopped taking what is written to it. May be called again, and for a
 * zeroed one. */
void conn_close(struct conn *conn);
/* To be called before closing one that shall get all that was written: it takes what wasn't read and, after
 * conn_close, what still comes, since a connection that is closed with that is reset, and the peer loses what
 * is on its way. */
void conn_finish(struct conn *conn);

/* Bytes it holds besides the struct; the library's part as was measured of idle ones. */
size_t conn_memory(const struct conn *conn);

/* Whether bytes can be exchanged: without TLS always. */
bool conn_is_open(const struct conn *conn);
/* Whether something is to be done for it that it is waiting for. */
bool conn_waits_for_turn(const struct conn *conn);
/* With TLS: whether it was opened by resuming a session; and why it couldn't be opened. */
bool conn_is_resumed(const struct conn *conn);
const char *conn_open_failure(const struct conn *conn);
/* Appends the common name in the certificate that the peer showed, over TLS, and that was found good; false
 * when there is none. */
bool conn_peer_certificate_name(const struct conn *conn, struct buf *out);

/* Reads up to `size` bytes to `to`. CONN_OK: `*count` > 0 bytes are there; when there may be more the
 * connection is in loop_readable again. With TLS, hands are shaken first: CONN_AGAIN until that is done.
 * What a helper does of that brings the connection up in loop_readable when it is done. */
enum conn_result conn_read(struct conn *conn, void *to, size_t size, size_t *count);

/* All was read, and more must come: tells the peer at once that there is room, for which it may be waiting.
 * The kernel may else take 40 ms to do so. */
void conn_ask_for_more(const struct conn *conn);

/* Puts it in loop_readable. Whoever took it out there and doesn't read must do so, since it doesn't come up
 * by itself again; and whoever read but answers nothing: that the peer broke off right behind its last bytes
 * shows only in the next read or write. */
void conn_keep_ready(struct conn *conn);

/* Writes what the kernel takes of 1 to IOV_MAX vectors. CONN_AGAIN: it took `*count`, less than all; the
 * connection comes up in loop_writable when it takes more. */
enum conn_result conn_write(struct conn *conn, const struct iovec *vectors, int vector_count, size_t *count);

/* Lets it come up in loop_writable, once, when the kernel takes more; at the next turn if it does already. */
bool conn_wait_for_room(struct conn *conn);

/* Stops and resumes collecting it for reading (a client that is paused or blocked for long). */
void conn_pause_reading(struct conn *conn);
void conn_resume_reading(struct conn *conn);

/* Seconds between keep-alive probes; 0 turns them off. No effect on unix sockets. */
void conn_set_keepalive(struct conn *conn, int seconds);

/* "ip:port", "[ip]:port" or "path:0" of the peer and of our end, as CLIENT LIST shows them. */
void conn_peer_name(const struct conn *conn, char *out, size_t size);
void conn_local_name(const struct conn *conn, char *out, size_t size);

/* True when the peer's address is a loopback address, or it came by unix socket. */
bool conn_peer_is_local(const struct conn *conn);

/* The peer's address without port as bytes (4 or 16, or 0 for a unix socket): what wrong guesses are counted
 * by. */
struct bytes conn_peer_key(const struct conn *conn, char scratch[static 16]);

#endif
