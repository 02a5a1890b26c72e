/* SPDX-License-Identifier: BSD-3-Clause */
/* Long work in short pieces. The tick gives each job that has something to do a share of its time budget, so
 * that nobody waits over a millisecond for another's KEYS, FLUSHALL or mass expiry. */
#ifndef ENGINE_SLICES_H
#define ENGINE_SLICES_H

#include "base/list.h"
#include <stdbool.h>
#include <stdint.h>

struct slice_job {
    struct list link;
    const char *name;
    /* Works for about `budget_us`; true when it is done, and then the job is no longer on the list (it may be
     * freed in the call). */
    bool (*run)(struct slice_job *job, int64_t budget_us);
    int64_t rest_until_us; /* monotonic; the job isn't called before */
};

struct slices {
    struct list jobs;
    uint64_t run_count, run_us;
    int64_t longest_us;
};

void slices_init(struct slices *slices);
void slices_add(struct slices *slices, struct slice_job *job);
void slices_remove(struct slice_job *job);
/* Gives every job that doesn't rest its share of `budget_us`, the one that waited longest first. */
void slices_run(struct slices *slices, int64_t budget_us);
/* When a job is to be called next (monotonic): 0 at once, INT64_MAX when there is none. */
int64_t slices_next_us(const struct slices *slices);

#endif
