/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the server stops at its own mistakes. Knows nothing of the rest, so that everything may use it:
 * whoever has more to tell (the crash report) sets the hook. Allocates nothing, since memory may be what ran
 * out. */
#include "base/panic.h"
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void (*panic_hook)(const char *file, int line, const char *message);
static atomic_flag has_panicked = ATOMIC_FLAG_INIT;

void panic_set_hook(void (*hook)(const char *file, int line, const char *message))
{
    panic_hook = hook;
}

static void print_to_stderr(const char *file, int line, const char *message)
{
    char text[1280];
    int len = snprintf(text, sizeof text, "PANIC %s:%d: %s\n", file, line, message);
    if (len >= (int)sizeof text) {
        len = (int)sizeof text - 1;
        text[len - 1] = '\n';
    }
    if (len > 0 && write(STDERR_FILENO, text, (size_t)len) < 0)
        return; /* nobody left to tell */
}

void panic(const char *file, int line, const char *format, ...)
{
    char message[1024];
    va_list args;
    va_start(args, format);
    if (vsnprintf(message, sizeof message, format, args) < 0)
        message[0] = '\0';
    va_end(args);
    print_to_stderr(file, line, message);
    /* A panic inside the hook, or on another thread meanwhile, must not start it again. */
    if (!atomic_flag_test_and_set(&has_panicked) && panic_hook)
        panic_hook(file, line, message);
    abort();
}
