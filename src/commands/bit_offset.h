/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a bit is, as the commands on bits are told. */
#ifndef COMMANDS_BIT_OFFSET_H
#define COMMANDS_BIT_OFFSET_H

#include "engine/call.h"

/* The bit offset at argv[index]. With `width`, "#3" means the third field of that many bits; 0 knows no such
 * form. False, having replied, when it is none, or lies behind the longest possible string. */
bool call_bit_offset(struct call *call, int index, unsigned width, uint64_t *offset);

#endif
