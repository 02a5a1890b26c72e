/* SPDX-License-Identifier: BSD-3-Clause */
/* How long a client, or all of them, are to wait. */
#ifndef COMMANDS_TIMEOUT_H
#define COMMANDS_TIMEOUT_H

#include "engine/call.h"

/* When the milliseconds of argv[index] will be over, counted from now: monotonic, INT64_MAX for 0. False,
 * having replied, when they are none. */
bool call_timeout_ms(struct call *call, int index, int64_t *at_ms);
/* The same for seconds, which may have a fraction; part of a millisecond counts as a whole one. */
bool call_timeout_seconds(struct call *call, int index, int64_t *at_ms);

#endif
