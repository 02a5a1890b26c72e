/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a server would load the libraries of functions that a snapshot file holds: one that does nothing
 * else is given them. */
#ifndef APP_LIBRARY_TRIAL_H
#define APP_LIBRARY_TRIAL_H

#include "base/bytes.h"
#include "base/error.h"

struct server;

/* Adds the library to those before it; see rdb_check_libraries. `context` is the place of a server, which is
 * made with the first library. */
bool library_trial_add(void *context, struct bytes code, struct error *error);
/* Of NULL, too. */
void library_trial_end(struct server *server);

#endif
