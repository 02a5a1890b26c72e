/* SPDX-License-Identifier: BSD-3-Clause */
/* Request bytes, cut in two different ways: the same requests, or the same error, must come out.
 *
 *     byte 0: 1 authenticated, 2 narrow limits    byte 1, 2: how to cut    then: the bytes */
#include "base/panic.h"
#include "support/resp_feed.h"
#include "support/split_random.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void feed_in_pieces(struct resp_feed *feed, unsigned char flags, unsigned seed, struct bytes input)
{
    resp_feed_init(feed);
    feed->limits.authenticated = (flags & 1) != 0;
    if ((flags & 2) != 0) {
        feed->limits.args_max = 3;
        feed->limits.bulk_max = 8;
    }
    while (input.len > 0)
        resp_feed_piece(feed, split_random(&input, &seed));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct resp_feed first, second;
    struct bytes input;
    if (size < 3)
        return 0;
    input = bytes_make(data + 3, size - 3);
    feed_in_pieces(&first, data[0], data[1], input);
    feed_in_pieces(&second, data[0], data[2] + 256u, input);
    ASSERT(bytes_equal(buf_bytes(&first.log), buf_bytes(&second.log)));
    ASSERT(first.requests == second.requests && first.has_failed == second.has_failed);
    ASSERT(first.has_failed || first.input.len == second.input.len);
    resp_feed_clear(&first);
    resp_feed_clear(&second);
    return 0;
}
