/* SPDX-License-Identifier: BSD-3-Clause */
/* The load is measured from the end of one slice to the beginning of the next, so that the walk itself
 * doesn't count. */
#include "snapshot_pace.h"
#include "base/clock.h"

/* Rests are so many times as long as the slice before them: with hardly anything to do besides, and at full
 * load. */
#define REST_MIN 6
#define REST_MAX 32

static double load_since(const struct snapshot_pace *pace)
{
    int64_t passed_us = pace->begin_us - pace->end_us;
    int64_t worked_us = clock_thread_cpu_us() - pace->end_cpu_us;
    if (passed_us <= 0 || worked_us >= passed_us)
        return 1;
    return (double)worked_us / (double)passed_us;
}

void snapshot_pace_begin(struct snapshot_pace *pace, uint64_t commands)
{
    pace->begin_us = clock_mono_us();
    pace->is_busy = commands != pace->commands;
    pace->commands = commands;
    pace->load = pace->is_busy ? load_since(pace) : 0;
}

int64_t snapshot_pace_rest_us(int64_t slice_us, double load)
{
    return (int64_t)((double)slice_us * (REST_MIN + (REST_MAX - REST_MIN) * load));
}

int64_t snapshot_pace_end(struct snapshot_pace *pace)
{
    pace->end_us = clock_mono_us();
    pace->end_cpu_us = clock_thread_cpu_us();
    return pace->is_busy ? pace->end_us + snapshot_pace_rest_us(pace->end_us - pace->begin_us, pace->load)
                         : 0;
}
