/* SPDX-License-Identifier: BSD-3-Clause */
/* Every use of a sparse HyperLogLog passes over its runs, so sixteen bytes of them are summed up at once.
 * What stands in the way are the second bytes of long runs, which look like anything, runs included. */
#include "hyperloglog_runs.h"
#ifdef __SSE2__
#include <emmintrin.h>
#endif

size_t run_write(uint8_t *out, uint8_t value, unsigned len)
{
    if (len == 0)
        return 0;
    if (value > 0) {
        out[0] = (uint8_t)(0x80 | (value - 1U) << 2 | (len - 1));
        return 1;
    }
    if (len <= SHORT_ZEROS_MAX) {
        out[0] = (uint8_t)(len - 1);
        return 1;
    }
    out[0] = (uint8_t)(0x40 | (len - 1) >> 8);
    out[1] = (uint8_t)(len - 1);
    return 2;
}

/* ---- sixteen bytes ---- */

#ifdef __SSE2__

enum { BLOCK_SIZE = 16 };

/* A bit for each byte. */
struct block {
    unsigned seconds;   /* second bytes of runs */
    unsigned is_cut;    /* the last run's second byte comes with the next block */
    unsigned registers; /* of its runs; the second byte's part counts where that lies */
};

/* A byte with the look of a first one is a second byte when the one before it is a first one: in a row of
 * them every other. Subtracting carries through a row, and what it began at tells which. */
static inline unsigned second_bytes(unsigned looks, unsigned is_cut)
{
    const unsigned odd = 0xaaaaaaaa, open = looks & ~is_cut;
    unsigned others = ((open << 1 | odd) - open) ^ odd;
    return (others ^ (looks | is_cut)) & 0xffff;
}

/* Bytes of all ones where the bits are. */
static inline __m128i bytes_of_bits(unsigned bits)
{
    const __m128i each = _mm_set1_epi64x((long long)0x8040201008040201);
    __m128i halves = _mm_cvtsi32_si128((int)bits);
    halves = _mm_shufflelo_epi16(_mm_unpacklo_epi8(halves, halves), 0x50);
    halves = _mm_unpacklo_epi32(halves, halves);
    return _mm_cmpeq_epi8(_mm_and_si128(halves, each), each);
}

static inline __m128i sums(__m128i bytes)
{
    return _mm_sad_epu8(bytes, _mm_setzero_si128());
}

static inline unsigned sum_of(__m128i sums)
{
    return (unsigned)_mm_cvtsi128_si32(_mm_add_epi64(sums, _mm_unpackhi_epi64(sums, sums)));
}

static inline struct block block_at(const uint8_t *data, unsigned is_cut)
{
    const __m128i six = _mm_set1_epi8(0x3f), high = _mm_set1_epi8((char)0xc0),
                  long_head = _mm_set1_epi8(0x40);
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)data);
    __m128i looks = _mm_cmpeq_epi8(_mm_and_si128(bytes, high), long_head);
    /* What says the length: six bits of zeros, two of a value. */
    __m128i of_value = _mm_cmplt_epi8(bytes, _mm_setzero_si128());
    __m128i lens = _mm_xor_si128(six, _mm_and_si128(of_value, _mm_set1_epi8(0x3c)));
    unsigned long_ones = (unsigned)_mm_movemask_epi8(looks);
    if (!(long_ones | is_cut))
        return (struct block){0, 0, sum_of(sums(_mm_and_si128(bytes, lens))) + BLOCK_SIZE};
    /* Of a second byte all; of the first six bits, for 256 each. */
    unsigned seconds = second_bytes(long_ones, is_cut);
    __m128i second = bytes_of_bits(seconds), first = _mm_andnot_si128(second, looks);
    lens = _mm_or_si128(_mm_andnot_si128(first, lens), second);
    __m128i ones = _mm_add_epi8(second, _mm_set1_epi8(1));
    __m128i low = sums(_mm_add_epi8(_mm_and_si128(bytes, lens), ones));
    __m128i upper = sums(_mm_and_si128(_mm_and_si128(bytes, first), six));
    return (struct block){seconds, (long_ones & ~seconds) >> (BLOCK_SIZE - 1),
                          sum_of(_mm_add_epi64(low, _mm_slli_epi64(upper, 8)))};
}

/* Goes on over runs that end before register `limit`, as far as that can be done quickly. */
static inline void skip_runs(struct bytes hll, struct hll_place *place, unsigned limit)
{
    const uint8_t *data = bytes_of_hll(hll);
    struct block last = {0, 0, 0};
    size_t at = place->at;
    unsigned first = place->first;
    for (; at + BLOCK_SIZE <= hll.len; at += BLOCK_SIZE) {
        struct block block = block_at(data + at, last.is_cut);
        if (first + block.registers > limit)
            break;
        first += block.registers;
        last = block;
    }
    if (at == place->at)
        return;
    unsigned heads = ~last.seconds & 0xffff;
    if (last.is_cut) {
        first -= ((data[at - 1] & 0x3fU) << 8) + 1;
        heads &= 0x7fff;
    }
    place->before = at - BLOCK_SIZE + 31 - (unsigned)__builtin_clz(heads);
    place->at = at - last.is_cut;
    place->first = first;
}

#else

static inline void skip_runs(struct bytes hll, const struct hll_place *place, unsigned limit)
{
    (void)hll, (void)place, (void)limit;
}

#endif

/* ---- one by one ---- */

static inline void pass_run(struct hll_place *place, const struct run *run)
{
    place->before = place->at;
    place->at += run->size;
    place->first += run->len;
}

static const struct hll_place first_place = {HLL_HEADER_SIZE, HLL_HEADER_SIZE, 0};

/* Passes over runs that end before register `limit`. False when they are damaged, or end without coming to
 * all registers. */
static inline bool pass_right_runs(struct bytes hll, struct hll_place *place, unsigned limit)
{
    skip_runs(hll, place, limit);
    while (place->at < hll.len) {
        if (!run_is_whole(hll, place->at))
            return false;
        struct run run = run_at(bytes_of_hll(hll), place->at, place->first);
        if (run.len > HLL_REGISTERS - place->first)
            return false;
        if (run.first + run.len > limit)
            return true;
        pass_run(place, &run);
    }
    return place->first == HLL_REGISTERS;
}

bool runs_find(struct bytes hll, unsigned index, struct hll_place *place)
{
    *place = first_place;
    return pass_right_runs(hll, place, index);
}

bool runs_end_well(struct bytes hll, struct hll_place place)
{
    return pass_right_runs(hll, &place, HLL_REGISTERS);
}
