/* SPDX-License-Identifier: BSD-3-Clause */
/* Vectors joined to text; each must hold something. */
#include "support/reply_text.h"
#include "base/alloc.h"
#include "base/panic.h"
#include <stdint.h>
#include <sys/uio.h>

static size_t append_vectors(const struct iovec *vectors, int count, size_t limit, struct buf *out)
{
    size_t before = out->len;
    for (int i = 0; i < count && limit > 0; i++) {
        size_t part = vectors[i].iov_len < limit ? vectors[i].iov_len : limit;
        ASSERT(vectors[i].iov_len > 0);
        buf_append(out, vectors[i].iov_base, part);
        limit -= part;
    }
    return out->len - before;
}

void reply_text_append(const struct reply *reply, struct buf *out)
{
    size_t max = reply_chunk_count(reply);
    struct iovec *vectors = mem_alloc((max + 1) * sizeof *vectors);
    int count = reply_gather(reply, vectors, (int)max);
    size_t taken = append_vectors(vectors, count, SIZE_MAX, out);
    ASSERT(taken == reply_pending(reply));
    mem_free(vectors);
}

void reply_text_drain(struct reply *reply, size_t step, struct buf *out)
{
    struct iovec vectors[3];
    int count;
    while ((count = reply_gather(reply, vectors, 3)) > 0) {
        size_t pending = reply_pending(reply);
        size_t taken = append_vectors(vectors, count, step, out);
        reply_sent(reply, taken);
        ASSERT(reply_pending(reply) == pending - taken);
    }
    reply_sent(reply, 0);
    ASSERT(!reply->head);
}

const char *reply_find(struct bytes reply, const char *text)
{
    return memmem(reply.data, reply.len, text, strlen(text));
}
