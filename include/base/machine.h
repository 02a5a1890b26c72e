/* SPDX-License-Identifier: BSD-3-Clause */
/* What there is to run on. */
#ifndef BASE_MACHINE_H
#define BASE_MACHINE_H

#include <stddef.h>

/* Bytes of memory that this process may use: the machine's, or less if its control group, or one above it,
 * may use less. */
size_t machine_memory(void);

/* The least memory limit of the control groups that the file at `list` (as /proc/self/cgroup) names, whose
 * directories lie below `mount`; SIZE_MAX when there is none. */
size_t machine_group_limit(const char *list, const char *mount);

#endif
