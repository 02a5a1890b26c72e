/* SPDX-License-Identifier: BSD-3-Clause */
/* Our own mistakes end here. What a client, a peer or a disk sent is never asserted on. */
#ifndef BASE_PANIC_H
#define BASE_PANIC_H

#include <stddef.h>

/* Always compiled in. */
#define ASSERT(condition) ((condition) ? (void)0 : panic(__FILE__, __LINE__, "%s", #condition))

#define PANIC(...)        panic(__FILE__, __LINE__, __VA_ARGS__)

/* Reports, runs the hook, aborts. */
void panic(const char *file, int line, const char *format, ...)
    __attribute__((noreturn, cold, format(printf, 3, 4)));

/* Runs once before the process aborts (the crash report). */
void panic_set_hook(void (*hook)(const char *file, int line, const char *message));

#endif
