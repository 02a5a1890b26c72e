/* SPDX-License-Identifier: BSD-3-Clause */
/* `crash-core-data`: what a core dump holds. Without data there are only registers and the list of mapped
 * files in it; where the server was, the crash report says. */
#ifndef APP_CORE_DUMP_H
#define APP_CORE_DUMP_H

#include "base/error.h"
#include "config/config.h"

/* A config_apply; `config` is the context. Always true: when the kernel doesn't let us choose, there will
 * be no core dump. */
bool core_dump_apply(void *config, struct error *error);

#endif
