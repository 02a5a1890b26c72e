/* SPDX-License-Identifier: BSD-3-Clause */
/* How long things took, in 9 KB a histogram whatever is recorded: buckets are exact up to 63, and from
 * there every power of two is divided into 32, so that a value read back is at most 3% above what was
 * recorded.
 *
 *     0 1 2 ... 63 | 64 66 68 ... 126 | 128 132 ... 252 | 256 ...
 *       one each   |   32 of 2 each   |  32 of 4 each   |
 *
 * The unit is the recorder's: of commands it is clock ticks, turned into microseconds only by who reads. */
#ifndef METRICS_HISTOGRAM_H
#define METRICS_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_DIVISION_BITS 5
#define HISTOGRAM_VALUE_BITS    37 /* larger values are counted as the largest */
#define HISTOGRAM_OCTAVES       (HISTOGRAM_VALUE_BITS - HISTOGRAM_DIVISION_BITS + 1)
#define HISTOGRAM_BUCKETS       (HISTOGRAM_OCTAVES << HISTOGRAM_DIVISION_BITS)

struct histogram {
    uint64_t count, sum, max;
    uint64_t buckets[HISTOGRAM_BUCKETS];
};

struct histogram *histogram_new(void);
void histogram_free(struct histogram *histogram); /* NULL is fine */

static inline unsigned histogram_bucket(uint64_t value)
{
    const uint64_t largest = (UINT64_C(1) << HISTOGRAM_VALUE_BITS) - 1;
    const uint64_t bounded = value < largest ? value : largest;
    const unsigned top_bit = 63U - (unsigned)__builtin_clzll(bounded | 1U);
    const unsigned shift = top_bit > HISTOGRAM_DIVISION_BITS ? top_bit - HISTOGRAM_DIVISION_BITS : 0;

    return (shift << HISTOGRAM_DIVISION_BITS) + (unsigned)(bounded >> shift);
}

static inline void histogram_record(struct histogram *histogram, uint64_t value)
{
    histogram->count++;
    histogram->sum += value;
    if (value > histogram->max)
        histogram->max = value;
    histogram->buckets[histogram_bucket(value)]++;
}

/* The largest value that falls into the bucket. */
uint64_t histogram_bucket_end(unsigned bucket);

/* The value that `percent` (0 to 100) of the recorded ones don't exceed, rounded up to its bucket's end
 * but never over the maximum; 0 when nothing was recorded. */
uint64_t histogram_percentile(const struct histogram *histogram, double percent);

/* How many recorded values lie in buckets that end at or below `value`. */
uint64_t histogram_count_to(const struct histogram *histogram, uint64_t value);

/* The same for several bounds in ascending order, in one pass. */
void histogram_counts_to(const struct histogram *histogram, const uint64_t *values, int count,
                         uint64_t *counts);

#endif
