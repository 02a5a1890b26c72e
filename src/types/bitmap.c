/* SPDX-License-Identifier: BSD-3-Clause */
/* Bits, eight bytes at a time. A word is loaded so that its most significant bit is the first bit: then "the
 * bits from here on" is a shift, and "the first set bit" counts leading zeros. */
#include "types/bitmap.h"
#include "base/panic.h"
#include <endian.h>

#define WORD_BYTES  8
#define BLOCK_BYTES 4096

static inline uint64_t load_word(const char *from)
{
    uint64_t word;
    memcpy(&word, from, sizeof word);
    return be64toh(word);
}

/* The word at byte `at`, with zeros from the end of the bytes on. */
static uint64_t load_padded(struct bytes bytes, uint64_t at)
{
    char padded[WORD_BYTES] = {0};
    if (at < bytes.len) {
        size_t left = bytes.len - (size_t)at;
        if (left >= WORD_BYTES)
            return load_word(bytes.data + at);
        memcpy(padded, bytes.data + at, left);
    }
    return load_word(padded);
}

bool bitmap_get(struct bytes bytes, uint64_t offset)
{
    uint64_t at = offset / 8;
    return at < bytes.len && ((unsigned char)bytes.data[at] >> (7 - offset % 8) & 1) != 0;
}

static inline __attribute__((always_inline)) uint64_t count_words(const char *data, size_t len)
{
    uint64_t count = 0, word;
    for (; len >= WORD_BYTES; data += WORD_BYTES, len -= WORD_BYTES) {
        memcpy(&word, data, sizeof word);
        count += (uint64_t)__builtin_popcountll(word);
    }
    word = 0;
    for (size_t i = 0; i < len; i++)
        word = word << 8 | (unsigned char)data[i];
    return count + (uint64_t)__builtin_popcountll(word);
}

#ifdef __x86_64__
/* Every processor of the last fifteen years counts bits with one instruction, but a compiler may not assume
 * so. */
__attribute__((target("popcnt"))) static uint64_t count_words_in_hardware(const char *data, size_t len)
{
    return count_words(data, len);
}
#endif

static uint64_t count_bytes(const char *data, size_t len)
{
#ifdef __x86_64__
    if (__builtin_cpu_supports("popcnt"))
        return count_words_in_hardware(data, len);
#endif
    return count_words(data, len);
}

uint64_t bitmap_count(struct bytes bytes, uint64_t first, uint64_t last)
{
    size_t first_byte = (size_t)(first / 8), last_byte = (size_t)(last / 8);
    unsigned before = (unsigned char)bytes.data[first_byte] & ~(0xffu >> first % 8);
    unsigned behind = (unsigned char)bytes.data[last_byte] & (0x7fu >> last % 8);
    return count_bytes(bytes.data + first_byte, last_byte - first_byte + 1) -
           (uint64_t)__builtin_popcount(before) - (uint64_t)__builtin_popcount(behind);
}

int64_t bitmap_find(struct bytes bytes, bool bit, uint64_t first, uint64_t last)
{
    const uint64_t unwanted = bit ? 0 : UINT64_MAX;
    uint64_t at = first / 8, word;
    bytes.len = (size_t)(last / 8) + 1; /* what is behind is not looked at */
    word = (load_padded(bytes, at) ^ unwanted) & UINT64_MAX >> first % 8;

    while (word == 0) {
        at += WORD_BYTES;
        while (at + WORD_BYTES <= bytes.len && load_word(bytes.data + at) == unwanted)
            at += WORD_BYTES;
        if (at > last / 8)
            return -1;
        word = load_padded(bytes, at) ^ unwanted;
    }
    at = at * 8 + (uint64_t)__builtin_clzll(word);
    return at <= last ? (int64_t)at : -1;
}

static inline uint64_t combine_word(enum bitmap_operation operation, uint64_t a, uint64_t b)
{
    switch (operation) {
    case BITMAP_AND:
        return a & b;
    case BITMAP_OR:
        return a | b;
    case BITMAP_XOR:
        return a ^ b;
    case BITMAP_NOT:
        break;
    }
    return ~b;
}

static inline __attribute__((always_inline)) void combine_words(enum bitmap_operation operation, char *out,
                                                                const char *source, size_t len)
{
    size_t at = 0;
    for (; len - at >= WORD_BYTES; at += WORD_BYTES) {
        uint64_t a, b;
        memcpy(&a, out + at, sizeof a);
        memcpy(&b, source + at, sizeof b);
        a = combine_word(operation, a, b);
        memcpy(out + at, &a, sizeof a);
    }
    for (; at < len; at++)
        out[at] = (char)combine_word(operation, (unsigned char)out[at], (unsigned char)source[at]);
}

