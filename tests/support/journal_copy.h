/* SPDX-License-Identifier: BSD-3-Clause */
/* A sink that keeps what the journal says in memory, tick by tick. */
#ifndef SUPPORT_JOURNAL_COPY_H
#define SUPPORT_JOURNAL_COPY_H

#include "base/bytes.h"
#include <stdint.h>

struct journal_copy;
struct server;

/* From now on; to be freed before the server. */
struct journal_copy *journal_copy_new(struct server *server);
void journal_copy_free(struct journal_copy *copy);

/* Shows each group with the time (monotonic ms) at which it was recorded. */
void journal_copy_each(const struct journal_copy *copy,
                       void (*show)(void *context, int64_t mono_ms, struct bytes group), void *context);

/* All requests, one a line: words with blanks between them, anything else than printable characters quoted.
 * NUL-terminated, valid until the next call. */
struct bytes journal_copy_text(struct journal_copy *copy);

#endif
