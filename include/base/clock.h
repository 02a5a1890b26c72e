/* SPDX-License-Identifier: BSD-3-Clause */
/* Two clocks. The monotonic one (boot time: it counts suspension and never steps) carries deadlines and
 * timeouts; the wall clock is only for what users see. `struct clock` is read once a tick, and within a long
 * one whenever a millisecond has passed between two commands; tests set it by hand. */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct clock {
    int64_t mono_us; /* monotonic, now */
    int64_t mono_ms; /* the same in milliseconds */
    int64_t wall_ms; /* wall clock in step with mono_ms: mono_ms + wall_offset_ms */

    /* Changes only when the wall clock moved by over 2 ms against the monotonic one, so that a deadline given
     * as a wall-clock time is read back unchanged. */
    int64_t wall_offset_ms;
    bool is_manual; /* set by tests: clock_update leaves it alone */

    uint64_t stale_ticks; /* clock_ticks when the reading is a millisecond old */
};

/* Reads both clocks. */
void clock_init(struct clock *clock);
void clock_update(struct clock *clock);

/* The clocks themselves, for durations and for files. */
int64_t clock_mono_us(void);
int64_t clock_wall_us(void);
/* Processor time that the calling thread has used. */
int64_t clock_thread_cpu_us(void);

/* A counter of about clock-cycle grain, and how many of its ticks make a microsecond: what times every
 * command. */
uint64_t clock_ticks(void);
double clock_ticks_per_us(void);

/* Updates the clock when its reading is a millisecond old; `now_ticks` was just read from clock_ticks. */
static inline void clock_follow(struct clock *clock, uint64_t now_ticks)
{
    if (now_ticks >= clock->stale_ticks)
        clock_update(clock);
}

#endif
