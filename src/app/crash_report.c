/* SPDX-License-Identifier: BSD-3-Clause */
/* Written from the handler of a deadly signal, on a stack of its own: no memory is taken, no lock, nothing is
 * printed but numbers and fixed texts. Each part goes out as soon as it is known, the certain ones first, so
 * that a report that dies on the way is still of use. There is only one: a second signal has its default
 * effect. */
#include "crash_report.h"
#include "base/alloc.h"
#include "base/log.h"
#include "base/number.h"
#include "base/panic.h"
#include "daemon.h"
#include "version.h"
#include <execinfo.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum { FRAME_COUNT_MAX = 100, STACK_SIZE = 64 * 1024 };

static const struct {
    int signal;
    const char *name;
} deadly[] = {
    {SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGFPE, "SIGFPE"}, {SIGILL, "SIGILL"}, {SIGABRT, "SIGABRT"},
};

static const struct server *subject;
static atomic_flag has_reported = ATOMIC_FLAG_INIT;
static stack_t stack;

/* ---- a line ---- */

/* What doesn't fit is cut. */
struct line {
    size_t len;
    char text[512];
};

static void add(struct line *line, const char *text)
{
    while (*text != '\0' && line->len < sizeof line->text - 1)
        line->text[line->len++] = *text++;
}

static void add_number(struct line *line, int64_t number)
{
    char digits[32];
    digits[print_i64(digits, number)] = '\0';
    add(line, digits);
}

static void add_address(struct line *line, uintptr_t address)
{
    char digits[2 * sizeof address + 1];
    size_t at = sizeof digits - 1;
    digits[at] = '\0';
    do
        digits[--at] = "0123456789abcdef"[address % 16];
    while ((address /= 16) != 0);
    add(line, "0x");
    add(line, digits + at);
}

/* Sends it to the log, and empties it. */
static void end_line(struct line *line)
{
    line->text[line->len++] = '\n';
    log_raw_from_handler(bytes_make(line->text, line->len));
    line->len = 0;
}

static void write_line(const char *text)
{
    struct line line = {0};
    add(&line, text);
    end_line(&line);
}

static void write_fact(const char *name, int64_t number)
{
    struct line line = {0};
    add(&line, name);
    add(&line, ":");
    add_number(&line, number);
    end_line(&line);
}

/* ---- the parts ---- */

static void write_head(void)
{
    struct line line = {0};
    end_line(&line);
    add(&line, "=== SESSIOND CRASH REPORT START: it names no keys and no values ===");
    end_line(&line);
    add(&line, "sessiond version=" SESSIOND_VERSION ", redis=" REDIS_VERSION ", commit=");
    add(&line, version_commit);
    add(&line, ", pid=");
    add_number(&line, getpid());
    add(&line, ", time=");
    add_number(&line, time(NULL));
    end_line(&line);
}

static const char *signal_name(int signal)
{
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
        if (deadly[i].signal == signal)
            return deadly[i].name;
    return "unknown";
}

static uintptr_t instruction_of(const void *context)
{
    const ucontext_t *user = context;
#if defined(__x86_64__)
    return (uintptr_t)user->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (uintptr_t)user->uc_mcontext.pc;
#else
    (void)user;
    return 0;
#endif
}

/* Codes up to 0 are signals that a process sent; the others are the processor's. */
static void write_signal(int signal, const siginfo_t *info, const void *context)
{
    struct line line = {0};
    add(&line, "crashed by signal: ");
    add_number(&line, signal);
    add(&line, " (");
    add(&line, signal_name(signal));
    add(&line, "), si_code: ");
    add_number(&line, info->si_code);
    end_line(&line);
    if (info->si_code <= 0) {
        add(&line, "Sent by process ");
        add_number(&line, info->si_pid);
        add(&line, " of user ");
        add_number(&line, (int64_t)info->si_uid);
    } else {
        add(&line, "Accessing address: ");
        add_address(&line, (uintptr_t)info->si_addr);
    }
    end_line(&line);
    add(&line, "At instruction: ");
    add_address(&line, instruction_of(context));
    end_line(&line);
}

