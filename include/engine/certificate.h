/* SPDX-License-Identifier: BSD-3-Clause */
/* How long the certificate that the server shows is still good for. */
#ifndef ENGINE_CERTIFICATE_H
#define ENGINE_CERTIFICATE_H

#include <stdbool.h>
#include <stdint.h>

struct server;

/* From so few days on everybody is warned: by the log, the page and /health. */
enum { CERTIFICATE_DAYS_WARNED = 14 };

/* Whether one is in use. */
bool certificate_is_used(const struct server *server);

/* Whole days to its end; less than 0 when it has expired. */
int64_t certificate_days_left(const struct server *server);

void certificate_add_metrics(struct server *server);

#endif
