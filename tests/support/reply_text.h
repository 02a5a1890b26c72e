/* SPDX-License-Identifier: BSD-3-Clause */
/* What waits in a reply, as one run of bytes. */
#ifndef SUPPORT_REPLY_TEXT_H
#define SUPPORT_REPLY_TEXT_H

#include "base/buf.h"
#include "proto/resp_write.h"

/* Appends all that waits, which goes on waiting. */
void reply_text_append(const struct reply *reply, struct buf *out);

/* Appends all that waits, taken as sockets take it: a few vectors at a time and not more than `step` bytes
 * each time. Leaves the reply empty. */
void reply_text_drain(struct reply *reply, size_t step, struct buf *out);

/* Where `text` stands in a reply, or NULL. */
const char *reply_find(struct bytes reply, const char *text);
static inline bool reply_has(struct bytes reply, const char *text)
{
    return reply_find(reply, text);
}

#endif
