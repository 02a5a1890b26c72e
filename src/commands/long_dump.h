/* SPDX-License-Identifier: BSD-3-Clause */
/* DUMP of a large string, in slices. */
#ifndef COMMANDS_LONG_DUMP_H
#define COMMANDS_LONG_DUMP_H

#include "engine/call.h"

/* A payload's footer: the RDB version and the checksum of all before it, lowest byte first. */
enum {
    DUMP_VERSION_SIZE = 2,
    DUMP_CHECKSUM_SIZE = 8,
    DUMP_FOOTER_SIZE = DUMP_VERSION_SIZE + DUMP_CHECKSUM_SIZE
};

/* Type of a string, in front of it. */
enum { DUMP_TYPE_STRING = 0 };

/* True when the value is so large that its dump is long: it is replied when it is done. */
bool run_long_dump(struct call *call, const struct value *value);

#endif
