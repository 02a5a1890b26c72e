/* SPDX-License-Identifier: BSD-3-Clause */
#include "listpack_size.h"
#include "base/number.h"

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

size_t listpack_number_size(int64_t number)
{
    return number_size(number) + 1;
}

size_t listpack_element_size(struct bytes bytes)
{
    int64_t number;
    if (parse_i64(bytes, &number))
        return listpack_number_size(number);
    size_t size = text_size(bytes.len);
    return size + way_back_size(size);
}
