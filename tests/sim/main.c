/* SPDX-License-Identifier: BSD-3-Clause */
/*     sessiond-sim --seeds 1000 [--from 1] [--events 300] [--jobs 2]
 *     sessiond-sim --seed N [--events 300] [--trace] [--shrink] [--without 3,7-9]
 *
 * Each seed runs in a process of its own: nothing of one run is left for the next, and a crash is a failure
 * like others. Each hundredth runs twice, and must leave the same trace. */
#include "run.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS_MAX = 64, TWICE_EVERY = 100, FAILURES_SHOWN = 20, SEED_SECONDS = 60 };

struct options {
    uint64_t from, count;
    unsigned events, jobs;
    bool is_single, is_traced, shrinks;
    const char *without;
};

static struct run *slots; /* one a job, and one more */

/* So much that was freed is kept to find late uses of it. Each process would have to touch much more anew. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "quarantine_size_mb=8:thread_local_quarantine_size_kb=64:malloc_context_size=8";
}

static struct run *shared(size_t count)
{
    void *memory =
        mmap(NULL, count * sizeof(struct run), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    return memory;
}

/* ---- one run ---- */

static pid_t begin(struct run *run)
{
    run->failure[0] = 0;
    (void)fflush(stdout);
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    (void)setrlimit(RLIMIT_CPU, &(struct rlimit){SEED_SECONDS, SEED_SECONDS});
    world_run(run);
    (void)fflush(stdout);
    exit(0);
}

static const char *outcome(const struct run *run, int status)
{
    static char text[1100];
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return NULL;
    if (WIFEXITED(status) && WEXITSTATUS(status) == RUN_FAILED)
        return run->failure;
    (void)snprintf(text, sizeof text, WIFSIGNALED(status) ? "died of signal %d" : "exited with %d",
                   WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
    return text;
}

static const char *finish(const struct run *run, pid_t pid)
{
    int status;
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR)
            return "is lost";
    }
    return outcome(run, status);
}

static const char *run_once(struct run *run)
{
    return finish(run, begin(run));
}

static void set_up(struct run *run, const struct options *options, uint64_t seed)
{
    memset(run, 0, sizeof *run);
    run->seed = seed;
    run->event_count = options->events;
    run->is_traced = options->is_traced;
}

/* ---- many ---- */

static unsigned failures;

static void report(const struct options *options, uint64_t seed, const char *failure)
{
    failures++;
    if (failures <= FAILURES_SHOWN)
        (void)printf("seed %llu: %s\n    again: %s --seed %llu --events %u --trace\n",
                     (unsigned long long)seed, failure, "build/sim/sessiond-sim", (unsigned long long)seed,
                     options->events);
    (void)fflush(stdout);
}

static void check_again(const struct options *options, const struct run *first)
{
    struct run *second = &slots[options->jobs];
    set_up(second, options, first->seed);
    const char *failure = run_once(second);
    if (!failure && second->hash != first->hash)
        failure = "a second run took another way";
    if (failure)
        report(options, first->seed, failure);
}

static int run_many(const struct options *options)
{
    pid_t pids[JOBS_MAX] = {0};
    uint64_t next = options->from, done = 0;
    while (done < options->count) {
        for (unsigned i = 0; i < options->jobs && next < options->from + options->count; i++) {
            if (pids[i])
                continue;
            set_up(&slots[i], options, next++);
            pids[i] = begin(&slots[i]);
        }
        int status;
        pid_t pid = wait(&status);
        for (unsigned i = 0; i < options->jobs; i++) {
            if (pids[i] != pid)
                continue;
            pids[i] = 0;
            done++;
            const char *failure = outcome(&slots[i], status);
            if (failure)
                report(options, slots[i].seed, failure);
            else if (slots[i].seed % TWICE_EVERY == 0)
                check_again(options, &slots[i]);
        }
    }
    (void)printf("%llu seeds, %u failures\n", (unsigned long long)options->count, failures);
    return failures > 0;
}

