/* SPDX-License-Identifier: BSD-3-Clause */
/* What the live page shows, and what applications show of their session server: as JSON. */
#ifndef HTTP_LIVE_H
#define HTTP_LIVE_H

#include "base/bytes.h"
#include "history.h"

/* /api/live?since=SAMPLE&minute=MINUTE */
void live_print(const struct server *server, const struct history *history, struct bytes query,
                struct buf *out);

/* /api/session/redis-status: "connected", "version", "used_memory" and so on. */
void live_print_status(const struct server *server, struct buf *out);

#endif
