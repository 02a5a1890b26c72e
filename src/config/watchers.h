/* SPDX-License-Identifier: BSD-3-Clause */
/* The functions from above that hang on directives and put their changes into effect. */
#ifndef CONFIG_WATCHERS_H
#define CONFIG_WATCHERS_H

#include "config/config.h"

void watchers_free(struct config *config);

/* To be called before the watchers of a change are run. */
void watchers_begin(struct config *config);

/* Runs the directive's watchers that haven't run yet. False, with `error` filled, as soon as one objects. */
bool watchers_run(struct config *config, const struct directive *directive, struct error *error);

/* Runs those again that ran, the one that objected included, after the old values were restored. They
 * accepted these before, so that they are not asked. */
void watchers_run_again(struct config *config);

#endif
