/* SPDX-License-Identifier: BSD-3-Clause */
/* The functions from above that hang on directives: watchers, which put a change into effect, and inspectors, which look at
 * lines of files. */
#ifndef CONFIG_WIRES_H
#define CONFIG_WIRES_H

#include "config/config.h"

void wires_free(struct config *config);

/* To be called before the watchers of a change are run. */
void wires_forget_runs(struct config *config);

/* Runs the directive's watchers that haven't run yet. False, with `error` filled, as soon as one objects. */
bool wires_run_watchers(struct config *config, const struct directive *directive, struct error *error);

/* Runs those again that ran without objection. They accepted these values before: what they object now is logged nowhere and
 * changes nothing. */
void wires_rerun_watchers(struct config *config);

/* False, with `error` filled, when an inspector of the directive refuses the words. */
bool wires_inspect(struct config *config, const struct directive *directive, const struct bytes *words,
                   size_t count, struct error *error);

#endif
