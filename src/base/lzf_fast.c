/* SPDX-License-Identifier: BSD-3-Clause */
/* LZF for texts in great numbers. A packed text is a row of instructions:
 *
 *     000lllll                       l + 1 bytes follow that stand for themselves
 *     lllooooo oooooooo              copy l + 2 bytes from o + 1 bytes back; l is 1 to 6
 *     111ooooo llllllll oooooooo     the same, l + 9 bytes
 *
 * liblzf finds repetitions by a table of half a megabyte, whatever the length, and a snapshot of sessions
 * spent four fifths of its time waiting for that memory. Here the table is as large as the text asks for,
 * stays in the nearest cache, and places where nothing repeats are passed over faster and faster. Its
 * positions are kept by their lower 16 bits, which is enough: they say how far back to look, and what is
 * there is compared. */
#include "base/lzf.h"
#include <limits.h>
#include <stdint.h>

#define MATCH_MIN      3
#define MATCH_MAX      264
#define SHORT_MAX      8 /* the longest match of the two-byte form */
#define DISTANCE_MAX   8192
#define LITERAL_MAX    32
#define TABLE_BITS_MIN 8
#define TABLE_BITS_MAX 13
/* After so many places without a match every second one is looked at, after twice as many every third, and so
 * on. */
#define PATIENCE_BITS 5

struct packer {
    const unsigned char *text;
    size_t len;
    unsigned char *out;
    size_t out_len, out_size;
    unsigned hash_shift;
    uint16_t table[1 << TABLE_BITS_MAX]; /* positions, by the hash of the three bytes there */
};

static void choose_table(struct packer *packer)
{
    unsigned bits = TABLE_BITS_MIN;
    while (bits < TABLE_BITS_MAX && (size_t)1 << bits < packer->len)
        bits++;
    packer->hash_shift = 32 - bits;
    memset(packer->table, 0, sizeof packer->table[0] << bits);
}

static uint32_t three_bytes(const unsigned char *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16;
}

static uint16_t *slot_of(struct packer *packer, uint32_t bytes)
{
    return &packer->table[bytes * UINT32_C(2654435761) >> packer->hash_shift];
}

/* How far back the bytes at `at` stood before; 0 when that isn't known. They are noted. */
static size_t find(struct packer *packer, size_t at)
{
    uint32_t bytes = three_bytes(packer->text + at);
    uint16_t *slot = slot_of(packer, bytes);
    size_t distance = (uint16_t)(at - *slot);
    *slot = (uint16_t)at;
    if (distance == 0 || distance > DISTANCE_MAX || distance > at)
        return 0;
    return three_bytes(packer->text + at - distance) == bytes ? distance : 0;
}

static size_t match_len(const struct packer *packer, size_t at, size_t distance)
{
    const unsigned char *text = packer->text + at, *before = text - distance;
    size_t most = packer->len - at < MATCH_MAX ? packer->len - at : MATCH_MAX, len = MATCH_MIN;
    while (len < most && text[len] == before[len])
        len++;
    return len;
}

static bool has_room(const struct packer *packer, size_t len)
{
    return packer->out_size - packer->out_len >= len;
}

static void put(struct packer *packer, size_t byte)
{
    packer->out[packer->out_len++] = (unsigned char)byte;
}

static bool put_literals(struct packer *packer, size_t from, size_t to)
{
    while (from < to) {
        size_t run = to - from < LITERAL_MAX ? to - from : LITERAL_MAX;
        if (!has_room(packer, 1 + run))
            return false;
        put(packer, run - 1);
        memcpy(packer->out + packer->out_len, packer->text + from, run);
        packer->out_len += run;
        from += run;
    }
    return true;
}

static bool put_match(struct packer *packer, size_t distance, size_t len)
{
    size_t offset = distance - 1;
    if (!has_room(packer, len <= SHORT_MAX ? 2 : 3))
        return false;
    if (len <= SHORT_MAX) {
        put(packer, (len - 2) << 5 | offset >> 8);
    } else {
        put(packer, 7 << 5 | offset >> 8);
        put(packer, len - 9);
    }
    put(packer, offset & 0xff);
    return true;
}

static bool pack(struct packer *packer)
{
    size_t at = 0, literals = 0; /* what lies between is not put yet */
    size_t last = packer->len < MATCH_MIN ? 0 : packer->len - MATCH_MIN + 1;
    while (at < last) {
        size_t distance = find(packer, at);
        if (distance == 0) {
            at += 1 + ((at - literals) >> PATIENCE_BITS);
            continue;
        }
        size_t len = match_len(packer, at, distance);
        if (!put_literals(packer, literals, at) || !put_match(packer, distance, len))
            return false;
        /* The match's end is where the next one likely began the last time. */
        for (size_t noted = at + len - 2; noted < at + len && noted < last; noted++)
            *slot_of(packer, three_bytes(packer->text + noted)) = (uint16_t)noted;
        at += len;
        literals = at;
    }
    return put_literals(packer, literals, packer->len);
}

size_t lzf_pack_fast(struct bytes bytes, void *out, size_t size)
{
    struct packer packer;
    packer.text = (const unsigned char *)bytes.data;
    packer.len = bytes.len;
    packer.out = out;
    packer.out_len = 0;
    packer.out_size = size;
    if (bytes.len == 0 || bytes.len > UINT_MAX)
        return 0;
    choose_table(&packer);
    return pack(&packer) ? packer.out_len : 0;
}
