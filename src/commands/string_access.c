/* SPDX-License-Identifier: BSD-3-Clause */
/* Reading and writing strings for commands. */
#include "string_access.h"
#include "base/number.h"
#include "engine/journal.h"
#include "long_edit.h"

struct bytes entry_string(const struct entry *entry, char scratch[static STRING_SCRATCH])
{
    struct value value;
    if (!entry)
        return (struct bytes){0};
    value = entry_value(entry);
    return string_bytes(&value, scratch);
}

struct blob *hold_string(const struct entry *entry)
{
    char scratch[STRING_SCRATCH];
    struct value value = entry_value(entry);
    return value.blob ? blob_ref(value.blob) : blob_of(string_bytes(&value, scratch));
}

bool is_held_string(const struct blob *held, const struct entry *entry)
{
    char scratch[STRING_SCRATCH];
    struct value value;
    if (!held || !entry)
        return !held && !entry;
    if (entry_type(entry) != VALUE_STRING)
        return false;
    value = entry_value(entry);
    return value.blob == held ||
           (!value.blob && bytes_equal(string_bytes(&value, scratch), blob_bytes(held)));
}

void reply_string(struct reply *reply, const struct entry *entry)
{
    if (!entry) {
        reply_null(reply);
        return;
    }
    struct bytes near = entry_near_bytes(entry);
    if (near.data) {
        reply_bulk(reply, near);
        return;
    }
    struct value value = entry_value(entry);
    if (value.encoding == STRING_INT)
        reply_bulk_int(reply, value.integer);
    else
        reply_bulk_blob(reply, value.blob, 0, value.bytes.len);
}

void record_string_now(struct call *call, struct bytes key, struct bytes value, struct deadline deadline)
{
    char digits[NUMBER_I64_SIZE];
    struct bytes argv[5] = {BYTES("SET"), key, value, BYTES("KEEPTTL")};
    int argc = deadline.mode == DEADLINE_KEEP ? 4 : 3;
    if (deadline.mode == DEADLINE_SET) {
        int64_t wall_ms = deadline.at_ms + call->server->clock.wall_offset_ms;
        argv[3] = BYTES("PXAT");
        argv[4] = bytes_make(digits, print_i64(digits, wall_ms));
        argc = 5;
    }
    call_record(call, argc, argv);
}

bool read_float(struct call *call, const struct entry *entry, long double *number)
{
    struct value value;
    *number = 0;
    if (!entry)
        return true;
    value = entry_value(entry);
    if (value.encoding == STRING_INT) {
        *number = (long double)value.integer;
        return true;
    }
    if (parse_long_double(value.bytes, number))
        return true;
    call_error(call, ERR_NOT_FLOAT);
    return false;
}

char *edit_string(struct call *call, struct key key, size_t len)
{
    return own_long_string(call, key, len) ? call_edit_bytes(call, key, len) : NULL;
}

bool resolve_range(int64_t start, int64_t end, uint64_t len, uint64_t *first, uint64_t *last)
{
    int64_t count = (int64_t)len;
    if (start < 0)
        start = start + count < 0 ? 0 : start + count;
    if (end < 0)
        end = end + count < 0 ? 0 : end + count;
    if (end >= count)
        end = count - 1;
    if (start > end)
        return false;
    *first = (uint64_t)start;
    *last = (uint64_t)end;
    return true;
}
