/* SPDX-License-Identifier: BSD-3-Clause */
/* The clocks. Two readings taken one after the other differ by some microseconds, so the distance between the
 * wall and the monotonic clock jitters around a millisecond's edge; `wall_offset_ms` follows only real
 * steps. */
#include "base/clock.h"
#include <time.h>

enum { STEP_MS = 2 };

static int64_t read_ns(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t clock_mono_us(void)
{
    return read_ns(CLOCK_BOOTTIME) / 1000;
}

int64_t clock_wall_us(void)
{
    return read_ns(CLOCK_REALTIME) / 1000;
}

int64_t clock_thread_cpu_us(void)
{
    return read_ns(CLOCK_THREAD_CPUTIME_ID) / 1000;
}

/* What the offset would be if it were set anew. */
static int64_t read_wall_offset_ms(const struct clock *clock)
{
    return clock_wall_us() / 1000 - clock->mono_ms;
}

static void read_mono(struct clock *clock)
{
    clock->mono_us = clock_mono_us();
    clock->mono_ms = clock->mono_us / 1000;
    clock->stale_ticks = clock_ticks() + (uint64_t)(clock_ticks_per_us() * 1000);
}

void clock_init(struct clock *clock)
{
    clock->is_manual = false;
    read_mono(clock);
    clock->wall_offset_ms = read_wall_offset_ms(clock);
    clock->wall_ms = clock->mono_ms + clock->wall_offset_ms;
}

void clock_update(struct clock *clock)
{
    if (clock->is_manual)
        return;
    read_mono(clock);
    int64_t offset_ms = read_wall_offset_ms(clock);
    int64_t moved_ms = offset_ms - clock->wall_offset_ms;
    if (moved_ms > STEP_MS || moved_ms < -STEP_MS)
        clock->wall_offset_ms = offset_ms;
    clock->wall_ms = clock->mono_ms + clock->wall_offset_ms;
}
