/* SPDX-License-Identifier: BSD-3-Clause */
/* Which arguments of a command are passwords, so that nobody is shown them (MONITOR, the slow log, a crash
 * report). */
#ifndef ENGINE_SECRET_H
#define ENGINE_SECRET_H

#include "engine/command.h"

#define REDACTED BYTES("(redacted)")

/* Whether argv[index] of a command that was found must not be shown. */
bool argument_is_secret(const struct registered_command *command, const struct bytes *argv, int index);

#endif
