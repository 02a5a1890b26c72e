/* SPDX-License-Identifier: BSD-3-Clause */
#include "hyperloglog_access.h"
#include "engine/edit.h"
#include "string_access.h"

bool read_hll(struct call *call, const struct entry *entry, struct bytes *hll)
{
    struct hll_place place;
    return find_in_hll(call, entry, 0, hll, &place);
}

bool find_in_hll(struct call *call, const struct entry *entry, unsigned index, struct bytes *hll,
                 struct hll_place *place)
{
    struct value value = entry_value(entry);
    if (value.type != VALUE_STRING) {
        call_error(call, ERR_WRONG_TYPE);
        return false;
    }
    /* A number is none. */
    *hll = value.encoding == STRING_INT ? BYTES("") : value.bytes;
    switch (hll_find(*hll, index, place)) {
    case HLL_RIGHT:
        return true;
    case HLL_DAMAGED:
        call_error_format(call, "INVALIDOBJ Corrupted HLL object detected");
        return false;
    default:
        call_error_format(call, "WRONGTYPE Key is not a valid HyperLogLog string value.");
        return false;
    }
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
