/* SPDX-License-Identifier: BSD-3-Clause */
/* How long the walk of a snapshot rests between two slices. It would else take half of a processor, and the
 * helper thread that it feeds another one. While nobody asks anything it goes on at once; while clients are
 * served it rests, and the more of the loop's processor they need, the longer. */
#ifndef SNAPSHOT_PACE_H
#define SNAPSHOT_PACE_H

#include <stdbool.h>
#include <stdint.h>

struct snapshot_pace {
    uint64_t commands; /* how many had been run at the last slice */
    int64_t begin_us, end_us;
    int64_t end_cpu_us; /* the thread's processor time at the last slice's end */
    bool is_busy;       /* commands have been run since then */
    double load;        /* the part of its time that the thread has worked since then */
};

/* Before a slice, and after it; returns when the next one is due (monotonic), 0: at once. */
void snapshot_pace_begin(struct snapshot_pace *pace, uint64_t commands);
int64_t snapshot_pace_end(struct snapshot_pace *pace);

/* How long to rest after a slice that took `slice_us`. */
int64_t snapshot_pace_rest_us(int64_t slice_us, double load);

#endif
