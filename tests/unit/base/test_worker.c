/* SPDX-License-Identifier: BSD-3-Clause */
/* The helper thread: order, completions, the descriptor, and its end. */
#include "base/alloc.h"
#include "base/worker.h"
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include <cmocka.h>

struct task {
    struct job job;
    int number;
    pthread_t ran_on;
    sem_t *gate; /* waited for before running, when set */
    struct worker *worker;
    struct task *next; /* submitted by the completion, when set */
};

static int run_order[1000], run_count, done_order[1000], done_count;

static int forget_orders(void **state)
{
    (void)state;
    run_count = done_count = 0;
    return 0;
}

static struct task *task_of(struct job *job)
{
    return LIST_ENTRY(job, struct task, job);
}

static void run_task(struct job *job)
{
    struct task *task = task_of(job);
    if (task->gate)
        sem_wait(task->gate);
    task->ran_on = pthread_self();
    run_order[run_count++] = task->number;
}

static void complete_task(struct job *job)
{
    struct task *task = task_of(job);
    assert_false(pthread_equal(task->ran_on, pthread_self()));
    done_order[done_count++] = task->number;
    if (task->next)
        worker_submit(task->worker, &task->next->job);
}

static bool is_readable(struct worker *worker, int timeout_ms)
{
    struct pollfd poll_fd = {.fd = worker_fd(worker), .events = POLLIN};
    return poll(&poll_fd, 1, timeout_ms) == 1;
}

static void jobs_run_and_complete_in_order(void **state)
{
    static struct task tasks[1000];
    struct worker *worker = worker_new();
    (void)state;
    for (int i = 0; i < 1000; i++) {
        tasks[i] = (struct task){.job = {.run = run_task, .done = complete_task}, .number = i};
        worker_submit(worker, &tasks[i].job);
        if (i % 100 == 0)
            worker_reap(worker);
    }
    worker_drain(worker);
    assert_int_equal(done_count, 1000);
    for (int i = 0; i < 1000; i++) {
        assert_int_equal(run_order[i], i);
        assert_int_equal(done_order[i], i);
    }
    assert_int_equal(worker_pending(worker), 0);
    worker_free(worker);
}

static void the_descriptor_tells_of_completions(void **state)
{
    struct task task = {.job = {.run = run_task, .done = complete_task}, .number = 1};
    struct worker *worker = worker_new();
    sem_t gate;
    (void)state;
    sem_init(&gate, 0, 0);
    task.gate = &gate;
    worker_submit(worker, &task.job);
    assert_false(is_readable(worker, 0));
    assert_int_equal(worker_pending(worker), 1);
    worker_reap(worker);
    assert_int_equal(done_count, 0);
    sem_post(&gate);
    assert_true(is_readable(worker, 60000));
    assert_int_equal(done_count, 0);
    worker_reap(worker);
    assert_int_equal(done_count, 1);
    assert_false(is_readable(worker, 0));
    worker_free(worker);
    sem_destroy(&gate);
}

static void a_completion_may_submit(void **state)
{
    struct worker *worker = worker_new();
    struct task second = {.job = {.run = run_task, .done = complete_task}, .number = 2};
    struct task first = second;
    (void)state;
    first.number = 1;
    first.worker = worker;
    first.next = &second;
    worker_submit(worker, &first.job);
    worker_drain(worker);
    assert_int_equal(done_count, 2);
    assert_int_equal(done_order[1], 2);
    worker_free(worker);
}

static void freeing_waits_for_all(void **state)
{
    struct task tasks[20];
    struct worker *worker = worker_new();
    (void)state;
    for (int i = 0; i < 20; i++) {
        tasks[i] = (struct task){.job = {.run = run_task, .done = complete_task}, .number = i};
        worker_submit(worker, &tasks[i].job);
    }
    worker_free(worker);
    assert_int_equal(run_count, 20);
    assert_int_equal(done_count, 20);
    worker_free(NULL);
}

static void free_job(struct job *job)
{
    mem_free(job);
}

static void a_job_without_completion_may_free_itself(void **state)
{
    size_t before = mem_used();
    struct worker *worker = worker_new();
    (void)state;
    for (int i = 0; i < 100; i++) {
        struct job *job = mem_zalloc(sizeof *job);
        job->run = free_job;
        worker_submit(worker, job);
    }
    worker_drain(worker);
    assert_false(is_readable(worker, 0));
    worker_free(worker);
    assert_int_equal(mem_used(), before);
}

static sigset_t seen_mask;

static void read_mask(struct job *job)
{
    (void)job;
    pthread_sigmask(SIG_SETMASK, NULL, &seen_mask);
}

static void signals_are_left_to_the_owner(void **state)
{
    struct worker *worker = worker_new();
    struct job job = {.run = read_mask};
    sigset_t own_mask;
    (void)state;
    worker_submit(worker, &job);
    worker_free(worker);
    assert_int_equal(sigismember(&seen_mask, SIGTERM), 1);
    assert_int_equal(sigismember(&seen_mask, SIGCHLD), 1);
    pthread_sigmask(SIG_SETMASK, NULL, &own_mask);
    assert_int_equal(sigismember(&own_mask, SIGTERM), 0);
}

/* Whoever waits needs no completion to be called, and goes on when there is nothing to wait for. */
static void the_owner_may_wait_for_one_job(void **state)
{
    sem_t gate;
    struct worker *worker = worker_new();
    struct task task = {.job = {.run = run_task, .done = complete_task}, .number = 1, .gate = &gate};
    (void)state;
    sem_init(&gate, 0, 0);
    worker_wait(worker, INT64_C(3600000000));
    worker_submit(worker, &task.job);
    worker_wait(worker, 1000);
    assert_int_equal(worker_pending(worker), 1);
    sem_post(&gate);
    worker_wait(worker, INT64_C(3600000000));
    assert_int_equal(worker_pending(worker), 0);
    assert_int_equal(done_count, 0);
    worker_reap(worker);
    assert_int_equal(done_count, 1);
    worker_free(worker);
    sem_destroy(&gate);
}

static int seen_niceness;

static void read_niceness(struct job *job)
{
    (void)job;
    seen_niceness = getpriority(PRIO_PROCESS, 0); /* of this thread */
}

static void a_patient_worker_lets_its_owner_go_first(void **state)
{
    int own = getpriority(PRIO_PROCESS, 0);
    struct job job = {.run = read_niceness}, another = {.run = read_niceness};
    (void)state;
    struct worker *worker = worker_new_patient();
    worker_submit(worker, &job);
    worker_free(worker);
    assert_int_equal(seen_niceness, 19);
    assert_int_equal(getpriority(PRIO_PROCESS, 0), own);
    worker = worker_new();
    worker_submit(worker, &another);
    worker_free(worker);
    assert_int_equal(seen_niceness, own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(jobs_run_and_complete_in_order, forget_orders),
        cmocka_unit_test_setup(the_descriptor_tells_of_completions, forget_orders),
        cmocka_unit_test_setup(a_completion_may_submit, forget_orders),
        cmocka_unit_test_setup(freeing_waits_for_all, forget_orders),
        cmocka_unit_test_setup(a_job_without_completion_may_free_itself, forget_orders),
        cmocka_unit_test_setup(the_owner_may_wait_for_one_job, forget_orders),
        cmocka_unit_test(a_patient_worker_lets_its_owner_go_first),
        cmocka_unit_test_setup(signals_are_left_to_the_owner, forget_orders),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
