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

/* Replies. The value is there if the payload is whole; its blob is lent: whoever keeps it takes a
 * reference. */
typedef void restore_end(struct call *call, enum payload_result result, struct value value);

/* Checks and unpacks the payload at argv[index], then calls `end`: at once or in slices. The last thing that
 * the command does. */
void run_long_restore(struct call *call, int index, restore_end *end);

#endif
