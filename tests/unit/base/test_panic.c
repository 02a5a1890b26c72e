/* SPDX-License-Identifier: BSD-3-Clause */
/* Panics end the process after telling the hook, so each is tried in a child. */
#include "base/panic.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void hook_that_reports(const char *file, int line, const char *message)
{
    char text[64];
    (void)file;
    (void)line;
    memset(text, 0, sizeof text);
    strncpy(text, message, sizeof text - 1);
    (void)!write(STDERR_FILENO, "hook: ", 6);
    (void)!write(STDERR_FILENO, text, strlen(text));
}

static void hook_that_panics(const char *file, int line, const char *message)
{
    hook_that_reports(file, line, message);
    PANIC("again");
}

static int three = 3;

static void fail_an_assertion(void)
{
    ASSERT(three == 3);
    ASSERT(three == 4);
}

static void fail_at_length(void)
{
    PANIC("%02000d", 1);
}

/* Runs `action` in a child, whose stderr lands in `output`; true when it died of SIGABRT. */
static int aborts(void (*action)(void), void (*hook)(const char *, int, const char *), char *output,
                  size_t size)
{
    int ends[2], status;
    size_t len = 0;
    ssize_t got;
    pid_t child;
    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        panic_set_hook(hook);
        action();
        _exit(0);
    }
    close(ends[1]);
    while ((got = read(ends[0], output + len, size - 1 - len)) > 0)
        len += (size_t)got;
    output[len] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

static void an_assertion_names_itself_and_its_place(void **state)
{
    char output[4096];
    (void)state;
    assert_true(aborts(fail_an_assertion, NULL, output, sizeof output));
    assert_non_null(strstr(output, "test_panic.c:"));
    assert_non_null(strstr(output, ": three == 4\n"));
    assert_null(strstr(output, "three == 3"));
}

static void the_hook_runs_once(void **state)
{
    char output[4096];
    (void)state;
    assert_true(aborts(fail_an_assertion, hook_that_panics, output, sizeof output));
    assert_non_null(strstr(output, "hook: three == 4"));
    assert_null(strstr(output, "hook: again"));
    assert_non_null(strstr(output, ": again\n"));
}

static void a_long_message_is_cut(void **state)
{
    char output[4096];
    (void)state;
    assert_true(aborts(fail_at_length, hook_that_reports, output, sizeof output));
    assert_non_null(strstr(output, "00000000\nhook: 000"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_assertion_names_itself_and_its_place),
        cmocka_unit_test(the_hook_runs_once),
        cmocka_unit_test(a_long_message_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
