/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of DEBUG that look at, or make, data. */
#ifndef COMMANDS_DEBUG_H
#define COMMANDS_DEBUG_H

#include "engine/call.h"

/* Each runs one of DEBUG's subcommands; the number of arguments has been checked. */
void debug_digest(struct call *call);
void debug_digest_value(struct call *call);
void debug_object(struct call *call);
void debug_sdslen(struct call *call);
void debug_populate(struct call *call);
void debug_htstats(struct call *call);
void debug_htstats_key(struct call *call);
void debug_protocol(struct call *call);

#endif
