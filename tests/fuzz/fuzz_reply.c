/* SPDX-License-Identifier: BSD-3-Clause */
/* Reply bytes, cut in two different ways: the same items, or the same error, must come out.
 *
 *     byte 0: 1 narrow limits    byte 1, 2: how to cut    then: the bytes */
#include "base/panic.h"
#include "support/reply_items.h"
#include "support/split_random.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

static void feed_in_pieces(struct reply_items *items, unsigned char flags, unsigned seed, struct bytes input)
{
    struct resp_read_limits wide = {512 << 20, 1 << 20, RESP_DEPTH_MAX}, narrow = {8, 4, 2};
    reply_items_init(items, (flags & 1) != 0 ? narrow : wide);
    while (input.len > 0)
        reply_items_feed(items, split_random(&input, &seed));
}

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
    struct reply_items first, second;
    struct bytes input;
    if (size < 3)
        return 0;
    input = bytes_make(data + 3, size - 3);
    feed_in_pieces(&first, data[0], data[1], input);
    feed_in_pieces(&second, data[0], data[2] + 256u, input);
    ASSERT(bytes_equal(buf_bytes(&first.log), buf_bytes(&second.log)));
    ASSERT(first.values == second.values && first.has_failed == second.has_failed);
    reply_items_clear(&first);
    reply_items_clear(&second);
    return 0;
}
