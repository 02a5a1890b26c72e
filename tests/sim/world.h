/* SPDX-License-Identifier: BSD-3-Clause */
/* What a seed has decided about the world, and how its parts report. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include <stdbool.h>
#include <stdint.h>

/* In so many of a thousand cases. */
struct faults {
    bool are_on;
    unsigned short_write, reset, half_close, accept, disk_full, disk_error, sync_lies, slow_sync, locked,
        memory;
    unsigned late_job, very_late_job; /* helpers */
    unsigned wall_step, suspension, kill, power_cut;
    unsigned slow_script; /* where it may be made to stand still */
};

extern struct faults faults;

/* The run ends here: something isn't as it must be. */
void world_fail(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* A line of the trace: shown by --trace, hashed always. */
void trace(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
