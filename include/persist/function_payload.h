/* SPDX-License-Identifier: BSD-3-Clause */
/* Payloads of FUNCTION DUMP and RESTORE: libraries of functions as snapshots have them, and the footer that
 * DUMP has, too. */
#ifndef PERSIST_FUNCTION_PAYLOAD_H
#define PERSIST_FUNCTION_PAYLOAD_H

#include "base/buf.h"

/* Appends a library; at last the footer. */
void function_payload_add(struct buf *payload, struct bytes code, bool compresses);
void function_payload_end(struct buf *payload, unsigned version);

enum function_payload_read {
    FUNCTION_PAYLOAD_READ,
    FUNCTION_PAYLOAD_WRONG_FOOTER,
    FUNCTION_PAYLOAD_WRONG_TYPE, /* it holds something else */
    FUNCTION_PAYLOAD_WRONG_FORMAT,
    FUNCTION_PAYLOAD_REFUSED, /* by `take` */
};

/* Hands the code of each library to `take`, until that returns false. */
enum function_payload_read
function_payload_read(struct bytes payload, bool (*take)(void *context, struct bytes code), void *context);

#endif
