/* SPDX-License-Identifier: BSD-3-Clause */
/* Timeouts as arguments. The bound is the one of wall-clock milliseconds in 64 bits, as in Redis. */
#include "timeout.h"
#include "base/number.h"
#include "engine/server.h"
#include <math.h>

bool call_timeout_ms(struct call *call, int index, int64_t *at_ms)
{
    const struct clock *clock = &call->server->clock;
    int64_t timeout_ms, wall_ms;
    if (!parse_i64(call->argv[index], &timeout_ms)) {
        call_error_format(call, "ERR timeout is not an integer or out of range");
        return false;
    }
    if (timeout_ms < 0) {
        call_error_format(call, "ERR timeout is negative");
        return false;
    }
    if (__builtin_add_overflow(timeout_ms, clock->wall_ms, &wall_ms)) {
        call_error_format(call, "ERR timeout is out of range");
        return false;
    }
    *at_ms = timeout_ms == 0 ? INT64_MAX : clock->mono_ms + timeout_ms;
    return true;
}

bool call_timeout_seconds(struct call *call, int index, int64_t *at_ms)
{
    const struct clock *clock = &call->server->clock;
    long double seconds;
    if (!parse_long_double(call->argv[index], &seconds)) {
        call_error_format(call, "ERR timeout is not a float or out of range");
        return false;
    }
    long double timeout_ms = ceill(seconds * 1000);
    if (timeout_ms < 0) {
        call_error_format(call, "ERR timeout is negative");
        return false;
    }
    if (timeout_ms > (long double)(INT64_MAX - clock->wall_ms)) {
        call_error_format(call, "ERR timeout is out of range");
        return false;
    }
    *at_ms = timeout_ms == 0 ? INT64_MAX : clock->mono_ms + (int64_t)timeout_ms;
    return true;
}
