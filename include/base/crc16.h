/* SPDX-License-Identifier: BSD-3-Clause */
/* CRC-16 (XMODEM), and what it is for: the slot of a key. */
#ifndef BASE_CRC16_H
#define BASE_CRC16_H

#include "base/bytes.h"
#include <stdint.h>

enum { SLOT_COUNT = 16384 };

uint16_t crc16(struct bytes bytes);

/* 0 to SLOT_COUNT - 1. Where the key has a hash tag (something between the first `{` and the next `}`), only
 * that counts, so that keys can be kept together. */
unsigned key_slot(struct bytes key);

#endif
