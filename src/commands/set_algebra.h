/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef COMMANDS_SET_ALGEBRA_H
#define COMMANDS_SET_ALGEBRA_H

#include "engine/call.h"

/* Replies with the members of the set at argv[1], which was found and is large. The last thing that a command
 * does. */
void show_large_set(struct call *call);

#endif
