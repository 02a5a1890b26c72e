/* SPDX-License-Identifier: BSD-3-Clause */
/* Lower-case hex digits, two to a byte: session ids often end in them. Comparing happens in every lookup of
 * such a key, so where the processor has it, eight bytes and their 16 digits are handled at once. */
#ifndef STORE_PACKED_HEX_H
#define STORE_PACKED_HEX_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* 0-15, or 255 for what is no lower-case hex digit. */
static inline unsigned hex_nibble(char c)
{
    if (c >= '0' && c <= '9')
        return (unsigned)(c - '0');
    if (c >= 'a' && c <= 'f')
        return (unsigned)(c - 'a') + 10;
    return 255;
}

static inline uint32_t load_4_bytes(const char *packed)
{
    uint32_t four;
    memcpy(&four, packed, sizeof four);
    return four;
}

static inline uint64_t load_8_bytes(const char *digits)
{
    uint64_t eight;
    memcpy(&eight, digits, sizeof eight);
    return eight;
}

/* A bit 7 for each of eight characters that is no lower-case hex digit. With bit 7 out of the way, adding
 * what is missing to 128 compares each byte by itself. */
static inline uint64_t hex_wrong_of_eight(const char *digits)
{
    const uint64_t each = 0x0101010101010101u;
    uint64_t eight = load_8_bytes(digits);
    uint64_t low = eight & each * 0x7f;
    uint64_t is_decimal = (low + each * (128 - '0')) & ~(low + each * (128 - '9' - 1));
    uint64_t is_letter = (low + each * (128 - 'a')) & ~(low + each * (128 - 'f' - 1));
    return (~(is_decimal | is_letter) | eight) & each * 0x80;
}

/* How many hex digits `text` ends in; counting may stop at any number from `enough` on. */
static inline size_t hex_digits_at_end(const char *text, size_t len, size_t enough)
{
    size_t count = 0;
    while (count < enough && len - count >= 8) {
        uint64_t wrong = hex_wrong_of_eight(text + len - count - 8);
        if (wrong)
            return count + (size_t)__builtin_clzll(wrong) / 8;
        count += 8;
    }
    while (count < enough && count < len && hex_nibble(text[len - count - 1]) < 16)
        count++;
    return count;
}

/* Eight digits to four bytes. */
static inline uint32_t hex_pack_eight(const char *digits)
{
    uint64_t eight = load_8_bytes(digits);
    uint64_t letters = eight >> 6 & 0x0101010101010101u;
    uint64_t nibbles = (eight & 0x0f0f0f0f0f0f0f0fu) + letters * 9;
    uint64_t pairs = (nibbles << 4 | nibbles >> 8) & 0x00ff00ff00ff00ffu;
    pairs = (pairs | pairs >> 8) & 0x0000ffff0000ffffu;
    return (uint32_t)(pairs | pairs >> 16);
}

/* Twice `count` digits to `count` bytes. */
static inline void hex_pack(char *to, const char *digits, size_t count)
{
    for (; count >= 4; count -= 4, digits += 8, to += 4) {
        uint32_t four = hex_pack_eight(digits);
        memcpy(to, &four, sizeof four);
    }
    for (; count; count--, digits += 2)
        *to++ = (char)(hex_nibble(digits[0]) << 4 | hex_nibble(digits[1]));
}

/* Four packed bytes to their eight digits, all at once. */
static inline uint64_t hex_digits_of_four(const char *packed)
{
    uint64_t spread = load_4_bytes(packed);
    spread = (spread | spread << 16) & 0x0000ffff0000ffffu;
    spread = (spread | spread << 8) & 0x00ff00ff00ff00ffu;
    /* Each byte is a 16-bit lane now: high nibble to the lane's first byte, low nibble to its second. */
    spread = (spread >> 4 & 0x000f000f000f000fu) | (spread << 8 & 0x0f000f000f000f00u);
    uint64_t letters = (spread + 0x0606060606060606u) >> 4 & 0x0101010101010101u;
    return spread + 0x3030303030303030u + letters * ('a' - '0' - 10);
}

/* `count` packed bytes to twice as many digits. */
static inline void hex_unpack(char *to, const char *packed, size_t count)
{
    for (; count >= 4; count -= 4, packed += 4, to += 8) {
        uint64_t digits = hex_digits_of_four(packed);
        memcpy(to, &digits, sizeof digits);
    }
    for (; count; count--, packed++) {
        *to++ = "0123456789abcdef"[(unsigned char)*packed >> 4];
        *to++ = "0123456789abcdef"[*packed & 15];
    }
}

#ifdef __SSE2__
/* The sixteen digits of eight packed bytes. */
static inline __m128i hex_digits_of_eight(__m128i packed)
{
    __m128i low_nibbles = _mm_set1_epi8(15), high = _mm_and_si128(_mm_srli_epi16(packed, 4), low_nibbles);
    __m128i nibbles = _mm_unpacklo_epi8(high, _mm_and_si128(packed, low_nibbles));
    __m128i letters = _mm_and_si128(_mm_cmpgt_epi8(nibbles, _mm_set1_epi8(9)), _mm_set1_epi8('a' - '0' - 10));
    return _mm_add_epi8(_mm_add_epi8(nibbles, _mm_set1_epi8('0')), letters);
}

static inline bool hex_eight_are(uint64_t packed, __m128i wanted)
{
    __m128i digits = hex_digits_of_eight(_mm_cvtsi64_si128((long long)packed));
    return _mm_movemask_epi8(_mm_cmpeq_epi8(digits, wanted)) == 0xffff;
}

/* Are the digits of `count` packed bytes, at least four, those at `wanted`? The last step may overlap with
 * what was compared. */
static inline bool hex_unpacked_is(const char *packed, size_t count, const char *wanted)
{
    if (count < 8) {
        const char *last = packed + count - 4, *last_wanted = wanted + 2 * (count - 4);
        return hex_eight_are(
            load_4_bytes(packed) | (uint64_t)load_4_bytes(last) << 32,
            _mm_set_epi64x((long long)load_8_bytes(last_wanted), (long long)load_8_bytes(wanted)));
    }
    for (size_t at = 0;; at = at + 16 <= count ? at + 8 : count - 8) {
        const void *digits = wanted + 2 * at;
        if (!hex_eight_are(load_8_bytes(packed + at), _mm_loadu_si128(digits)))
            return false;
        if (at + 8 == count)
            return true;
    }
}
#else
static inline bool hex_unpacked_is(const char *packed, size_t count, const char *wanted)
{
    for (size_t at = 0;; at = at + 8 <= count ? at + 4 : count - 4) {
        if (hex_digits_of_four(packed + at) != load_8_bytes(wanted + 2 * at))
            return false;
        if (at + 4 == count)
            return true;
    }
}
#endif

#endif
