/* SPDX-License-Identifier: BSD-3-Clause */
/* Strings as rows of bits. */
#include "types/bitmap.h"
#include "base/alloc.h"
#include "base/number.h"
#include "bit_offset.h"
#include "commands/families.h"
#include "engine/events.h"
#include "engine/server.h"
#include "string_access.h"

/* A longer result of BITOP becomes the value as it is. */
#define COPIED_RESULT_MAX 1024

/* ---- single bits ---- */

bool call_bit_offset(struct call *call, int index, unsigned width, uint64_t *offset)
{
    struct bytes text = call->argv[index];
    int64_t number;
    bool counts_fields = width > 0 && text.len > 0 && text.data[0] == '#';

    if (counts_fields)
        text = bytes_make(text.data + 1, text.len - 1);
    if (!parse_i64(text, &number) || number < 0 ||
        (counts_fields && __builtin_mul_overflow(number, (int64_t)width, &number)) ||
        number / 8 >= call->server->config->proto_max_bulk_len) {
        call_error(call, ERR_BIT_OFFSET);
        return false;
    }
    *offset = (uint64_t)number;
    return true;
}

static void cmd_setbit(struct call *call)
{
    struct key key = call_key(call, 1);
    const struct entry *entry;
    char scratch[STRING_SCRATCH], *data;
    struct bytes bytes;
    uint64_t offset;
    int64_t bit;
    size_t needed;
    bool old;

    if (!call_bit_offset(call, 2, 0, &offset))
        return;
    if (!parse_i64(call->argv[3], &bit) || (bit != 0 && bit != 1)) {
        call_error(call, ERR_BIT_VALUE);
        return;
    }
    if (!call_peek_string(call, key, &entry))
        return;
    bytes = entry_string(entry, scratch);
    needed = (size_t)(offset / 8) + 1;
    old = bitmap_get(bytes, offset);
    /* Also where nothing changes: OBJECT ENCODING is "raw" after any SETBIT. */
    data = edit_string(call, key, needed > bytes.len ? needed : bytes.len);
    if (data == NULL)
        return;
    if (needed > bytes.len || old != bit) {
        bitfield_set(data, (struct bitfield){.offset = offset, .width = 1}, bit);
        string_changed(call, key, entry == NULL, "setbit");
    }
    reply_int(call->reply, old);
}

static void cmd_getbit(struct call *call)
{
    const struct entry *entry;
    char scratch[STRING_SCRATCH];
    uint64_t offset;

    if (!call_bit_offset(call, 2, 0, &offset) || !call_find_string(call, call_key(call, 1), &entry))
        return;
    reply_int(call->reply, bitmap_get(entry_string(entry, scratch), offset));
}

/* ---- ranges of bits ---- */

/* BYTE or BIT at argv[index]: how many bits the ends of a range count; false, having replied, when it is neither. */
static bool parse_unit(struct call *call, int index, unsigned *unit_bits)
{
    if (call_arg_is(call, index, "BIT")) {
        *unit_bits = 1;
    } else if (!call_arg_is(call, index, "BYTE")) {
        call_syntax_error(call);
        return false;
    }
    return true;
}

/* resolve_range in units of bits or bytes; `*first` and `*last` are bits. */
static bool resolve_bit_range(int64_t start, int64_t end, struct bytes bytes, unsigned unit_bits,
                              uint64_t *first, uint64_t *last)
{
    if (!resolve_range(start, end, (uint64_t)bytes.len * 8 / unit_bits, first, last))
        return false;
    *first *= unit_bits;
    *last = *last * unit_bits + unit_bits - 1;
    return true;
}

