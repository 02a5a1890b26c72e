/* SPDX-License-Identifier: BSD-3-Clause */
/* RESTORE of a large string, in slices. */
#ifndef COMMANDS_LONG_RESTORE_H
#define COMMANDS_LONG_RESTORE_H

#include "engine/call.h"

/* What became of a payload. */
enum payload_result {
    PAYLOAD_WHOLE,
    PAYLOAD_WRONG_FOOTER,
    PAYLOAD_WRONG_TYPE,
    PAYLOAD_WRONG_FORMAT,
    PAYLOAD_NO_MEMORY,
};

/* The highest RDB version that payloads are read of. */
enum { RESTORE_VERSION_MAX = 12 };

/* True when the payload, or the string that it claims to hold, is so large that it takes long. */
bool is_long_payload(struct bytes payload);

struct long_restore;

/* The work on the payload at argv[index], done, and the caller's. NULL: the command is to return without a
 * reply. */
struct long_restore *begin_long_restore(struct call *call, int index);

/* The same when an earlier run of the command began it; NULL when this is the first one. */
struct long_restore *take_long_restore(struct call *call);

/* The value, if the payload is whole, whose blob is lent: whoever keeps it takes a reference. */
enum payload_result long_restore_result(const struct long_restore *restore, struct value *value);

void free_long_restore(struct long_restore *restore);

#endif
