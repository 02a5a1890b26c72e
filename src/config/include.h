/* SPDX-License-Identifier: BSD-3-Clause */
/* Which files a line `include` means: whoever loads a configuration and whoever rewrites it must agree. */
#ifndef CONFIG_INCLUDE_H
#define CONFIG_INCLUDE_H

#include "base/bytes.h"

enum {
    INCLUDE_DEPTH_MAX = 16, /* of files within files */
    INCLUDE_COUNT_MAX = 1000,
    CONFIG_FILE_SIZE_MAX = 16 * 1024 * 1024, /* a device or a log in place of a configuration */
};

typedef void include_visitor(void *context, const char *path);

/* Calls `visit` with the path of each file that a name or pattern means, in their order. A pattern that
 * matches nothing is no error: directories such as conf.d may be empty. Names are relative to `directory`;
 * NULL: to the working directory. */
void include_each(const char *directory, struct bytes name, include_visitor *visit, void *context);

#endif
