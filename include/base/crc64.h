/* SPDX-License-Identifier: BSD-3-Clause */
/* The checksum of snapshot files: CRC-64 with the polynomial of Jones, reflected, starting at 0. */
#ifndef BASE_CRC64_H
#define BASE_CRC64_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of what `crc` stands for (0: nothing yet) followed by `data`. */
uint64_t crc64(uint64_t crc, const void *data, size_t len);

#endif
