/* SPDX-License-Identifier: BSD-3-Clause */
/* A helper thread for what would hold up everybody: fsync, encoding, freeing. It runs jobs one after the
 * other, in the order given; each job's completion then runs on the thread that owns the worker. A job is
 * handed over: between worker_submit and its completion the owner doesn't touch it, and the job touches
 * nothing of the owner's. */
#ifndef BASE_WORKER_H
#define BASE_WORKER_H

#include "base/list.h"
#include <stdint.h>

/* Embedded in what the job needs. */
struct job {
    void (*run)(struct job *job); /* on the helper thread */
    void (*done)(
        struct job
            *job);    /* on the owner's thread, from worker_reap; may free the job, may submit others. NULL:
                                    * there is none, and `run` may free the job */
    struct list link; /* the worker's */
};

/* The thread starts with the first job, with all signals blocked; when it can't, the process ends. */
struct worker *worker_new(void);

/* One whose work can wait: on a machine that is short of processors, the owner's thread comes first. */
struct worker *worker_new_patient(void);

/* Waits until all jobs have run, calls their completions, and ends the thread. */
void worker_free(struct worker *worker);

void worker_submit(struct worker *worker, struct job *job);

/* Readable while completions wait for worker_reap: for the event loop. */
int worker_fd(const struct worker *worker);

/* Calls the completions that wait, in order. */
void worker_reap(struct worker *worker);

/* Waits until all jobs have run, and calls their completions (and runs what those submit). */
void worker_drain(struct worker *worker);

/* Lets the helper go first: waits until it has run one more job, at most `timeout_us`, and calls no
 * completion. */
void worker_wait(struct worker *worker, int64_t timeout_us);

/* Jobs that haven't run to their end yet. */
size_t worker_pending(struct worker *worker);

#endif
