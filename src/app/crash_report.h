/* SPDX-License-Identifier: BSD-3-Clause */
/* What the log says when the server dies of its own mistake: what happened, where, and how things stood. No
 * keys, no values, no arguments: the report may be shown to anybody. */
#ifndef APP_CRASH_REPORT_H
#define APP_CRASH_REPORT_H

#include "base/error.h"
#include "engine/server.h"

/* Reports are about `server` until crash_report_forget. Nothing is reported before crash_report_apply. */
void crash_report_about(const struct server *server);
void crash_report_forget(void);

/* A config_apply; `config` is the context. Begins or ends reporting, as crash-log-enabled says. */
bool crash_report_apply(void *config, struct error *error);

#endif
