/* SPDX-License-Identifier: BSD-3-Clause */
/* Between two instructions (see lzf_fast.c) nothing is in hand but two positions, so that is where it
 * rests. */
#include "base/lzf.h"

#define LITERAL_MAX  32
#define MATCH_MIN    3
#define LENGTH_SHORT 7 /* in the upper three bits: a byte with the rest of the length follows */

static size_t left(const struct lzf_unpacker *unpacker)
{
    return unpacker->packed.len - unpacker->taken;
}

static unsigned take(struct lzf_unpacker *unpacker)
{
    return (unsigned char)unpacker->packed.data[unpacker->taken++];
}

static bool has_room(const struct lzf_unpacker *unpacker, size_t len)
{
    return len <= unpacker->size - unpacker->out_len;
}

static bool copy_literals(struct lzf_unpacker *unpacker, size_t len)
{
    if (len > left(unpacker) || !has_room(unpacker, len))
        return false;
    memcpy(unpacker->out + unpacker->out_len, unpacker->packed.data + unpacker->taken, len);
    unpacker->taken += len;
    unpacker->out_len += len;
    return true;
}

/* What is copied may begin among what it makes: then it repeats. */
static void copy_back(struct lzf_unpacker *unpacker, size_t distance, size_t len)
{
    char *to = unpacker->out + unpacker->out_len;
    const char *from = to - distance;
    if (distance >= len) {
        memcpy(to, from, len);
    } else {
        for (size_t i = 0; i < len; i++)
            to[i] = from[i];
    }
    unpacker->out_len += len;
}

static bool copy_match(struct lzf_unpacker *unpacker, unsigned head)
{
    size_t len = head >> 5, distance;
    if (left(unpacker) < (len == LENGTH_SHORT ? 2U : 1U))
        return false;
    if (len == LENGTH_SHORT)
        len += take(unpacker);
    len += MATCH_MIN - 1;
    distance = ((size_t)(head & 0x1f) << 8 | take(unpacker)) + 1;
    if (distance > unpacker->out_len || !has_room(unpacker, len))
        return false;
    copy_back(unpacker, distance, len);
    return true;
}

enum lzf_progress lzf_unpack_some(struct lzf_unpacker *unpacker, size_t budget)
{
    size_t begin = unpacker->out_len;
    while (left(unpacker) > 0) {
        unsigned head;
        if (unpacker->out_len - begin >= budget)
            return LZF_MORE;
        head = take(unpacker);
        if (head < LITERAL_MAX ? !copy_literals(unpacker, head + 1) : !copy_match(unpacker, head))
            return LZF_BROKEN;
    }
    return unpacker->out_len == unpacker->size && unpacker->size > 0 ? LZF_DONE : LZF_BROKEN;
}
