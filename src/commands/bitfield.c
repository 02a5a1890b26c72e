/* SPDX-License-Identifier: BSD-3-Clause */
/* BITFIELD: several operations on integers within one string. All of them are checked before the first is
 * run, by going through the arguments twice; so the second time nothing can go wrong, and nothing needs to be
 * remembered of the first. */
#include "base/number.h"
#include "bit_offset.h"
#include "commands/families.h"
#include "engine/edit.h"
#include "engine/key_spec.h"
#include "string_access.h"
#include "types/bitmap.h"

enum operation_kind { FIELD_GET, FIELD_SET, FIELD_INCREMENT, FIELD_OVERFLOW };

/* `overflow` stays from one operation to the next, until an OVERFLOW changes it. */
struct operation {
    enum operation_kind kind;
    struct bitfield field;
    int64_t operand;
    enum bitfield_overflow overflow;
};

static const struct {
    const char *word;
    int arguments;
} operations[] = {
    [FIELD_GET] = {"GET", 2},
    [FIELD_SET] = {"SET", 3},
    [FIELD_INCREMENT] = {"INCRBY", 3},
    [FIELD_OVERFLOW] = {"OVERFLOW", 1},
};

static bool parse_overflow(struct call *call, int index, enum bitfield_overflow *overflow)
{
    if (call_arg_is(call, index, "WRAP")) {
        *overflow = BITFIELD_WRAP;
    } else if (call_arg_is(call, index, "SAT")) {
        *overflow = BITFIELD_SATURATE;
    } else if (call_arg_is(call, index, "FAIL")) {
        *overflow = BITFIELD_FAIL;
    } else {
        call_error_format(call, "ERR Invalid OVERFLOW type specified");
        return false;
    }
    return true;
}

/* "u8", "i64" */
static bool parse_type(struct call *call, int index, struct bitfield *field)
{
    struct bytes text = call->argv[index];
    char sign = text.len > 0 ? text.data[0] : '\0';
    int64_t width;
    if ((sign != 'i' && sign != 'u') || !parse_i64(bytes_make(text.data + 1, text.len - 1), &width) ||
        width < 1 || width > (sign == 'i' ? 64 : 63)) {
        call_error_format(call, "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not "
                                "supported but i64 is.");
        return false;
    }
    field->is_signed = sign == 'i';
    field->width = (unsigned)width;
    return true;
}

/* The kind of the operation that begins at argv[at]; -1 when none does. */
static int kind_at(const struct bytes *argv, int argc, int at)
{
    for (int kind = FIELD_GET; kind <= FIELD_OVERFLOW; kind++) {
        if (bytes_is_nocase(argv[at], operations[kind].word))
            return argc - at - 1 < operations[kind].arguments ? -1 : kind;
    }
    return -1;
}

/* Reads the operation at `*index` and moves that behind it; false, having replied, when it is none. */
static bool parse_operation(struct call *call, int *index, struct operation *operation)
{
    int at = *index, kind = kind_at(call->argv, call->argc, at);
    if (kind < 0) {
        call_syntax_error(call);
        return false;
    }
    operation->kind = (enum operation_kind)kind;
    *index = at + 1 + operations[kind].arguments;
    if (operation->kind == FIELD_OVERFLOW)
        return parse_overflow(call, at + 1, &operation->overflow);
    return parse_type(call, at + 1, &operation->field) &&
           call_bit_offset(call, at + 2, operation->field.width, &operation->field.offset) &&
           (operation->kind == FIELD_GET || call_int(call, at + 3, &operation->operand));
}

/* What the operations need, all together. */
struct plan {
    size_t reply_count;
    bool writes;
    size_t needed_bytes; /* so that all fields written lie in the string */
};

static bool make_plan(struct call *call, struct plan *plan)
{
    struct operation operation = {.overflow = BITFIELD_WRAP};
    for (int i = 2; i < call->argc;) {
        size_t needed;
        if (!parse_operation(call, &i, &operation))
            return false;
        if (operation.kind == FIELD_OVERFLOW)
            continue;
        plan->reply_count++;
        if (operation.kind == FIELD_GET)
            continue;
        plan->writes = true;
        needed = (size_t)((operation.field.offset + operation.field.width - 1) / 8) + 1;
        plan->needed_bytes = needed > plan->needed_bytes ? needed : plan->needed_bytes;
    }
    return true;
}

/* Runs SET or INCRBY and replies; true when the field changed. */
static bool write_field(struct reply *reply, const struct operation *operation, char *data, size_t len)
{
    int64_t old = bitfield_get(bytes_make(data, len), operation->field), new;
    bool sets = operation->kind == FIELD_SET;
    if (!bitfield_fit(operation->field, sets ? operation->operand : old, sets ? 0 : operation->operand,
                      operation->overflow, &new)) {
        reply_null(reply);
        return false;
    }
    bitfield_set(data, operation->field, new);
    reply_int(reply, sets ? old : new);
    return new != old;
}

