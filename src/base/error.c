/* SPDX-License-Identifier: BSD-3-Clause */
/* Texts for people. Always terminated, never longer than the struct. */
#include "base/error.h"
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

static __attribute__((format(printf, 3, 0))) void print(char *text, size_t size, const char *format,
                                                        va_list args)
{
    if (vsnprintf(text, size, format, args) < 0)
        text[0] = '\0';
}

void error_set(struct error *error, const char *format, ...)
{
    /* The old text may be among the arguments. */
    struct error made;
    va_list args;

    if (!error)
        return;
    va_start(args, format);
    print(made.text, sizeof made.text, format, args);
    va_end(args);
    *error = made;
}

void error_prefix(struct error *error, const char *format, ...)
{
    char prefix[256];
    va_list args;
    if (!error)
        return;
    va_start(args, format);
    print(prefix, sizeof prefix, format, args);
    va_end(args);
    error_set(error, "%s: %s", prefix, error->text);
}
