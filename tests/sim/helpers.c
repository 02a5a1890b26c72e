/* SPDX-License-Identifier: BSD-3-Clause */
/* Each job gets a delay when it becomes the first in its queue: none, a time, or a number of the loop's
 * turns. It has a stack of its own, on which it stands still while the disk keeps it waiting. */
#include "helpers.h"
#include "base/fiber.h"
#include "base/panic.h"
#include "base/worker.h"
#include "chance.h"
#include "clocks.h"
#include "kernel.h"
#include "world.h"
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define VERY_LATE_TURNS 10000

struct worker {
    struct list all;
    struct list queue, finished;
    size_t pending;
    int fd;
    bool is_first_drawn, is_resting;
    int64_t due_us; /* of the first job, or of the one that rests */
    uint64_t due_turn;
    struct fiber *fiber;
    struct job *at_work; /* begun, and not done */
    bool has_completion; /* it may be gone when it has run */
};

static struct list workers = {&workers, &workers};
static struct worker *working; /* whose stack this is; NULL: the loop's, or a script's */

struct worker *worker_new(void)
{
    struct worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        abort();
    list_init(&worker->queue);
    list_init(&worker->finished);
    list_append(&workers, &worker->all);
    worker->fiber = fiber_new();
    if (!worker->fiber)
        abort();
    worker->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return worker;
}

struct worker *worker_new_patient(void)
{
    return worker_new();
}

static struct job *take_first(struct list *list)
{
    struct list *link = list->next;
    if (list_is_empty(list))
        return NULL;
    list_remove(link);
    return LIST_ENTRY(link, struct job, link);
}

static void finish(struct worker *worker)
{
    struct job *job = worker->at_work;
    uint64_t one = 1;
    worker->at_work = NULL;
    worker->is_first_drawn = false;
    worker->pending--;
    if (!worker->has_completion)
        return;
    if (list_is_empty(&worker->finished))
        (void)!write(worker->fd, &one, sizeof one);
    list_append(&worker->finished, &job->link);
}

static void run_job(void *context)
{
    const struct worker *worker = context;
    worker->at_work->run(worker->at_work);
}

/* Until it is done, or rests. */
static void go_on(struct worker *worker)
{
    struct worker *before = working;
    working = worker;
    worker->is_resting = false;
    fiber_resume(worker->fiber);
    working = before;
    if (!worker->is_resting)
        finish(worker);
}

static void run_first(struct worker *worker)
{
    worker->at_work = take_first(&worker->queue);
    ASSERT(worker->at_work);
    worker->has_completion = worker->at_work->done;
    fiber_set(worker->fiber, run_job, worker);
    go_on(worker);
}

void helpers_rest(int64_t us)
{
    struct worker *worker = working;
    if (!worker) {
        clocks_sleep_until_us(clocks_now_us() + us);
        return;
    }
    worker->is_resting = true;
    worker->due_us = clocks_now_us() + us;
    worker->due_turn = 0;
    fiber_pause(worker->fiber);
}

static void draw_delay(struct worker *worker)
{
    worker->is_first_drawn = true;
    worker->due_us = clocks_now_us();
    worker->due_turn = loop_turns;
    if (chance_permille(&world_chance, faults.very_late_job))
        worker->due_turn += chance_below(&world_chance, VERY_LATE_TURNS);
    else if (chance_permille(&world_chance, faults.late_job))
        worker->due_us += chance_between(&world_chance, 0, 20000);
}

static bool is_due(struct worker *worker)
{
    if (!worker->at_work && list_is_empty(&worker->queue))
        return false;
    if (!worker->at_work && !worker->is_first_drawn)
        draw_delay(worker);
    return worker->due_us <= clocks_now_us() && worker->due_turn <= loop_turns;
}

static void do_more(struct worker *worker)
{
    if (worker->at_work)
        go_on(worker);
    else
        run_first(worker);
}

static void work(struct worker *worker)
{
    while (worker != working && is_due(worker))
        do_more(worker);
}

void helpers_turn(void)
{
    LIST_EACH(link, &workers)
        work(LIST_ENTRY(link, struct worker, all));
}

/* Turns pass by themselves: the loop wakes up at least once a second. */
int64_t helpers_next_us(void)
{
    int64_t next_us = INT64_MAX;
    LIST_EACH(link, &workers) {
        const struct worker *worker = LIST_ENTRY(link, struct worker, all);
        bool has_work = worker->at_work || !list_is_empty(&worker->queue);
        if (has_work && worker->due_us < next_us && worker->due_turn <= loop_turns)
            next_us = worker->due_us;
    }
    return next_us;
}

void worker_submit(struct worker *worker, struct job *job)
{
    list_append(&worker->queue, &job->link);
    worker->pending++;
    if (chance_permille(&world_chance, 500))
        work(worker);
}

int worker_fd(const struct worker *worker)
{
    return worker->fd;
}

void worker_reap(struct worker *worker)
{
    struct job *job;
    while ((job = take_first(&worker->finished))) {
        uint64_t count;
        if (list_is_empty(&worker->finished))
            (void)!read(worker->fd, &count, sizeof count);
        job->done(job);
    }
}

void worker_drain(struct worker *worker)
{
    ASSERT(worker != working);
    do {
        while (worker->at_work || !list_is_empty(&worker->queue)) {
            if (worker->at_work)
                clocks_sleep_until_us(worker->due_us);
            do_more(worker);
        }
        worker_reap(worker);
    } while (worker->pending > 0);
}

void worker_wait(struct worker *worker, int64_t timeout_us)
{
    bool is_idle = !worker->at_work && list_is_empty(&worker->queue);
    if (is_idle || worker->is_resting || chance_permille(&world_chance, 500))
        clocks_sleep_until_us(clocks_now_us() + timeout_us);
    else
        do_more(worker);
    work(worker);
}

size_t worker_pending(struct worker *worker)
{
    return worker->pending;
}

void worker_free(struct worker *worker)
{
    if (!worker)
        return;
    worker_drain(worker);
    ASSERT(list_is_empty(&worker->finished));
    list_remove(&worker->all);
    fiber_free(worker->fiber);
    close(worker->fd);
    free(worker);
}
