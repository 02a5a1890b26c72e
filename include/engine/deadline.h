/* SPDX-License-Identifier: BSD-3-Clause */
/* From what a client says about a key's end (in 10 seconds, at this wall-clock time) to the monotonic
 * deadline that a keyspace takes: the one place where the two times meet on their way in. */
#ifndef ENGINE_DEADLINE_H
#define ENGINE_DEADLINE_H

#include "engine/call.h"

enum deadline_unit { DEADLINE_SECONDS, DEADLINE_MILLISECONDS };

/* The deadline that `value` means: counted from now, or, absolute, from 1970. It may lie in the past. False,
 * having replied "invalid expire time", when it can't be told in 64 bits of milliseconds since 1970. */
bool call_deadline(struct call *call, int64_t value, enum deadline_unit unit, bool is_absolute,
                   struct deadline *out);

/* The same from argv[index], which must be positive: the rule of SET, SETEX, GETEX. */
bool call_deadline_argument(struct call *call, int index, enum deadline_unit unit, bool is_absolute,
                            struct deadline *out);

/* True when it has passed, so that who sets it may as well remove the key. */
bool deadline_is_past(const struct call *call, struct deadline deadline);

#endif