/* The operation is a constant in each call, so that each becomes a loop of its own without decisions in
 * it. */
static void combine_with(enum bitmap_operation operation, char *out, const char *source, size_t len)
{
    switch (operation) {
    case BITMAP_AND:
        combine_words(BITMAP_AND, out, source, len);
        break;
    case BITMAP_OR:
        combine_words(BITMAP_OR, out, source, len);
        break;
    case BITMAP_XOR:
        combine_words(BITMAP_XOR, out, source, len);
        break;
    case BITMAP_NOT:
        combine_words(BITMAP_NOT, out, source, len);
        break;
    }
}

/* The part of `source` from `at` on, at most `len` bytes. */
static struct bytes part(struct bytes source, size_t at, size_t len)
{
    size_t left = at < source.len ? source.len - at : 0;
    return bytes_make(left > 0 ? source.data + at : NULL, left < len ? left : len);
}

/* Block by block, so that a block of the result stays near the processor while all sources go over it. */
void bitmap_combine(enum bitmap_operation operation, const struct bytes *sources, size_t count, char *out,
                    size_t from, size_t to)
{
    for (size_t at = from; at < to; at += BLOCK_BYTES) {
        size_t size = to - at < BLOCK_BYTES ? to - at : BLOCK_BYTES;
        struct bytes source = part(sources[0], at, size);
        if (source.len > 0)
            memcpy(out + at, source.data, source.len);
        memset(out + at + source.len, 0, size - source.len);
        if (operation == BITMAP_NOT)
            combine_with(BITMAP_NOT, out + at, out + at, size);
        for (size_t i = 1; i < count; i++) {
            source = part(sources[i], at, size);
            combine_with(operation, out + at, source.data, source.len);
            if (operation == BITMAP_AND)
                memset(out + at + source.len, 0, size - source.len);
        }
    }
}

/* The lowest bits of `bits`, read as the field's type. A shift to the right brings in copies of the sign, or
 * zeros. */
static int64_t as_field(struct bitfield field, uint64_t bits)
{
    unsigned unused = 64 - field.width;
    bits <<= unused;
    return field.is_signed ? (int64_t)bits >> unused : (int64_t)(bits >> unused);
}

int64_t bitfield_get(struct bytes bytes, struct bitfield field)
{
    uint64_t at = field.offset / 8;
    unsigned shift = (unsigned)(field.offset % 8);
    uint64_t word = load_padded(bytes, at) << shift;
    ASSERT(field.width >= 1 && field.width <= 64);
    if (shift + field.width > 64)
        word |= load_padded(bytes, at + WORD_BYTES) >> (64 - shift);
    return as_field(field, word >> (64 - field.width));
}

void bitfield_set(char *bytes, struct bitfield field, int64_t value)
{
    uint64_t offset = field.offset;
    unsigned left = field.width;
    ASSERT(field.width >= 1 && field.width <= 64);
    while (left > 0) {
        unsigned room = 8 - (unsigned)(offset % 8);
        unsigned take = left < room ? left : room;
        unsigned mask = ((1u << take) - 1) << (room - take);
        unsigned bits = (unsigned)((uint64_t)value >> (left - take)) << (room - take) & mask;
        unsigned char *byte = (unsigned char *)bytes + offset / 8;
        *byte = (unsigned char)((*byte & ~mask) | bits);
        offset += take;
        left -= take;
    }
}

bool bitfield_fit(struct bitfield field, int64_t value, int64_t increment, enum bitfield_overflow overflow,
                  int64_t *result)
{
    int64_t max = (int64_t)(UINT64_MAX >> (64 - field.width) >> (field.is_signed ? 1 : 0));
    int64_t min = field.is_signed ? -max - 1 : 0;
    int64_t sum;
    bool is_beyond_64_bits = __builtin_add_overflow(value, increment, &sum);
    bool is_above = is_beyond_64_bits ? increment > 0 : sum > max;
    bool is_below = is_beyond_64_bits ? increment < 0 : sum < min;
    if (!field.is_signed && value < 0) {
        is_above = true;
        is_below = false;
    }
    /* Redis' arithmetic, which shows: so far below that the way up to the maximum takes more than 63 bits, a
     * number counts as above. */
    if (field.is_signed && field.width < 64 && value < max - INT64_MAX) {
        is_above = true;
        is_below = false;
    }
    if ((is_above || is_below) && overflow == BITFIELD_FAIL)
        return false;
    if ((is_above || is_below) && overflow == BITFIELD_SATURATE)
        *result = is_above ? max : min;
    else
        *result = as_field(field, (uint64_t)sum);
    return true;
}
