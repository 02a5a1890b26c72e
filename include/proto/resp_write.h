/* SPDX-License-Identifier: BSD-3-Clause */
/* Reply calls -> bytes. A `struct reply` is what one client is still to be sent: a chain of chunks, small
 * replies copied into them, large values hung in by reference. It knows RESP2 and RESP3 and nothing of
 * sockets: whoever writes takes the bytes with reply_gather and says with reply_sent how many went.
 *
 *     head                                   tail
 *     [1 KB copied] -> [blob, shared] -> [16 KB copied, being filled]
 * / */
#ifndef PROTO_RESP_WRITE_H
#define PROTO_RESP_WRITE_H

#include "base/blob.h"
#include "base/bytes.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

struct iovec;
struct reply_chunk;
struct reply_pool;

struct reply {
    struct reply_chunk *head, *tail;
    char *space,
        *space_end; /* where the tail's free room begins and ends; both NULL without a tail to copy into */
    struct reply_pool *pool;
    size_t queued_bytes; /* bytes in full chunks, without those between the tail's start and `space` */
    size_t chunk_bytes;  /* the memory they take, without shared blobs */
    size_t shared_bytes; /* bytes of shared blobs that wait */
    size_t head_sent;    /* bytes of the head chunk that are gone already */
    size_t push_bytes;   /* of pushes that wait: their chunks, and messages with those that others wait for */
    size_t largest_message; /* of the shared blobs that wait here; 0 when none does */
    uint32_t chunk_count;   /* chunks in the chain */
    uint8_t protocol;       /* 2 or 3 */
    bool is_pushing;        /* what is written now was not asked for */
};

/* A place to which a reply can be cut back, or whose length is to be filled in. */
struct reply_mark {
    struct reply_chunk *chunk;
    size_t offset;
};

/* Chunks not in use, shared by all replies of a server. */
struct reply_pool *reply_pool_new(void);
void reply_pool_free(struct reply_pool *pool);
/* Gives memory of chunks that nobody uses back until they take no more than `bytes`. */
void reply_pool_trim(struct reply_pool *pool, size_t bytes);
/* Memory of shared messages that wait in any reply, each counted once; of all pushes that wait, with these;
 * of chunks that nobody uses. */
size_t reply_pool_messages(const struct reply_pool *pool);
size_t reply_pool_pushes(const struct reply_pool *pool);
size_t reply_pool_unused(const struct reply_pool *pool);

void reply_init(struct reply *reply, struct reply_pool *pool);
/* Drops everything that waits. */
void reply_clear(struct reply *reply);

/* Bytes that wait to be sent; the memory the chain itself holds (shared blobs not counted). */
size_t reply_pending(const struct reply *reply);
size_t reply_memory(const struct reply *reply);
/* Memory that pushes take here which wait: those of reply_begin_push, and messages. */
static inline size_t reply_pushes(const struct reply *reply)
{
    return reply->push_bytes;
}

/* Bytes of shared blobs that wait, those included of which a part was sent. */
size_t reply_shared(const struct reply *reply);
size_t reply_chunk_count(const struct reply *reply);

/* Fills up to `max` vectors with what waits, oldest first; returns how many. */
int reply_gather(const struct reply *reply, struct iovec *vectors, int max);
void reply_sent(struct reply *reply, size_t count);

/* Remembers the end, and cuts back to it. Nothing may have been sent in between. */
struct reply_mark reply_mark(const struct reply *reply);
void reply_rollback(struct reply *reply, struct reply_mark mark);

/* ---- RESP values; each adapts itself to the protocol version ---- */
void reply_simple(struct reply *reply, const char *text); /* +text */
void reply_ok(struct reply *reply);                       /* +OK */
/* -text: the first word is the code, as in "ERR syntax error". CR and LF become spaces. */
void reply_error(struct reply *reply, const char *text);
void reply_error_format(struct reply *reply, const char *format, ...) __attribute__((format(printf, 2, 3)));
void reply_error_vformat(struct reply *reply, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
void reply_int(struct reply *reply, int64_t value);
void reply_bulk(struct reply *reply, struct bytes bytes);
void reply_bulk_text(struct reply *reply, const char *text);
void reply_bulk_int(struct reply *reply, int64_t value); /* the digits as a bulk string */
/* The blob's bytes from `offset`, `len` of them, as a bulk string; by reference when they are many. */
void reply_bulk_blob(struct reply *reply, struct blob *blob, size_t offset, size_t len);
void reply_null(struct reply *reply);       /* $-1 or _ */
void reply_null_array(struct reply *reply); /* *-1 or _ */
void reply_array(struct reply *reply, size_t count);
void reply_map(struct reply *reply, size_t pairs);               /* RESP2: an array of twice as many */
void reply_set(struct reply *reply, size_t count);               /* RESP2: an array */
void reply_push(struct reply *reply, size_t count);              /* RESP2: an array */
void reply_attribute(struct reply *reply, size_t pairs);         /* RESP3 only */
void reply_double(struct reply *reply, double value);            /* RESP2: a bulk string */
void reply_bool(struct reply *reply, bool value);                /* RESP2: 1 or 0 */
void reply_big_number(struct reply *reply, struct bytes digits); /* RESP2: a bulk string */
void reply_verbatim(struct reply *reply, struct bytes text,
                    const char format[static 4]); /* RESP2: a bulk string */

/* As reply_double, of digits that are printed already. */
void reply_double_digits(struct reply *reply, struct bytes digits);

/* An aggregate whose count is known only later: type is '*', '%', '~' or '>' (as reply_array ... reply_push),
 * `count` as theirs. What is written in between belongs to it. Nothing may be sent in between; of nested ones
 * the inner is done first. */
struct reply_mark reply_later(struct reply *reply);
void reply_later_done(struct reply *reply, struct reply_mark later, char type, size_t count);

/* What is written in between is a push: it waits for a peer who has not asked for it. Nests: what the first
 * returns is for the second. */
static inline bool reply_begin_push(struct reply *reply)
{
    bool was_pushing = reply->is_pushing;
    reply->is_pushing = true;
    return was_pushing;
}

static inline void reply_end_push(struct reply *reply, bool was_pushing)
{
    reply->is_pushing = was_pushing;
}

/* Bytes that are RESP already. `reply_message` shares the blob when it is large: a published message, encoded
 * once. It counts as a push. */
void reply_raw(struct reply *reply, struct bytes bytes);
void reply_message(struct reply *reply, struct blob *blob);

/* Moves everything in `from` to the end of `to`, which has the same pool. Nothing of `from` may have been
 * sent. */
void reply_take(struct reply *to, struct reply *from);

#endif