static void write_panic(const char *file, int number, const char *message)
{
    struct line line = {0};
    write_line("=== ASSERTION FAILED ===");
    add(&line, "==> ");
    add(&line, file);
    add(&line, ":");
    add_number(&line, number);
    add(&line, " '");
    add(&line, message);
    add(&line, "'");
    end_line(&line);
}

/* `addr2line -e` finds the source lines of what stands in parentheses. */
static void write_backtrace(void)
{
    void *frames[FRAME_COUNT_MAX];
    int count = backtrace(frames, FRAME_COUNT_MAX);
    int fd = log_descriptor_from_handler();
    write_line("------ STACK TRACE ------");
    if (fd < 0)
        return;
    backtrace_symbols_fd(frames, count, fd);
    if (fd > STDERR_FILENO)
        (void)close(fd);
}

/* The server's thread may be anywhere: these are read as they are, and only what is not behind many
 * pointers. */
static void write_state(const struct server *server)
{
    write_line("------ STATE ------");
    write_fact("uptime_in_seconds", (server->clock.mono_ms - server->start_mono_ms) / 1000);
    write_fact("used_memory", (int64_t)mem_used());
    write_fact("maxmemory", server->config->maxmemory);
    write_fact("connected_clients", (int64_t)server->client_count);
    write_fact("blocked_clients", (int64_t)server->blocked_count);
    write_fact("ticks", (int64_t)server->counters.ticks);
    write_fact("is_loading", server->status.is_loading);
    write_fact("is_shutting_down", server->is_shutting_down);
    if (server->current_command) {
        struct line line = {0};
        add(&line, "current_command:");
        add(&line, server->current_command->row->name);
        end_line(&line);
    }
}

static void write_rest(void)
{
    write_backtrace();
    if (subject)
        write_state(subject);
    write_line("=== SESSIOND CRASH REPORT END ===");
}

/* ---- when ---- */

static void on_deadly(int signal, siginfo_t *info, void *context)
{
    if (!atomic_flag_test_and_set(&has_reported)) {
        write_head();
        write_signal(signal, info, context);
        write_rest();
        pidfile_remove();
    }
    /* SA_RESETHAND has brought the default effect back. */
    (void)raise(signal);
}

/* The abort that follows is reported no more. */
static void on_panic(const char *file, int line, const char *message)
{
    if (atomic_flag_test_and_set(&has_reported))
        return;
    write_head();
    write_panic(file, line, message);
    write_rest();
    pidfile_remove();
}

/* A stack that overflowed can't hold the report. */
static void make_stack(void)
{
    if (stack.ss_sp)
        return;
    void *memory = mmap(NULL, STACK_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return;
    stack = (stack_t){.ss_sp = memory, .ss_size = STACK_SIZE};
    (void)sigaltstack(&stack, NULL);
}

/* Its first call loads a library. */
static void prepare_backtrace(void)
{
    void *frame;
    (void)backtrace(&frame, 1);
}

static void handle(bool is_reporting)
{
    struct sigaction action = {0};
    (void)sigemptyset(&action.sa_mask);
    if (is_reporting) {
        action.sa_sigaction = on_deadly;
        action.sa_flags = (int)(SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_NODEFER);
    } else {
        action.sa_handler = SIG_DFL;
    }
    for (size_t i = 0; i < sizeof deadly / sizeof deadly[0]; i++)
        (void)sigaction(deadly[i].signal, &action, NULL);
}

void crash_report_about(const struct server *server)
{
    subject = server;
}

void crash_report_forget(void)
{
    subject = NULL;
}

bool crash_report_apply(void *context, struct error *error)
{
    const struct config *config = context;
    (void)error;
    if (config->crash_log_enabled) {
        make_stack();
        prepare_backtrace();
    }
    handle(config->crash_log_enabled);
    panic_set_hook(config->crash_log_enabled ? on_panic : NULL);
    return true;
}
