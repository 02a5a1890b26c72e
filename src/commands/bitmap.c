/* SPDX-License-Identifier: BSD-3-Clause */
/* Strings as rows of bits. */
#include "types/bitmap.h"
#include "base/number.h"
#include "bit_offset.h"
#include "bit_walk.h"
#include "commands/families.h"
#include "engine/edit.h"
#include "engine/events.h"
#include "engine/server.h"
#include "string_access.h"

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
    if (!call_string_to_edit(call, key, &entry))
        return;
    bytes = entry_string(entry, scratch);
    needed = (size_t)(offset / 8) + 1;
    old = bitmap_get(bytes, offset);
    /* Also where nothing changes: OBJECT ENCODING is "raw" after any SETBIT. */
    data = edit_string(call, key, needed > bytes.len ? needed : bytes.len);
    if (!data)
        return;
    if (needed > bytes.len || old != bit) {
        bitfield_set(data, (struct bitfield){.offset = offset, .width = 1}, bit);
        call_bytes_edited(call, key, !entry, "setbit");
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

/* BYTE or BIT at argv[index]: how many bits the ends of a range count; false, having replied, when it is
 * neither. */
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
    uint64_t first, last;
    unsigned unit_bits = 8;
    if (!call_find_string(call, call_key(call, 1), &entry))
        return;
    /* Of a missing key the rest isn't even looked at. */
    if (!entry) {
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
        if (resolve_bit_range(start, end, bytes, unit_bits, &first, &last)) {
            reply_bit_count(call, entry, first, last);
            return;
        }
    }
    reply_int(call->reply, 0);
}

/* Replies with the first bit of the range that is as `bit`. Who looks for a zero without saying where to stop
 * finds one behind the string at the latest. */
static void reply_position(struct call *call, const struct entry *entry, bool bit, int64_t start, int64_t end,
                           unsigned unit_bits)
{
    char scratch[STRING_SCRATCH];
    struct bytes bytes = entry_string(entry, scratch);
    bool ends_in_zeros = !bit && call->argc < 5;
    uint64_t first, last;
    if (resolve_bit_range(start, end, bytes, unit_bits, &first, &last))
        reply_bit_position(call, entry, bit, first, last, ends_in_zeros ? (int64_t)bytes.len * 8 : -1);
    else
        reply_int(call->reply, -1);
}

static void cmd_bitpos(struct call *call)
{
    const struct entry *entry;
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
    if (!entry) {
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
    reply_position(call, entry, bit != 0, start, end, unit_bits);
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
    {0},
};

const struct command_family bitmap_family = {.name = "bitmap", .commands = bitmap_commands};
