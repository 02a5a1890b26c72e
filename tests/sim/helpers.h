/* SPDX-License-Identifier: BSD-3-Clause */
/* Helper threads without threads (in the place of base/worker.c): a job runs when the seed says so. */
#ifndef SIM_HELPERS_H
#define SIM_HELPERS_H

#include <stdint.h>

/* Runs jobs that are due. */
void helpers_turn(void);
int64_t helpers_next_us(void);
/* The job that runs goes on so much later, and everybody else meanwhile. Where none runs, all wait. */
void helpers_rest(int64_t us);

#endif
