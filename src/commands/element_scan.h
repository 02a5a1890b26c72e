/* SPDX-License-Identifier: BSD-3-Clause */
/* HSCAN, SSCAN and ZSCAN. */
#ifndef COMMANDS_ELEMENT_SCAN_H
#define COMMANDS_ELEMENT_SCAN_H

#include "engine/call.h"
#include "types/value.h"

/* The command: passes about as many elements as asked for of the collection of that type at argv[1], from the
 * cursor at argv[2] on, and replies with those wanted. A large part is passed in steps. */
void scan_elements(struct call *call, enum value_type type);

#endif