static void cmd_bitcount(struct call *call)
{
    const struct entry *entry;
    char scratch[STRING_SCRATCH];
    struct bytes bytes;
    int64_t start = 0, end = -1;
    uint64_t first, last, count = 0;
    unsigned unit_bits = 8;

    if (!call_find_string(call, call_key(call, 1), &entry))
        return;
    /* Of a missing key the rest isn't even looked at. */
    if (entry == NULL) {
        reply_int(call->reply, 0);
        return;
    }
    if (call->argc == 3 || call->argc > 5) {
        call_syntax_error(call);
        return;
    }
    if (call->argc > 3 && (!call_int(call, 2, &start) || !call_int(call, 3, &end)))
        return;
    bytes = entry_string(entry, scratch);
    /* A range that runs backwards is empty, even where both its ends would be moved to the first byte. */
    if (call->argc == 2 || start >= 0 || end >= 0 || start <= end) {
        if (call->argc == 5 && !parse_unit(call, 4, &unit_bits))
            return;
        if (resolve_bit_range(start, end, bytes, unit_bits, &first, &last))
            count = bitmap_count(bytes, first, last);
    }
    reply_int(call->reply, (int64_t)count);
}

/* Replies with the first bit of the range that is as `bit`. Who looks for a zero without saying where to stop finds one behind
 * the string at the latest. */
static void reply_position(struct call *call, struct bytes bytes, bool bit, int64_t start, int64_t end,
                           unsigned unit_bits)
{
    uint64_t first, last;
    int64_t position;

    if (!resolve_bit_range(start, end, bytes, unit_bits, &first, &last)) {
        reply_int(call->reply, -1);
        return;
    }
    position = bitmap_find(bytes, bit, first, last);
    if (position < 0 && !bit && call->argc < 5)
        position = (int64_t)bytes.len * 8;
    reply_int(call->reply, position);
}

static void cmd_bitpos(struct call *call)
{
    const struct entry *entry;
    char scratch[STRING_SCRATCH];
    int64_t bit, start = 0, end = -1;
    unsigned unit_bits = 8;

    if (!call_int(call, 2, &bit))
        return;
    if (bit != 0 && bit != 1) {
        call_error_format(call, "ERR The bit argument must be 1 or 0.");
        return;
    }
    if (!call_find_string(call, call_key(call, 1), &entry))
        return;
    if (entry == NULL) {
        reply_int(call->reply, bit != 0 ? -1 : 0);
        return;
    }
    if (call->argc > 6) {
        call_syntax_error(call);
        return;
    }
    if ((call->argc > 3 && !call_int(call, 3, &start)) ||
        (call->argc > 5 && !parse_unit(call, 5, &unit_bits)) || (call->argc > 4 && !call_int(call, 4, &end)))
        return;
    reply_position(call, entry_string(entry, scratch), bit != 0, start, end, unit_bits);
}

/* ---- combining ---- */

static bool parse_operation(struct call *call, enum bitmap_operation *operation)
{
    static const char *const words[] = {
        [BITMAP_AND] = "AND", [BITMAP_OR] = "OR", [BITMAP_XOR] = "XOR", [BITMAP_NOT] = "NOT"};

    for (int i = BITMAP_AND; i <= BITMAP_NOT; i++) {
        if (!call_arg_is(call, 1, words[i]))
            continue;
        if (i == BITMAP_NOT && call->argc != 4) {
            call_error_format(call, "ERR BITOP NOT must be called with a single source key.");
            return false;
        }
        *operation = (enum bitmap_operation)i;
        return true;
    }
    call_syntax_error(call);
    return false;
}

/* The combination of argv[3] and following in a new blob; empty when they all are. NULL when there is no memory. */
static struct blob *combine(struct call *call, enum bitmap_operation operation)
{
    size_t count = (size_t)call->argc - 3, len = 0;
    struct bytes *sources = mem_alloc(count * sizeof(*sources));
    char(*scratch)[STRING_SCRATCH] = mem_alloc(count * sizeof(*scratch));
    struct blob *result;

    for (size_t i = 0; i < count; i++) {
        struct key key = call_key(call, (int)i + 3);

        sources[i] = entry_string(keyspace_peek(call->keyspace, key), scratch[i]);
        len = sources[i].len > len ? sources[i].len : len;
    }
    result = blob_try_new(len, len);
    if (result != NULL)
        bitmap_combine(operation, sources, count, result->data, len);
    mem_free(scratch);
    mem_free(sources);
    return result;
}

