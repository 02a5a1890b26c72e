/* SPDX-License-Identifier: BSD-3-Clause */
/* The parts of DEBUG that look at, or make, data. */
#ifndef COMMANDS_DEBUG_H
#define COMMANDS_DEBUG_H

#include "base/digest.h"
#include "engine/call.h"

/* Equal for equal datasets, expired keys left out: what DEBUG DIGEST answers. */
void dataset_digest(struct store *store, char hex[static SHA1_HEX_SIZE + 1]);

/* Each runs one of DEBUG's subcommands; the number of arguments has been checked. */
void debug_digest(struct call *call);
void debug_digest_value(struct call *call);
void debug_object(struct call *call);
void debug_sdslen(struct call *call);
void debug_listpack(struct call *call);
void debug_quicklist(struct call *call);
void debug_populate(struct call *call);
void debug_htstats(struct call *call);
void debug_htstats_key(struct call *call);
void debug_protocol(struct call *call);

#endif
