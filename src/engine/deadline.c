/* SPDX-License-Identifier: BSD-3-Clause */
/* Deadlines from clients. Limits are checked on the wall-clock time, since that is what clients see refused;
 * only then is the time moved to the monotonic clock, where the far ends of the range are clamped instead of
 * wrapping around. */
#include "engine/deadline.h"
#include "engine/server.h"

static bool refuse(struct call *call)
{
    call_error_format(call, "ERR invalid expire time in '%s' command", call->command->full_name);
    return false;
}

/* NO_DEADLINE is no time, so the earliest one lies a millisecond behind it. */
static int64_t monotonic_of_wall(const struct clock *clock, int64_t wall_ms)
{
    int64_t mono_ms;
    if (__builtin_sub_overflow(wall_ms, clock->wall_offset_ms, &mono_ms))
        return clock->wall_offset_ms > 0 ? NO_DEADLINE + 1 : INT64_MAX;
    return mono_ms == NO_DEADLINE ? NO_DEADLINE + 1 : mono_ms;
}

bool call_deadline(struct call *call, int64_t value, enum deadline_unit unit, bool is_absolute,
                   struct deadline *out)
{
    const struct clock *clock = &call->server->clock;
    int64_t wall_ms = value;
    if (unit == DEADLINE_SECONDS && __builtin_mul_overflow(value, 1000, &wall_ms))
        return refuse(call);
    if (!is_absolute && __builtin_add_overflow(wall_ms, clock->mono_ms + clock->wall_offset_ms, &wall_ms))
        return refuse(call);
    *out = (struct deadline){.mode = DEADLINE_SET, .at_ms = monotonic_of_wall(clock, wall_ms)};
    return true;
}

bool call_deadline_argument(struct call *call, int index, enum deadline_unit unit, bool is_absolute,
                            struct deadline *out)
{
    int64_t value;
    if (!call_int(call, index, &value))
        return false;
    if (value <= 0)
        return refuse(call);
    return call_deadline(call, value, unit, is_absolute, out);
}

bool deadline_is_past(const struct call *call, struct deadline deadline)
{
    return deadline.at_ms <= call->server->clock.mono_ms;
}
