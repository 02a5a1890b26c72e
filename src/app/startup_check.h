/* SPDX-License-Identifier: BSD-3-Clause */
/* What the machine has to say about a configuration: whether its files and addresses can be had. */
#ifndef APP_STARTUP_CHECK_H
#define APP_STARTUP_CHECK_H

#include "config/config_file.h"

/* Notes everything for which a start would be refused, with its line and a remedy. Nothing is made, changed
 * or kept: a server may be running with this configuration, so what is in use already is no error. */
void startup_check(const struct config *config, struct config_load *load);

#endif
