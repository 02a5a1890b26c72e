/* SPDX-License-Identifier: BSD-3-Clause */
/* LZF by liblzf, whose lengths are unsigned ints: what doesn't fit in one is never handed to it. What it
 * makes of a text is what redis-server makes of it. */
#include "base/lzf.h"
#include <liblzf/lzf.h>
#include <limits.h>

size_t lzf_pack(struct bytes bytes, void *out, size_t size)
{
    if (bytes.len == 0 || bytes.len > UINT_MAX || size == 0)
        return 0;
    if (size > UINT_MAX)
        size = UINT_MAX;
    return lzf_compress(bytes.data, (unsigned)bytes.len, out, (unsigned)size);
}

bool lzf_unpack(struct bytes packed, void *out, size_t size)
{
    if (packed.len == 0 || packed.len > UINT_MAX || size == 0 || size > UINT_MAX)
        return false;
    return lzf_decompress(packed.data, (unsigned)packed.len, out, (unsigned)size) == size;
}
