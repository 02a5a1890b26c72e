/* SPDX-License-Identifier: BSD-3-Clause */
/* The processor's counter. Its own file: no system call stands between it and whoever asks, so that only
 * another object can take its place. */
#include "base/clock.h"
#include <pthread.h>
#include <time.h>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

enum { CALIBRATION_NS = 4000000 };

static int64_t monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

uint64_t clock_ticks(void)
{
#if defined(__x86_64__)
    return __rdtsc();
#elif defined(__aarch64__)
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
    return ticks;
#else
    return (uint64_t)monotonic_ns();
#endif
}

static double ticks_per_us;

/* Spins for a few milliseconds, once: no system call tells the counter's rate everywhere. */
static void calibrate(void)
{
    int64_t start_ns = monotonic_ns(), now_ns;
    uint64_t start_ticks = clock_ticks(), now_ticks;
    do {
        now_ns = monotonic_ns();
        now_ticks = clock_ticks();
    } while (now_ns - start_ns < CALIBRATION_NS);
    ticks_per_us = (double)(now_ticks - start_ticks) * 1000.0 / (double)(now_ns - start_ns);
}

double clock_ticks_per_us(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, calibrate);
    return ticks_per_us;
}
