/* SPDX-License-Identifier: BSD-3-Clause */
/* Three clocks: running time, running time and suspensions, the wall's. base/ticks.c is replaced by this
 * object. */
#include "clocks.h"
#include "base/clock.h"
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define BEGIN_NS      INT64_C(1000000000000)
#define BEGIN_WALL_NS INT64_C(1700000000000000000)

static int64_t running_ns, suspended_ns, wall_offset_ns, look_cost_ns;

void clocks_init(int64_t look_ns)
{
    running_ns = BEGIN_NS;
    suspended_ns = 0;
    wall_offset_ns = BEGIN_WALL_NS - BEGIN_NS;
    look_cost_ns = look_ns;
}

int64_t clocks_now_us(void)
{
    return (running_ns + suspended_ns) / 1000;
}

int64_t clocks_wall_ms(void)
{
    return (running_ns + suspended_ns + wall_offset_ns) / 1000000;
}

void clocks_sleep_until_us(int64_t at_us)
{
    int64_t ns = at_us * 1000 - suspended_ns;
    if (ns > running_ns)
        running_ns = ns;
}

void clocks_step_wall_ms(int64_t by_ms)
{
    wall_offset_ns += by_ms * 1000000;
}

void clocks_suspend_ms(int64_t ms)
{
    suspended_ns += ms * 1000000;
}

uint64_t clock_ticks(void)
{
    running_ns += look_cost_ns;
    return (uint64_t)running_ns;
}

double clock_ticks_per_us(void)
{
    return 1000;
}

__typeof__(clock_gettime) __wrap_clock_gettime;
int __wrap_clock_gettime(clockid_t id, struct timespec *now)
{
    running_ns += look_cost_ns;
    int64_t ns = running_ns;
    if (id == CLOCK_BOOTTIME || id == CLOCK_REALTIME)
        ns += suspended_ns;
    if (id == CLOCK_REALTIME)
        ns += wall_offset_ns;
    *now = (struct timespec){(time_t)(ns / 1000000000), (long)(ns % 1000000000)};
    return 0;
}

int __wrap_gettimeofday(struct timeval *now, void *zone);
int __wrap_gettimeofday(struct timeval *now, void *zone)
{
    struct timespec at;
    (void)zone;
    (void)__wrap_clock_gettime(CLOCK_REALTIME, &at);
    *now = (struct timeval){at.tv_sec, (suseconds_t)(at.tv_nsec / 1000)};
    return 0;
}

/* Who isn't asleep works. */
int __wrap_getrusage(int who, struct rusage *usage);
int __wrap_getrusage(int who, struct rusage *usage)
{
    int64_t us = (running_ns - BEGIN_NS) / 1000;
    (void)who;
    *usage = (struct rusage){.ru_utime = {us / 1000000, us % 1000000}};
    return 0;
}

__typeof__(time) __wrap_time;
time_t __wrap_time(time_t *now)
{
    time_t seconds = (time_t)(clocks_wall_ms() / 1000);
    if (now)
        *now = seconds;
    return seconds;
}

__typeof__(nanosleep) __wrap_nanosleep;
int __wrap_nanosleep(const struct timespec *wanted, struct timespec *left)
{
    (void)left;
    running_ns += wanted->tv_sec * INT64_C(1000000000) + wanted->tv_nsec;
    return 0;
}

__typeof__(getpid) __wrap_getpid;
pid_t __wrap_getpid(void)
{
    return 4711;
}
