/* SPDX-License-Identifier: BSD-3-Clause */
/* The process's title, as ps shows it: `proc-title-template`, filled in. */
#ifndef APP_TITLE_H
#define APP_TITLE_H

#include "base/error.h"
#include "config/config.h"

/* Takes the place of the arguments and the environment for titles; both are copied out of it first. the other
 * arguments stay valid until the first title is shown. Call it before threads are started. */
void title_init(char **argv);

/* argv[0]. */
const char *title_program(void);

/* A config_apply; `config` is the context. Shows the title, unless set-proc-title is no. */
bool title_show(void *config, struct error *error);

#endif
