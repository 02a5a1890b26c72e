/* SPDX-License-Identifier: BSD-3-Clause */
/* `maxclients` against the number of files that the process may have open. */
#ifndef APP_DESCRIPTORS_H
#define APP_DESCRIPTORS_H

#include "base/error.h"
#include "config/config.h"

/* Whether there could be enough for a client; false with `error` filled. */
bool descriptors_suffice(struct error *error);

/* Raises the limit as far as maxclients needs, or lowers maxclients to what the system gives, and logs that.
 * False, having logged why, when there isn't enough for a single client. */
bool descriptors_fit(struct config *config);

/* A config_apply; `config` is the context. Fails when the system doesn't give enough. */
bool descriptors_changed(void *config, struct error *error);

#endif