/* ---- one, looked at ---- */

static void leave_out(struct run *run, const char *list)
{
    while (list && *list) {
        char *end;
        unsigned long first = strtoul(list, &end, 10), last = first;
        if (*end == '-')
            last = strtoul(end + 1, &end, 10);
        for (unsigned long i = first; i <= last && i < EVENTS_MAX; i++)
            run->left_out[i] = true;
        list = *end == ',' ? end + 1 : NULL;
    }
}

static void print_left_out(const struct run *run)
{
    unsigned left = 0;
    (void)printf("--without ");
    for (unsigned i = 0; i < run->event_count; i++) {
        left += !run->left_out[i];
        if (!run->left_out[i] || (i > 0 && run->left_out[i - 1]))
            continue;
        unsigned last = i;
        while (last + 1 < run->event_count && run->left_out[last + 1])
            last++;
        (void)printf("%u-%u,", i, last);
    }
    (void)printf("\n%u events are left\n", left);
}

/* Of the same kind: the words are, numbers and names aside. */
static bool is_same(const char *a, const char *b)
{
    enum { COMPARED = 24 };
    for (int i = 0; i < COMPARED && *b; i++, a++, b++) {
        bool are_digits = *a >= '0' && *a <= '9' && *b >= '0' && *b <= '9';
        if (*a != *b && !are_digits)
            return false;
    }
    return true;
}

/* Leaves out halves, quarters, ... as long as it still fails. */
static void shrink(struct run *run)
{
    struct run *attempt = &slots[1];
    for (unsigned size = run->event_count / 2; size > 0; size /= 2) {
        for (unsigned start = 0; start < run->event_count; start += size) {
            *attempt = *run;
            attempt->is_traced = false;
            for (unsigned i = start; i < start + size && i < run->event_count; i++)
                attempt->left_out[i] = true;
            if (memcmp(attempt->left_out, run->left_out, sizeof run->left_out) == 0)
                continue;
            const char *failure = run_once(attempt);
            if (failure && is_same(failure, run->failure))
                memcpy(run->left_out, attempt->left_out, sizeof run->left_out);
        }
    }
    print_left_out(run);
}

static int run_single(const struct options *options)
{
    struct run *run = &slots[0];
    set_up(run, options, options->from);
    leave_out(run, options->without);
    if (options->shrinks) {
        run->is_traced = false;
        if (run_once(run))
            shrink(run);
        run->is_traced = options->is_traced;
    }
    const char *failure = run_once(run);
    (void)printf("seed %llu: %s, trace %016llx\n", (unsigned long long)run->seed, failure ? failure : "well",
                 (unsigned long long)run->hash);
    return failure != NULL;
}

int main(int argc, char **argv)
{
    struct options options = {.from = 1, .count = 100, .events = 300, .jobs = 2};
    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        bool takes_value = true;
        if (strcmp(argv[i], "--seeds") == 0)
            options.count = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--from") == 0)
            options.from = strtoull(value, NULL, 10);
        else if (strcmp(argv[i], "--seed") == 0)
            options.from = strtoull(value, NULL, 10), options.is_single = true;
        else if (strcmp(argv[i], "--events") == 0)
            options.events = (unsigned)strtoul(value, NULL, 10) % EVENTS_MAX;
        else if (strcmp(argv[i], "--jobs") == 0)
            options.jobs = (unsigned)strtoul(value, NULL, 10) % JOBS_MAX;
        else if (strcmp(argv[i], "--without") == 0)
            options.without = value;
        else
            takes_value = false;
        options.is_traced |= strcmp(argv[i], "--trace") == 0;
        options.shrinks |= strcmp(argv[i], "--shrink") == 0;
        i += takes_value;
    }
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    slots = shared(options.jobs + 1 < 2 ? 2 : options.jobs + 1);
    return options.is_single ? run_single(&options) : run_many(&options);
}
