/* SPDX-License-Identifier: BSD-3-Clause */
/* Two lists under one mutex: jobs wait in `queue` for the helper thread, and then in `finished` for the
 * owner. The event descriptor is written when `finished` stops being empty and read when it is emptied, so it
 * is readable exactly while something is in it. The mutex is never held while a job or a completion runs. */
#include "base/worker.h"
#include "base/alloc.h"
#include "base/panic.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

struct worker {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed; /* something was queued, a job has ended, or the end was asked for */
    struct list queue, finished;
    size_t pending;  /* queued or running */
    bool is_started; /* the owner's alone */
    bool is_ending, is_patient;
    int fd;
};

/* Added to the niceness of a patient thread. It lives on time that nobody else wants, but for a sixtieth of a
 * contested processor: enough to come to an end. */
#define PATIENT_NICENESS 19

/* Takes the first job from `list`, or NULL. */
static struct job *take_first(struct list *list)
{
    struct list *link = list->next;
    if (list_is_empty(list))
        return NULL;
    list_remove(link);
    return LIST_ENTRY(link, struct job, link);
}

static void signal_fd(int fd)
{
    uint64_t one = 1;
    while (write(fd, &one, sizeof one) < 0)
        ASSERT(errno == EINTR);
}

static void reset_fd(int fd)
{
    uint64_t count;
    while (read(fd, &count, sizeof count) < 0)
        ASSERT(errno == EINTR);
}

/* ---- The helper thread ---- */

/* Waits for a job; NULL when there will be none. Called, and returns, with the mutex held. */
static struct job *wait_for_job(struct worker *worker)
{
    while (list_is_empty(&worker->queue) && !worker->is_ending)
        pthread_cond_wait(&worker->changed, &worker->mutex);
    return take_first(&worker->queue);
}

static void finish(struct worker *worker, struct job *job, bool has_completion)
{
    if (has_completion) {
        if (list_is_empty(&worker->finished))
            signal_fd(worker->fd);
        list_append(&worker->finished, &job->link);
    }
    worker->pending--;
    pthread_cond_broadcast(&worker->changed);
}

static void *run_jobs(void *argument)
{
    struct worker *worker = argument;
    struct job *job;
    if (worker->is_patient)
        (void)!nice(PATIENT_NICENESS); /* this thread's alone */
    pthread_mutex_lock(&worker->mutex);
    while ((job = wait_for_job(worker))) {
        bool has_completion = job->done; /* without one, the job may be gone when it has run */
        pthread_mutex_unlock(&worker->mutex);
        job->run(job);
        pthread_mutex_lock(&worker->mutex);
        finish(worker, job, has_completion);
    }
    pthread_mutex_unlock(&worker->mutex);
    return NULL;
}

/* ---- The owner ---- */

/* The thread starts with the first job: as long as a process has one thread, the C library's system calls and
 * locks are cheaper. It inherits the mask of the one that makes it. */
static void start_thread(struct worker *worker)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&worker->thread, NULL, run_jobs, worker) != 0)
        PANIC("can't start a helper thread");
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    (void)pthread_setname_np(worker->thread, "worker");
    worker->is_started = true;
}

/* One whose timed waits no step of the wall clock stretches. */
static void init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
}

struct worker *worker_new(void)
{
    struct worker *worker = mem_zalloc(sizeof *worker);
    list_init(&worker->queue);
    list_init(&worker->finished);
    worker->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (worker->fd < 0)
        PANIC("can't make an event descriptor");
    pthread_mutex_init(&worker->mutex, NULL);
    init_condition(&worker->changed);
    return worker;
}

struct worker *worker_new_patient(void)
{
    struct worker *worker = worker_new();
    worker->is_patient = true;
    return worker;
}

void worker_submit(struct worker *worker, struct job *job)
{
    if (!worker->is_started)
        start_thread(worker);
    pthread_mutex_lock(&worker->mutex);
    list_append(&worker->queue, &job->link);
    worker->pending++;
    pthread_cond_broadcast(&worker->changed);
    pthread_mutex_unlock(&worker->mutex);
}

int worker_fd(const struct worker *worker)
{
    return worker->fd;
}

static struct job *take_finished(struct worker *worker)
{
    struct job *job;
    pthread_mutex_lock(&worker->mutex);
    job = take_first(&worker->finished);
    if (job && list_is_empty(&worker->finished))
        reset_fd(worker->fd);
    pthread_mutex_unlock(&worker->mutex);
    return job;
}

void worker_reap(struct worker *worker)
{
    struct job *job;
    /* One at a time: a completion may itself submit, reap or drain. */
    while ((job = take_finished(worker)))
        job->done(job);
}

void worker_drain(struct worker *worker)
{
    do {
        pthread_mutex_lock(&worker->mutex);
        while (worker->pending > 0)
            pthread_cond_wait(&worker->changed, &worker->mutex);
        pthread_mutex_unlock(&worker->mutex);
        worker_reap(worker);
    } while (worker_pending(worker) > 0);
}

void worker_wait(struct worker *worker, int64_t timeout_us)
{
    struct timespec until;
    size_t pending;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += (long)(timeout_us % 1000000 * 1000);
    until.tv_sec += (time_t)(timeout_us / 1000000) + until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&worker->mutex);
    pending = worker->pending;
    while (worker->pending > 0 && worker->pending == pending) {
        if (pthread_cond_timedwait(&worker->changed, &worker->mutex, &until) == ETIMEDOUT)
            break;
    }
    pthread_mutex_unlock(&worker->mutex);
}

size_t worker_pending(struct worker *worker)
{
    size_t pending;
    pthread_mutex_lock(&worker->mutex);
    pending = worker->pending;
    pthread_mutex_unlock(&worker->mutex);
    return pending;
}

void worker_free(struct worker *worker)
{
    if (!worker)
        return;
    worker_drain(worker);
    pthread_mutex_lock(&worker->mutex);
    worker->is_ending = true;
    pthread_cond_broadcast(&worker->changed);
    pthread_mutex_unlock(&worker->mutex);
    if (worker->is_started)
        pthread_join(worker->thread, NULL);
    ASSERT(list_is_empty(&worker->finished));
    pthread_cond_destroy(&worker->changed);
    pthread_mutex_destroy(&worker->mutex);
    close(worker->fd);
    mem_free(worker);
}
