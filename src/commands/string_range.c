/* SPDX-License-Identifier: BSD-3-Clause */
/* Strings read and written in part. How long a string would become is checked before room is made for it. */
#include "commands/families.h"
#include "engine/edit.h"
#include "string_access.h"

static void cmd_strlen(struct call *call)
{
    const struct entry *entry;
    struct value value;
    if (!call_find_string(call, call_key(call, 1), &entry))
        return;
    if (!entry) {
        reply_int(call->reply, 0);
        return;
    }
    value = entry_value(entry);
    reply_int(call->reply, (int64_t)string_length(&value));
}

static void append_to(struct call *call, struct key key, const struct entry *entry)
{
    struct value old = entry_value(entry);
    struct bytes more = call->argv[2];
    size_t old_len = string_length(&old);
    char *bytes;
    if (!call_length_ok(call, (uint64_t)old_len + more.len))
        return;
    bytes = edit_string(call, key, old_len + more.len);
    if (!bytes)
        return;
    if (more.len > 0)
        memcpy(bytes + old_len, more.data, more.len);
    call_bytes_edited(call, key, false, "append");
    reply_int(call->reply, (int64_t)(old_len + more.len));
}

static void cmd_append(struct call *call)
{
    struct key key = call_key(call, 1);
    const struct entry *entry;
    struct value value;
    size_t len = call->argv[2].len;
    if (!call_string_to_edit(call, key, &entry))
        return;
    if (entry) {
        append_to(call, key, entry);
        return;
    }
    if (!call_string_value(call, 2, &value))
        return;
    call_set(call, key, value, (struct deadline){.mode = DEADLINE_NONE}, EVENT_STRING, "append");
    reply_int(call->reply, (int64_t)len);
}

static void cmd_setrange(struct call *call)
{
    struct key key = call_key(call, 1);
    struct bytes patch = call->argv[3];
    const struct entry *entry;
    size_t len = 0, end;
    int64_t offset;
    char *bytes;
    if (!call_int(call, 2, &offset))
        return;
    if (offset < 0) {
        call_error_format(call, "ERR offset is out of range");
        return;
    }
    if (!call_string_to_edit(call, key, &entry))
        return;
    if (entry) {
        struct value value = entry_value(entry);
        len = string_length(&value);
    }
    if (patch.len == 0) {
        reply_int(call->reply, (int64_t)len);
        return;
    }
    if (!call_length_ok(call, (uint64_t)offset + patch.len))
        return;

    end = (size_t)offset + patch.len;
    len = end > len ? end : len;
    bytes = edit_string(call, key, len);
    if (!bytes)
        return;
    memcpy(bytes + offset, patch.data, patch.len);
    call_bytes_edited(call, key, !entry, "setrange");
    reply_int(call->reply, (int64_t)len);
}

static void cmd_getrange(struct call *call)
{
    const struct entry *entry;
    char scratch[STRING_SCRATCH];
    struct value value;
    struct bytes bytes;
    int64_t start, end;
    uint64_t first, last;
    if (!call_int(call, 2, &start) || !call_int(call, 3, &end) ||
        !call_find_string(call, call_key(call, 1), &entry))
        return;
    bytes = entry_string(entry, scratch);
    /* A range that runs backwards is empty, even where both its ends would be moved to the first byte. */
    if ((start < 0 && end < 0 && start > end) || !resolve_range(start, end, bytes.len, &first, &last)) {
        reply_bulk(call->reply, BYTES(""));
        return;
    }
    value = entry_value(entry);
    if (value.blob)
        reply_bulk_blob(call->reply, value.blob, (size_t)first, (size_t)(last - first + 1));
    else
        reply_bulk(call->reply, bytes_make(bytes.data + first, (size_t)(last - first + 1)));
}

static const struct command string_range_commands[] = {
    {
        .name = "strlen",
        .run = cmd_strlen,
        .arity = 2,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_STRING,
        .keys = {KEY_AT(1, KEY_RO)},
        .group = "string",
        .since = "2.2.0",
        .complexity = "O(1)",
        .summary = "Returns the length of a string value.",
        .synopsis = "key",
    },
    {
        .name = "append",
        .run = cmd_append,
        .arity = 3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_FAST,
        .acl = ACL_STRING,
        .keys = {KEY_AT(1, KEY_RW | KEY_INSERT)},
        .group = "string",
        .since = "2.0.0",
        .complexity = "O(1). The amortized time complexity is O(1) assuming the appended value is small and "
                      "the already present value is of any size, since the dynamic string library used by "
                      "Redis will double the free space available on every reallocation.",
        .summary = "Appends a string to the value of a key. Creates the key if it doesn't exist.",
        .synopsis = "key value",
    },
    {
        .name = "setrange",
        .run = cmd_setrange,
        .arity = 4,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_STRING,
        .keys = {KEY_AT(1, KEY_RW | KEY_UPDATE)},
        .group = "string",
        .since = "2.2.0",
        .complexity = "O(1), not counting the time taken to copy the new string in place. Usually, this "
                      "string is very small so the amortized complexity is O(1). Otherwise, complexity is "
                      "O(M) with M being the length of the value argument.",
        .summary = "Overwrites a part of a string value with another by an offset. Creates the key if it "
                   "doesn't exist.",
        .synopsis = "key offset:integer value",
    },
    {
        .name = "getrange",
        .run = cmd_getrange,
        .arity = 4,
        .flags = COMMAND_READONLY,
        .acl = ACL_STRING,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "string",
        .since = "2.4.0",
        .complexity = "O(N) where N is the length of the returned string. The complexity is ultimately "
                      "determined by the returned length, but because creating a substring from an existing "
                      "string is very cheap, it can be considered O(1) for small strings.",
        .summary = "Returns a substring of the string stored at a key.",
        .synopsis = "key start:integer end:integer",
    },
    {
        .name = "substr",
        .run = cmd_getrange,
        .arity = 4,
        .flags = COMMAND_READONLY,
        .acl = ACL_STRING,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "string",
        .since = "1.0.0",
        .complexity = "O(N) where N is the length of the returned string. The complexity is ultimately "
                      "determined by the returned length, but because creating a substring from an existing "
                      "string is very cheap, it can be considered O(1) for small strings.",
        .summary = "Returns a substring from a string value.",
        .synopsis = "key start:integer end:integer",
        .deprecated_since = "2.0.0",
        .replaced_by = "`GETRANGE`",
    },
    {0},
};

const struct command_family string_range_family = {.name = "string_range", .commands = string_range_commands};
