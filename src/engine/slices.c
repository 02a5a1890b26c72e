/* SPDX-License-Identifier: BSD-3-Clause */
/* Jobs take turns: the one at the head of the list works and goes to the end, until the budget is used up. */
#include "engine/slices.h"
#include "base/clock.h"

/* The least that is worth calling a job for. */
#define SHARE_MIN_US 50

void slices_init(struct slices *slices)
{
    *slices = (struct slices){0};
    list_init(&slices->jobs);
}

void slices_add(struct slices *slices, struct slice_job *job)
{
    list_append(&slices->jobs, &job->link);
}

void slices_remove(struct slice_job *job)
{
    list_remove(&job->link);
}

static int64_t count_jobs(const struct slices *slices)
{
    int64_t count = 0;
    LIST_EACH(link, &slices->jobs) {
        count++;
    }
    return count;
}

bool slices_run(struct slices *slices, int64_t budget_us)
{
    int64_t job_count = count_jobs(slices);
    if (job_count == 0)
        return false;
    int64_t begin = clock_mono_us(), now = begin;
    int64_t share = budget_us / job_count;
    if (share < SHARE_MIN_US)
        share = SHARE_MIN_US;
    while (!list_is_empty(&slices->jobs) && now - begin < budget_us) {
        struct slice_job *job = LIST_ENTRY(slices->jobs.next, struct slice_job, link);
        /* Off the list while it runs: what is done may be freed, what is not goes to the end. */
        list_remove(&job->link);
        if (!job->run(job, share))
            list_append(&slices->jobs, &job->link);
        int64_t after = clock_mono_us();
        if (after - now > slices->longest_us)
            slices->longest_us = after - now;
        slices->run_count++;
        slices->run_us += (uint64_t)(after - now);
        now = after;
    }
    return !list_is_empty(&slices->jobs);
}
