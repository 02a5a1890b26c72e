/* SPDX-License-Identifier: BSD-3-Clause */
/* Elements moved from list to list, and taken from the first of several. */
#include "base/buf.h"
#include "base/number.h"
#include "commands/families.h"
#include "engine/journal.h"
#include "engine/server.h"
#include "list_access.h"

/* ---- moving ---- */

static void push(struct collection *list, enum sequence_end end, struct bytes bytes)
{
    sequence_expect(list, &bytes, 1);
    sequence_push(list, end, bytes);
}

/* From one end of a list to the other, or just back. */
static void rotate(struct call *call, struct edit *edit, enum sequence_end from, enum sequence_end to)
{
    struct collection *list = &edit->value;
    struct sequence_element element;
    struct buf copy = {0};
    uint64_t index = from == SEQUENCE_HEAD ? 0 : sequence_count(list) - 1;
    (void)sequence_at(list, index, &element);
    /* It is copied, and copied again into its place. */
    if (!call_has_room(call, 2 * element.bytes.len))
        return;
    buf_append_bytes(&copy, element.bytes);
    sequence_remove(list, index, 1);
    push(list, to, buf_bytes(&copy));
    sequence_shrunk(list);
    call_edited(call, edit, list_push_events[to]);
    call_notify(call, call->keyspace, edit->key, EVENT_LIST, list_pop_events[from]);
    reply_bulk(call->reply, buf_bytes(&copy));
    buf_clear(&copy);
}

static void move(struct call *call, struct edit *source, enum sequence_end from, struct edit *destination,
                 enum sequence_end to)
{
    struct collection *list = &source->value;
    struct sequence_element element;
    (void)sequence_at(list, from == SEQUENCE_HEAD ? 0 : sequence_count(list) - 1, &element);
    if (!call_has_room(call, element.bytes.len))
        return;
    push(&destination->value, to, element.bytes);
    call_edited(call, destination, list_push_events[to]);
    list_pop(call, source, from, 1);
    /* Who counts changes counts one. */
    call->server->dirty--;
}

void list_move(struct call *call, enum sequence_end from, enum sequence_end to)
{
    struct edit source, destination;
    if (!call_edit(call, call_key(call, 1), VALUE_LIST, &source))
        return;
    if (source.is_new)
        reply_null(call->reply);
    else if (bytes_equal(call->argv[1], call->argv[2]))
        rotate(call, &source, from, to);
    else if (call_edit(call, call_key(call, 2), VALUE_LIST, &destination))
        move(call, &source, from, &destination, to);
}

static void cmd_lmove(struct call *call)
{
    enum sequence_end from, to;
    if (call_list_end(call, 3, &from) && call_list_end(call, 4, &to))
        list_move(call, from, to);
}

static void cmd_rpoplpush(struct call *call)
{
    list_move(call, SEQUENCE_TAIL, SEQUENCE_HEAD);
}

/* ---- from the first of several ---- */

static bool parse_positive(struct call *call, int index, const char *name, int64_t *number)
{
    if (parse_i64(call->argv[index], number) && *number > 0)
        return true;
    call_error_format(call, "ERR %s should be greater than 0", name);
    return false;
}

/* COUNT and a number at argv[index], or nothing. */
static bool parse_mpop_count(struct call *call, int index, int64_t *count)
{
    *count = 1;
    if (index == call->argc)
        return true;
    bool is_count = index + 1 < call->argc && call_arg_is(call, index, "COUNT");
    if (is_count && !parse_positive(call, index + 1, "count", count))
        return false;
    if (!is_count || index + 2 < call->argc)
        call_syntax_error(call);
    return is_count && index + 2 == call->argc;
}

bool call_list_mpop(struct call *call, int index, struct list_mpop *mpop)
{
    int64_t key_count;
    if (!parse_positive(call, index, "numkeys", &key_count))
        return false;
    if (key_count >= call->argc - index - 1) {
        call_syntax_error(call);
        return false;
    }
    mpop->first_key = index + 1;
    mpop->last_key = index + (int)key_count;
    return call_list_end(call, mpop->last_key + 1, &mpop->end) &&
           parse_mpop_count(call, mpop->last_key + 2, &mpop->count);
}

static void pop_from(struct call *call, struct key key, const struct list_mpop *mpop)
{
    struct edit edit;
    char digits[NUMBER_I64_SIZE];
    if (!call_edit(call, key, VALUE_LIST, &edit))
        return;
    uint64_t there = sequence_count(&edit.value), most = (uint64_t)mpop->count;
    uint64_t count = most < there ? most : there;
    reply_array(call->reply, 2);
    reply_bulk(call->reply, key.name);
    reply_array(call->reply, count);
    list_pop(call, &edit, mpop->end, count);
    call_record(call, 3,
                (struct bytes[]){mpop->end == SEQUENCE_HEAD ? BYTES("LPOP") : BYTES("RPOP"), key.name,
                                 bytes_make(digits, print_u64(digits, count))});
}

bool list_mpop(struct call *call, const struct list_mpop *mpop)
{
    for (int i = mpop->first_key; i <= mpop->last_key; i++) {
        struct key key = call_key(call, i);
        if (!keyspace_peek(call->keyspace, key))
            continue;
        pop_from(call, key, mpop);
        return true;
    }
    return false;
}

static void cmd_lmpop(struct call *call)
{
    struct list_mpop mpop;
    if (call_list_mpop(call, 1, &mpop) && !list_mpop(call, &mpop))
        reply_null_array(call->reply);
}

/* ---- rows ---- */

static const struct command list_move_commands[] = {
    {
        .name = "lmove",
        .run = cmd_lmove,
        .arity = 5,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_LIST,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_DELETE), KEY_AT(2, KEY_RW | KEY_INSERT)},
        .group = "list",
        .since = "6.2.0",
        .complexity = "O(1)",
        .summary = "Returns an element after popping it from one list and pushing it to another. Deletes "
                   "the list if the last element was moved.",
        .synopsis = "source:key destination:key wherefrom<LEFT | RIGHT> whereto<LEFT | RIGHT>",
    },
    {
        .name = "rpoplpush",
        .run = cmd_rpoplpush,
        .arity = 3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_LIST,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_DELETE), KEY_AT(2, KEY_RW | KEY_INSERT)},
        .group = "list",
        .since = "1.2.0",
        .complexity = "O(1)",
        .summary = "Returns the last element of a list after removing and pushing it to another list. "
                   "Deletes the list if the last element was popped.",
        .synopsis = "source:key destination:key",
        .deprecated_since = "6.2.0",
        .replaced_by = "`LMOVE` with the `RIGHT` and `LEFT` arguments",
    },
    {
        .name = "lmpop",
        .run = cmd_lmpop,
        .arity = -4,
        .flags = COMMAND_WRITE,
        .acl = ACL_LIST,
        .keys = {{.flags = KEY_RW | KEY_ACCESS | KEY_DELETE,
                  .begin = KEY_BEGIN_INDEX,
                  .find = KEY_FIND_KEYNUM,
                  .first = 1,
                  .step = 1,
                  .keynum_at = 0,
                  .keys_from = 1}},
        .group = "list",
        .since = "7.0.0",
        .complexity = "O(N+M) where N is the number of provided keys and M is the number of elements "
                      "returned.",
        .summary = "Returns multiple elements from a list after removing them. Deletes the list if the last "
                   "element was popped.",
        .synopsis = "numkeys:integer key... where<LEFT | RIGHT> [COUNT count:integer]",
    },
    {0},
};

const struct command_family list_move_family = {.name = "list", .commands = list_move_commands};
