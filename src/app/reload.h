/* SPDX-License-Identifier: BSD-3-Clause */
/* What was changed in the configuration file is put into effect while the server runs. */
#ifndef APP_RELOAD_H
#define APP_RELOAD_H

#include "engine/server.h"
#include "options.h"

/* Notes how the server was configured; before it leaves the directory in which it was started. `options` must
 * outlive it. */
void reload_init(const struct options *options);
void reload_clear(void);

/* Reads files and command line again, and then the files of the certificate. All that changed in them since
 * the last time, and can change now, does so; the rest is logged. False, with everything as before and the
 * reason logged, when there is a mistake in them or a change is refused. */
bool reload_run(struct server *server);

#endif