/* Replies to everything that was planned. `data` is NULL when nothing is to be written; returns true when a
 * field changed. */
static bool run_operations(struct call *call, const struct plan *plan, struct bytes bytes, char *data)
{
    struct operation operation = {.overflow = BITFIELD_WRAP};
    bool has_changed = false;
    reply_array(call->reply, plan->reply_count);
    for (int i = 2; i < call->argc && parse_operation(call, &i, &operation);) {
        if (operation.kind == FIELD_GET)
            reply_int(call->reply, bitfield_get(bytes, operation.field));
        else if (operation.kind != FIELD_OVERFLOW)
            has_changed |= write_field(call->reply, &operation, data, bytes.len);
    }
    return has_changed;
}

static void read_fields(struct call *call, struct key key, const struct plan *plan)
{
    const struct entry *entry;
    char scratch[STRING_SCRATCH];
    if (call_find_string(call, key, &entry))
        run_operations(call, plan, entry_string(entry, scratch), NULL);
}

static void write_fields(struct call *call, struct key key, const struct plan *plan)
{
    const struct entry *entry;
    char scratch[STRING_SCRATCH], *data;
    size_t old_len, len;
    if (!call_string_to_edit(call, key, &entry))
        return;
    old_len = entry_string(entry, scratch).len;
    len = plan->needed_bytes > old_len ? plan->needed_bytes : old_len;
    data = edit_string(call, key, len);
    if (!data)
        return;
    /* Room that was made is a change, even when no operation could be carried out. */
    if (run_operations(call, plan, bytes_make(data, len), data) || len > old_len)
        call_bytes_edited(call, key, !entry, "setbit");
}

static void cmd_bitfield(struct call *call)
{
    struct plan plan = {0};
    if (!make_plan(call, &plan))
        return;
    if (plan.writes)
        write_fields(call, call_key(call, 1), &plan);
    else
        read_fields(call, call_key(call, 1), &plan);
}

static void cmd_bitfield_ro(struct call *call)
{
    struct plan plan = {0};
    if (!make_plan(call, &plan))
        return;
    if (plan.writes)
        call_error_format(call, "ERR BITFIELD_RO only supports the GET subcommand");
    else
        read_fields(call, call_key(call, 1), &plan);
}

static bool only_reads(const struct bytes *argv, int argc)
{
    for (int i = 2; i < argc;) {
        int kind = kind_at(argv, argc, i);
        if (kind != FIELD_GET && kind != FIELD_OVERFLOW)
            return false; /* what is no operation at all may as well count as a write */
        i += 1 + operations[kind].arguments;
    }
    return true;
}

static bool find_keys_of_bitfield(const struct bytes *argv, int argc, struct key_positions *positions)
{
    bool reads = only_reads(argv, argc);
    key_positions_add(positions, 1, reads ? KEY_RO | KEY_ACCESS : KEY_RW | KEY_ACCESS | KEY_UPDATE);
    return true;
}

static const struct command bitfield_commands[] = {
    {
        .name = "bitfield",
        .run = cmd_bitfield,
        .arity = -2,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_BITMAP,
        .keys = {{.flags = KEY_RW | KEY_UPDATE | KEY_ACCESS | KEY_VARIABLE_FLAGS,
                  .begin = KEY_BEGIN_INDEX,
                  .first = 1,
                  .last = 0,
                  .step = 1,
                  .notes = "This command allows both access and modification of the key"}},
        .find_keys = find_keys_of_bitfield,
        .group = "bitmap",
        .since = "3.2.0",
        .complexity = "O(1) for each subcommand specified",
        .summary = "Performs arbitrary bitfield integer operations on strings.",
        .synopsis = "key [operation<GET get-block(encoding offset:integer) | write([OVERFLOW "
                    "overflow-block<WRAP | SAT | FAIL>] write-operation<SET set-block(encoding "
                    "offset:integer value:integer) | INCRBY incrby-block(encoding offset:integer "
                    "increment:integer)>)>...]",
    },
    {
        .name = "bitfield_ro",
        .run = cmd_bitfield_ro,
        .arity = -2,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_BITMAP,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "bitmap",
        .since = "6.0.0",
        .complexity = "O(1) for each subcommand specified",
        .summary = "Performs arbitrary read-only bitfield integer operations on strings.",
        .synopsis = "key [GET get-block(encoding offset:integer)]...",
    },
    {0},
};

const struct command_family bitfield_family = {.name = "bitfield", .commands = bitfield_commands};
