/* SPDX-License-Identifier: BSD-3-Clause */
#include "sequence_name.h"
#include "base/number.h"

/* Where the directive limits the count, there is a limit of bytes all the same. */
enum { SAFE_SIZE = 8192 };

static size_t number_size(int64_t number)
{
    if (number >= 0 && number <= 127)
        return 1;
    if (number >= -4096 && number <= 4095)
        return 2;
    if (number >= INT16_MIN && number <= INT16_MAX)
        return 3;
    if (number >= -(1 << 23) && number < 1 << 23)
        return 4;
    return number >= INT32_MIN && number <= INT32_MAX ? 5 : 9;
}

static size_t text_size(size_t len)
{
    return len + (len < 64 ? 1 : len < 4096 ? 2 : 5);
}

/* How many bytes it takes to say how far back the element begins, seven bits each. */
static size_t way_back_size(size_t size)
{
    size_t count = 1;
    while (count < 5 && size >= ((size_t)1 << 7 * count) - (count > 1))
        count++;
    return count;
}

size_t listpack_element_size(struct bytes bytes)
{
    int64_t number;
    size_t size = parse_i64(bytes, &number) ? number_size(number) : text_size(bytes.len);
    return size + way_back_size(size);
}

size_t listpack_size_max(int64_t limit)
{
    static const size_t sizes[] = {4096, 8192, 16384, 32768, 65536};
    if (limit >= 0)
        return SAFE_SIZE;
    return sizes[limit < -5 ? 4 : -limit - 1];
}

bool listpack_fits(int64_t limit, bool halved, size_t size, uint64_t count)
{
    uint64_t divisor = halved ? 2 : 1;
    if (limit < 0)
        return size <= listpack_size_max(limit) / divisor;
    return size <= SAFE_SIZE && count <= (limit == 0 ? 1 : (uint64_t)limit) / divisor;
}
