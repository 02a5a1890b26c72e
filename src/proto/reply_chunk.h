/* SPDX-License-Identifier: BSD-3-Clause */
/* The chain of chunks behind a reply: room to copy into, and blobs hung in by reference. Only the tail is
 * being filled, and its length is known by the reply's `space`; `len` is right for all others, which is when
 * they count in the reply's `queued_bytes`. */
#ifndef PROTO_REPLY_CHUNK_H
#define PROTO_REPLY_CHUNK_H

#include "proto/resp_write.h"

struct reply_chunk {
    struct reply_chunk *next;
    struct blob *blob; /* holds the bytes; NULL: they lie in `room` */
    const char *data;
    size_t len;      /* not of a tail that is being filled */
    size_t capacity; /* of `room`; 0 for a blob */
    bool is_message; /* the blob is one that the pool counts */
    bool is_push;    /* it is here for a push, though replies may have come into it as well */
    char room[];
};

/* A fresh chunk as tail, whose room is made for `len` more bytes but may be smaller. */
void reply_add_room(struct reply *reply, size_t len);

/* Copies the bytes, across chunks if need be. */
void reply_copy(struct reply *reply, const char *data, size_t len);

/* Hangs in `len` bytes of the blob from `offset`, with a reference of its own. */
void reply_share(struct reply *reply, struct blob *blob, size_t offset, size_t len);

/* The same with a whole message, which the pool counts. */
void reply_share_message(struct reply *reply, struct blob *blob);

/* Writes the header of at most 24 bytes that `later` stands for. */
void reply_fill_later(struct reply *reply, struct reply_mark later, const char *header, size_t len);

enum { REPLY_RESERVE_MAX = 64 };

static inline size_t reply_room(const struct reply *reply)
{
    return (size_t)(reply->space_end - reply->space);
}

/* Where `len` bytes (at most REPLY_RESERVE_MAX) can be written in one piece; `space` is the caller's to
 * advance. */
static inline char *reply_reserve(struct reply *reply, size_t len)
{
    if (__builtin_expect(reply_room(reply) < len, 0))
        reply_add_room(reply, len);
    return reply->space;
}

#endif
