/* SPDX-License-Identifier: BSD-3-Clause */
#include "hyperloglog_access.h"
#include "engine/edit.h"
#include "string_access.h"

/* Its bytes; false, having replied, when it is no string. */
static bool string_in(struct call *call, const struct entry *entry, struct bytes *bytes)
{
    struct value value = entry_value(entry);
    if (value.type != VALUE_STRING) {
        call_error(call, ERR_WRONG_TYPE);
        return false;
    }
    /* A number is none. */
    *bytes = value.encoding == STRING_INT ? BYTES("") : value.bytes;
    return true;
}

static bool or_error(struct call *call, enum hll_state state)
{
    if (state == HLL_DAMAGED)
        call_error_format(call, "INVALIDOBJ Corrupted HLL object detected");
    else if (state != HLL_RIGHT)
        call_error_format(call, "WRONGTYPE Key is not a valid HyperLogLog string value.");
    return state == HLL_RIGHT;
}

bool read_hll(struct call *call, const struct entry *entry, struct bytes *hll)
{
    return string_in(call, entry, hll) && or_error(call, hll_check(*hll));
}

bool find_in_hll(struct call *call, const struct entry *entry, unsigned index, struct bytes *hll,
                 struct hll_place *place)
{
    if (!string_in(call, entry, hll))
        return false;
    if (entry_is_hll(entry))
        return or_error(call, hll_find_again(*hll, index, place));
    if (!or_error(call, hll_find(*hll, index, place)))
        return false;
    keyspace_found_hll(entry);
    return true;
}

bool put_hll(struct call *call, struct key key, struct bytes hll, unsigned event_class, const char *event)
{
    static const struct deadline kept = {.mode = DEADLINE_KEEP};
    struct value value = string_value_text(hll);
    if (hll.len > INLINE_VALUE_MAX) {
        struct blob *blob = blob_try_of(hll);
        if (!blob) {
            call_error(call, ERR_OUT_OF_MEMORY);
            return false;
        }
        value = string_value_blob(blob);
    }
    value.encoding = STRING_RAW;
    call_set(call, key, value, kept, event_class, event);
    return true;
}
