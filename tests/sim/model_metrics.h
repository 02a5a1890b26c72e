/* SPDX-License-Identifier: BSD-3-Clause */
/* /metrics: each part is right when it is made, and what is given is what was made last. */
#ifndef SIM_MODEL_METRICS_H
#define SIM_MODEL_METRICS_H

#include "base/bytes.h"
#include <stdint.h>

struct asked;

/* Connections that were accepted and aren't closed, or whose work is still to be carried through; keys of all
 * databases. */
int64_t model_clients(void);
int64_t model_keys(void);

void model_metrics_check(const struct asked *asked, struct bytes body);
void model_metrics_forget(void);

#endif
