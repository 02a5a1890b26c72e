/* SPDX-License-Identifier: BSD-3-Clause */
/* Arguments as numbers and words. */
#include "base/number.h"
#include "engine/call.h"
#include "engine/server.h"

bool call_int(struct call *call, int index, int64_t *out)
{
    if (parse_i64(call->argv[index], out))
        return true;
    call_error(call, ERR_NOT_INTEGER);
    return false;
}

bool call_int_in(struct call *call, int index, int64_t min, int64_t max, int64_t *out)
{
    if (!call_int(call, index, out))
        return false;
    if (*out >= min && *out <= max)
        return true;
    call_error_format(call, "ERR value is out of range, value must between %lld and %lld", (long long)min,
                      (long long)max);
    return false;
}

bool call_double(struct call *call, int index, double *out)
{
    if (parse_double(call->argv[index], out))
        return true;
    call_error(call, ERR_NOT_FLOAT);
    return false;
}

bool call_long_double(struct call *call, int index, long double *out)
{
    if (parse_long_double(call->argv[index], out))
        return true;
    call_error(call, ERR_NOT_FLOAT);
    return false;
}

bool call_arg_is(const struct call *call, int index, const char *word)
{
    return index < call->argc && bytes_is_nocase(call->argv[index], word);
}

bool call_length_ok(struct call *call, uint64_t length)
{
    if (length <= (uint64_t)call->server->config->proto_max_bulk_len)
        return true;
    call_error(call, ERR_STRING_TOO_LONG);
    return false;
}
