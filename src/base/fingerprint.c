/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/fingerprint.h"
#include <xxhash.h>

uint64_t fingerprint(struct bytes bytes)
{
    return XXH3_64bits(bytes.data, bytes.len);
}
