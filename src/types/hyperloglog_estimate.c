/* SPDX-License-Identifier: BSD-3-Clause */
/* From registers to a number, by the estimator of Otmar Ertl, "New cardinality estimation algorithms for
 * HyperLogLog sketches" (arXiv:1702.01284), which needs no tables and no corrections: how often each value
 * occurs is all it takes. */
#include "types/hyperloglog.h"
#include <math.h>

enum { VALUE_MAX = 51, VALUES = 64 /* six bits can say more than there can be */ };

/* x + sum of x^(2^k) * 2^(k-1) */
static double sigma(double x)
{
    if (x == 1)
        return INFINITY;
    double sum = x, before, weight = 1;
    do {
        x *= x;
        before = sum;
        sum += x * weight;
        weight += weight;
    } while (before != sum);
    return sum;
}

/* (1 - x - sum of (1 - x^(2^-k))^2 * 2^-k) / 3 */
static double tau(double x)
{
    if (x == 0 || x == 1)
        return 0;
    double sum = 1 - x, before, weight = 1;
    do {
        x = sqrt(x);
        before = sum;
        weight *= 0.5;
        sum -= pow(1 - x, 2) * weight;
    } while (before != sum);
    return sum / 3;
}

static uint64_t estimate(const int counts[static VALUES])
{
    const double registers = HLL_REGISTERS, half_by_ln_2 = 0.721347520444481703680;
    double sum = registers * tau((registers - counts[VALUE_MAX]) / registers);
    for (int value = VALUE_MAX - 1; value >= 1; value--)
        sum = (sum + counts[value]) * 0.5;
    sum += registers * sigma(counts[0] / registers);
    return (uint64_t)llroundl(half_by_ln_2 * registers * registers / sum);
}

uint64_t hll_estimate_registers(const uint8_t registers[static HLL_REGISTERS])
{
    int counts[VALUES] = {0};
    for (unsigned i = 0; i < HLL_REGISTERS; i++)
        counts[registers[i]]++;
    return estimate(counts);
}

uint64_t hll_estimate(struct bytes hll)
{
    uint8_t registers[HLL_REGISTERS] = {0};
    hll_raise_to(registers, hll);
    return hll_estimate_registers(registers);
}
