/* SPDX-License-Identifier: BSD-3-Clause */
/* What the log says at the start: who is here, and what about the configuration will be regretted. */
#ifndef APP_STARTUP_H
#define APP_STARTUP_H

#include "base/buf.h"
#include "base/error.h"
#include "config/config.h"

/* Opens the log as configured: level, file (relative to the working directory, now and later), syslog. */
bool startup_open_log(const struct config *config, struct error *error);

/* The lines that redis-server begins with. `is_configured`: by a file or by options. */
void startup_greet(const char *program, bool is_configured);
void startup_introduce(const struct config *config);

/* Warns of what is so, with what to do about it, but for the names in `ignore-warnings`. */
void startup_warn(const struct config *config);

/* What of this is to be warned of, for tests too. A list of addresses without one that other machines
 * reach: */
bool startup_is_local_only(const struct config_words *addresses);

/* True for a password that a URL can't hold as it is. */
bool startup_breaks_url(struct bytes password);

/* Appends the URL by which an application on this machine logs in, the password percent-encoded. */
void startup_print_url(struct bytes password, int port, struct buf *out);

#endif
