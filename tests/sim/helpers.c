/* SPDX-License-Identifier: BSD-3-Clause */
/* Each job gets a delay when it becomes the first in its queue: none, a time, or a number of the loop's
 * turns. */
#include "helpers.h"
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
    bool is_first_drawn, is_running;
    int64_t due_us;
    uint64_t due_turn;
};

static struct list workers = {&workers, &workers};

struct worker *worker_new(void)
{
    struct worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        abort();
    list_init(&worker->queue);
    list_init(&worker->finished);
    list_append(&workers, &worker->all);
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

static void run_first(struct worker *worker)
{
    struct job *job = take_first(&worker->queue);
    ASSERT(job);
    bool has_completion = job->done;
    uint64_t one = 1;
    worker->is_running = true;
    job->run(job);
    worker->is_running = false;
    worker->is_first_drawn = false;
    worker->pending--;
    if (!has_completion)
        return;
    if (list_is_empty(&worker->finished))
        (void)!write(worker->fd, &one, sizeof one);
    list_append(&worker->finished, &job->link);
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

static bool is_first_due(struct worker *worker)
{
    if (list_is_empty(&worker->queue))
        return false;
    if (!worker->is_first_drawn)
        draw_delay(worker);
    return worker->due_us <= clocks_now_us() && worker->due_turn <= loop_turns;
}

static void work(struct worker *worker)
{
    while (!worker->is_running && is_first_due(worker))
        run_first(worker);
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
        if (!list_is_empty(&worker->queue) && worker->due_us < next_us && worker->due_turn <= loop_turns)
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
    ASSERT(!worker->is_running);
    do {
        while (!list_is_empty(&worker->queue))
            run_first(worker);
        worker_reap(worker);
    } while (worker->pending > 0);
}

void worker_wait(struct worker *worker, int64_t timeout_us)
{
    if (!list_is_empty(&worker->queue) && chance_permille(&world_chance, 500))
        run_first(worker);
    else
        clocks_sleep_until_us(clocks_now_us() + timeout_us);
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
    close(worker->fd);
    free(worker);
}
