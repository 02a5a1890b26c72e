/* SPDX-License-Identifier: BSD-3-Clause */
/* What is logged meanwhile, to be looked at. */
#ifndef SUPPORT_LOG_COPY_H
#define SUPPORT_LOG_COPY_H

#include <stdbool.h>

/* From now on lines go into a file, from `notice` on; until log_copy_end, which a test calls that passes. */
void log_copy_begin(void);
/* Whether they have this text so far. */
bool log_copy_has(const char *text);
/* Lines go to stdout again. */
void log_copy_end(void);

#endif
