/* SPDX-License-Identifier: BSD-3-Clause */
/* The reading side of the log-linear histogram; recording is inline in its header. */
#include "metrics/histogram.h"
#include "base/alloc.h"

struct histogram *histogram_new(void)
{
    return mem_zalloc(sizeof(struct histogram));
}

void histogram_free(struct histogram *histogram)
{
    mem_free(histogram);
}

uint64_t histogram_bucket_end(unsigned bucket)
{
    const unsigned exact = 2U << HISTOGRAM_DIVISION_BITS;
    unsigned shift;
    uint64_t begin;
    if (bucket < exact)
        return bucket;
    shift = (bucket >> HISTOGRAM_DIVISION_BITS) - 1;
    begin = (uint64_t)(bucket - (shift << HISTOGRAM_DIVISION_BITS)) << shift;
    return begin + (UINT64_C(1) << shift) - 1;
}

uint64_t histogram_percentile(const struct histogram *histogram, double percent)
{
    double wanted = percent / 100 * (double)histogram->count;
    uint64_t rank = wanted < 1 ? 1 : (uint64_t)(wanted + 0.5), seen = 0, end;
    if (histogram->count == 0)
        return 0;
    if (rank > histogram->count)
        rank = histogram->count;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += histogram->buckets[i];
        if (seen >= rank) {
            end = histogram_bucket_end(i);
            return end < histogram->max ? end : histogram->max;
        }
    }
    return histogram->max;
}

uint64_t histogram_count_to(const struct histogram *histogram, uint64_t value)
{
    uint64_t seen = 0;
    for (unsigned i = 0; i < HISTOGRAM_BUCKETS && histogram_bucket_end(i) <= value; i++)
        seen += histogram->buckets[i];
    return seen;
}

void histogram_counts_to(const struct histogram *histogram, const uint64_t *values, int count,
                         uint64_t *counts)
{
    uint64_t seen = 0;
    unsigned bucket = 0;
    for (int i = 0; i < count; i++) {
        for (; bucket < HISTOGRAM_BUCKETS && histogram_bucket_end(bucket) <= values[i]; bucket++)
            seen += histogram->buckets[bucket];
        counts[i] = seen;
    }
}
