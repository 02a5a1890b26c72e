/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether applications can work with the server, and if not, why. */
#ifndef HTTP_HEALTH_H
#define HTTP_HEALTH_H

#include "engine/server.h"
#include "json.h"

/* True when every check is good. */
bool health_is_ready(const struct server *server);

/* Write members into the object that is open: "checks" (each true when good), "reasons" (a sentence for each
 * that isn't), and "warnings" (what may soon be wrong). */
void health_print(const struct server *server, struct json *json);

#endif
