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

int64_t slices_next_us(const struct slices *slices)
{
    int64_t next_us = INT64_MAX;
    LIST_EACH(link, &slices->jobs) {
        const struct slice_job *job = LIST_ENTRY(link, struct slice_job, link);
        if (job->rest_until_us < next_us)
            next_us = job->rest_until_us;
    }
    return next_us;
}

static int64_t count_ready(const struct slices *slices, int64_t now_us)
{
    int64_t count = 0;
    LIST_EACH(link, &slices->jobs) {
        count += LIST_ENTRY(link, struct slice_job, link)->rest_until_us <= now_us;
    }
    return count;
}

static struct slice_job *first_ready(const struct slices *slices, int64_t now_us)
{
    LIST_EACH(link, &slices->jobs) {
        struct slice_job *job = LIST_ENTRY(link, struct slice_job, link);
        if (job->rest_until_us <= now_us)
            return job;
    }
    return NULL;
}

void slices_run(struct slices *slices, int64_t budget_us)
{
    if (list_is_empty(&slices->jobs))
        return;
    int64_t begin = clock_mono_us(), now = begin, job_count = count_ready(slices, now);
    if (job_count == 0)
        return;
    int64_t share = budget_us / job_count;
    if (share < SHARE_MIN_US)
        share = SHARE_MIN_US;
    struct slice_job *job;
    while (now - begin < budget_us && (job = first_ready(slices, now))) {
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
}
