/* SPDX-License-Identifier: BSD-3-Clause */
/* The server's end of one connection over TLS, on a descriptor that never blocks and is reported at its
 * edges. It knows no loop: its user asks again when the descriptor can do what it wants. */
#ifndef NET_TLS_STREAM_H
#define NET_TLS_STREAM_H

#include "base/buf.h"
#include <stdbool.h>
#include <stddef.h>

struct tls;
struct tls_stream;

enum tls_stream_result {
    TLS_STREAM_OK,
    TLS_STREAM_WANTS_READ,
    TLS_STREAM_WANTS_WRITE,
    TLS_STREAM_ENDED, /* the peer's farewell, its end without one, or an error */
};

/* `fd` stays the caller's; `tls` may go. */
struct tls_stream *tls_stream_new(const struct tls *tls, int fd);
/* NULL is fine. */
void tls_stream_free(struct tls_stream *stream);

/* Goes on shaking hands; to be called until it is open, and nothing else before. */
enum tls_stream_result tls_stream_shake(struct tls_stream *stream);
bool tls_stream_is_open(const struct tls_stream *stream);
/* Whether it signs with a key for which that takes milliseconds. */
bool tls_stream_shakes_slowly(const struct tls_stream *stream);
/* Of one that is open: whether the peer resumed a session of before. */
bool tls_stream_is_resumed(const struct tls_stream *stream);
/* Of one that is open: appends the common name in the certificate that the peer showed and that was found
 * good; false when there is none. */
bool tls_stream_peer_name(const struct tls_stream *stream, struct buf *out);
/* Why it couldn't be opened; it lives as long as the program. */
const char *tls_stream_failure(const struct tls_stream *stream);

/* The descriptor may have more to read than when it last had less than was asked for. */
void tls_stream_refill(struct tls_stream *stream);

/* Reads up to `size` > 0 bytes, all that there are. OK: `*count` > 0; what follows is told by the next
 * call. */
enum tls_stream_result tls_stream_read(struct tls_stream *stream, void *to, size_t size, size_t *count);

/* Whether the next edge announces what follows: nothing is left in the kernel, nor here. */
bool tls_stream_is_drained(const struct tls_stream *stream);

/* So many bytes at the most are sent as one record. */
#define TLS_RECORD_MAX ((size_t)16384)

/* Writes `*count` of `len` bytes, 1 to TLS_RECORD_MAX. Whoever was told to write again later must come back
 * with the same bytes; others may follow them. */
enum tls_stream_result tls_stream_write(struct tls_stream *stream, const void *data, size_t len,
                                        size_t *count);

/* Tells the peer, once, that nothing follows what was written; not when it is in the middle of a record. */
void tls_stream_say_farewell(struct tls_stream *stream);

#endif
