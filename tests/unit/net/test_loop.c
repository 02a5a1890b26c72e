/* SPDX-License-Identifier: BSD-3-Clause */
/* What the loop collects, and when it stops waiting. */
#include "base/clock.h"
#include "net/loop.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

static struct loop *loop;

static int set_up(void **state)
{
    (void)state;
    loop = loop_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

static void count_call(void *context)
{
    ++*(int *)context;
}

static void the_method_is_epoll(void **state)
{
    (void)state;
    assert_string_equal(loop_method(loop), "epoll");
}

static void a_wait_ends_in_time(void **state)
{
    int64_t start = clock_mono_us();
    (void)state;
    loop_wait(loop, 0);
    loop_wait(loop, 20000);
    assert_true(clock_mono_us() - start >= 19000);
}

static void a_wake_ends_the_wait(void **state)
{
    (void)state;
    loop_wake(loop);
    loop_wake(loop);
    loop_wait(loop, -1);
    /* And is forgotten then. */
    loop_wait(loop, 1000);
}

static void wake_from_handler(int number)
{
    (void)number;
    loop_wake(loop);
}

static void a_signal_handler_can_wake(void **state)
{
    struct sigaction action = {.sa_handler = wake_from_handler}, before;
    struct itimerval timer = {.it_value = {0, 5000}};
    (void)state;
    assert_int_equal(sigaction(SIGALRM, &action, &before), 0);
    assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
    loop_wait(loop, -1);
    assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
}

static void a_watch_is_called_while_readable(void **state)
{
    int fd = eventfd(0, EFD_NONBLOCK);
    uint64_t one = 1;
    int calls = 0;
    struct loop_watch *watch = loop_watch(loop, fd, count_call, &calls);
    (void)state;
    assert_non_null(watch);
    loop_wait(loop, 0);
    assert_int_equal(calls, 0);
    assert_int_equal(write(fd, &one, sizeof one), sizeof one);
    loop_wait(loop, -1);
    assert_int_equal(calls, 1);
    loop_wait(loop, -1);
    assert_int_equal(calls, 2);
    loop_unwatch(watch);
    loop_wait(loop, 0);
    assert_int_equal(calls, 2);
    (void)close(fd);
}

static void a_descriptor_that_cant_be_watched_is_refused(void **state)
{
    int calls = 0;
    (void)state;
    assert_null(loop_watch(loop, 9999, count_call, &calls));
}

static void a_shorter_wait_after_a_longer_one_is_short(void **state)
{
    int64_t start = clock_mono_us();
    (void)state;
    loop_wake(loop);
    loop_wait(loop, 60 * 1000000);
    loop_wait(loop, 1000);
    assert_true(clock_mono_us() - start < 30 * 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(the_method_is_epoll),
        TEST(a_wait_ends_in_time),
        TEST(a_wake_ends_the_wait),
        TEST(a_signal_handler_can_wake),
        TEST(a_watch_is_called_while_readable),
        TEST(a_descriptor_that_cant_be_watched_is_refused),
        TEST(a_shorter_wait_after_a_longer_one_is_short),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
