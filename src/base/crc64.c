/* SPDX-License-Identifier: BSD-3-Clause */
/* CRC-64 by ISA-L, which multiplies without carries where the processor can. It complements the checksum on
 * its way in and out; the file format doesn't. */
#include "base/crc64.h"
#include <isa-l/crc64.h>

uint64_t crc64(uint64_t crc, const void *data, size_t len)
{
    return ~crc64_jones_refl(~crc, data, len);
}