/* Takes over the result as the string at `target`; a short one is copied, since an entry has room for it. */
static void store_result(struct call *call, struct key target, struct blob *result)
{
    struct value value = string_value_blob(result);
    bool is_copied = result->len <= COPIED_RESULT_MAX, was_there;

    if (result->len == 0) {
        if (keyspace_remove(call->keyspace, target))
            call_changed(call, target, EVENT_GENERIC, "del");
        blob_unref(result);
        return;
    }
    if (is_copied)
        value.blob = NULL;
    keyspace_set(call->keyspace, target, value, (struct deadline){.mode = DEADLINE_NONE}, &was_there);
    if (is_copied)
        blob_unref(result);
    string_changed(call, target, !was_there, "set");
}

static void cmd_bitop(struct call *call)
{
    struct key target = call_key(call, 2);
    enum bitmap_operation operation;
    struct blob *result;

    if (!parse_operation(call, &operation))
        return;
    /* Finding a key may move the entries of others. Once all were found, looking at them again moves nothing. */
    for (int i = 3; i < call->argc; i++) {
        const struct entry *entry;

        if (!call_find_string(call, call_key(call, i), &entry))
            return;
    }
    result = combine(call, operation);
    if (result == NULL) {
        call_error(call, ERR_OUT_OF_MEMORY);
        return;
    }
    reply_int(call->reply, (int64_t)result->len);
    store_result(call, target, result);
}

static const struct command_history bitcount_history[] = {
    {"7.0.0", "Added the `BYTE|BIT` option."},
    {NULL, NULL},
};
static const struct command_history bitpos_history[] = {
    {"7.0.0", "Added the `BYTE|BIT` option."},
    {NULL, NULL},
};

static const struct command bitmap_commands[] = {
    {
        .name = "setbit",
        .run = cmd_setbit,
        .arity = 4,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_BITMAP,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_UPDATE)},
        .group = "bitmap",
        .since = "2.2.0",
        .complexity = "O(1)",
        .summary = "Sets or clears the bit at offset of the string value. Creates the key if it doesn't "
                   "exist.",
        .synopsis = "key offset:integer value:integer",
    },
    {
        .name = "getbit",
        .run = cmd_getbit,
        .arity = 3,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_BITMAP,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "bitmap",
        .since = "2.2.0",
        .complexity = "O(1)",
        .summary = "Returns a bit value by offset.",
        .synopsis = "key offset:integer",
    },
    {
        .name = "bitcount",
        .run = cmd_bitcount,
        .arity = -2,
        .flags = COMMAND_READONLY,
        .acl = ACL_BITMAP,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "bitmap",
        .since = "2.6.0",
        .complexity = "O(N)",
        .summary = "Counts the number of set bits (population counting) in a string.",
        .synopsis = "key [range(start:integer end:integer [unit<BYTE | BIT>{since=7.0.0}])]",
        .history = bitcount_history,
    },
    {
        .name = "bitpos",
        .run = cmd_bitpos,
        .arity = -3,
        .flags = COMMAND_READONLY,
        .acl = ACL_BITMAP,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "bitmap",
        .since = "2.8.7",
        .complexity = "O(N)",
        .summary = "Finds the first set (1) or clear (0) bit in a string.",
        .synopsis = "key bit:integer [range(start:integer [end-unit-block(end:integer [unit<BYTE | "
                    "BIT>{since=7.0.0}])])]",
        .history = bitpos_history,
    },
    {
        .name = "bitop",
        .run = cmd_bitop,
        .arity = -4,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_BITMAP,
        .keys = {KEY_AT(2, KEY_OW | KEY_UPDATE), KEYS_FROM(3, KEY_RO | KEY_ACCESS)},
        .group = "bitmap",
        .since = "2.6.0",
        .complexity = "O(N)",
        .summary = "Performs bitwise operations on multiple strings, and stores the result.",
        .synopsis = "operation<AND | OR | XOR | NOT> destkey:key key...",
    },
    {0},
};

const struct command_family bitmap_family = {.name = "bitmap", .commands = bitmap_commands};
