/* SPDX-License-Identifier: BSD-3-Clause */
/* Elements of lists by index: read, replaced, cut off. */
#include "commands/families.h"
#include "list_access.h"
#include "telling.h"

/* ---- reading ---- */

/* Negative ones count from the end; false when it is in no list of that length. */
static bool resolve_index(int64_t wanted, uint64_t count, uint64_t *index)
{
    *index = wanted < 0 ? count + (uint64_t)wanted : (uint64_t)wanted;
    return *index < count;
}

/* Both ends included; false when nothing lies in it. */
static bool resolve_range(int64_t start, int64_t stop, uint64_t count, uint64_t *first, uint64_t *last)
{
    int64_t end = (int64_t)count;
    if (start < 0)
        start = start + end < 0 ? 0 : start + end;
    if (stop < 0)
        stop += end;
    if (start > stop || start >= end)
        return false;
    *first = (uint64_t)start;
    *last = (uint64_t)(stop < end ? stop : end - 1);
    return true;
}

static void cmd_lindex(struct call *call)
{
    struct collection list;
    struct sequence_element element;
    int64_t wanted;
    uint64_t index;
    if (!call_list(call, 1, &list))
        return;
    if (sequence_count(&list) == 0) {
        reply_null(call->reply);
        return;
    }
    if (!call_int(call, 2, &wanted))
        return;
    if (resolve_index(wanted, sequence_count(&list), &index) && sequence_at(&list, index, &element))
        reply_list_element(call->reply, &element);
    else
        reply_null(call->reply);
}

/* A range of many elements, told in steps. */
struct range {
    struct telling telling;
    struct sequence_walk walk;
    uint64_t left;
};

static bool tell(struct telling *telling, struct reply *reply)
{
    struct range *range = LIST_ENTRY(telling, struct range, telling);
    struct sequence_element element;
    if (range->left == 0 || !sequence_walk_next(&range->walk, &element))
        return false;
    range->left--;
    reply_list_element(reply, &element);
    return true;
}

static void show_in_steps(struct call *call, uint64_t first, uint64_t count)
{
    struct range *range = telling_new(call, sizeof *range, VALUE_LIST, 1);
    range->telling.tell = tell;
    range->left = count;
    sequence_walk_begin(&range->walk, &range->telling.held.collection, first);
    telling_run(call, &range->telling);
}

static void cmd_lrange(struct call *call)
{
    struct collection list;
    int64_t start, stop;
    uint64_t first, last;
    if (!call_int(call, 2, &start) || !call_int(call, 3, &stop) || !call_list(call, 1, &list))
        return;
    if (!resolve_range(start, stop, sequence_count(&list), &first, &last)) {
        reply_array(call->reply, 0);
        return;
    }
    uint64_t count = last - first + 1;
    reply_array(call->reply, count);
    if (count > TOLD_AT_ONCE) {
        show_in_steps(call, first, count);
        return;
    }
    struct sequence_walk walk;
    struct sequence_element element;
    sequence_walk_begin(&walk, &list, first);
    while (count-- > 0 && sequence_walk_next(&walk, &element))
        reply_list_element(call->reply, &element);
}

/* ---- writing ---- */

static void cmd_lset(struct call *call)
{
    struct edit edit;
    int64_t wanted;
    uint64_t index;
    if (!call_edit(call, call_key(call, 1), VALUE_LIST, &edit))
        return;
    if (edit.is_new) {
        call_error(call, ERR_NO_SUCH_KEY);
        return;
    }
    if (!call_int(call, 2, &wanted))
        return;
    if (!resolve_index(wanted, sequence_count(&edit.value), &index)) {
        call_error(call, ERR_INDEX_OUT_OF_RANGE);
        return;
    }
    sequence_expect(&edit.value, &call->argv[3], 1);
    sequence_replace(&edit.value, index, call->argv[3]);
    sequence_shrunk(&edit.value);
    call_edited(call, &edit, "lset");
    reply_ok(call->reply);
}

static void cmd_ltrim(struct call *call)
{
    struct edit edit;
    int64_t start, stop;
    uint64_t first, last;
    if (!call_int(call, 2, &start) || !call_int(call, 3, &stop) ||
        !call_edit(call, call_key(call, 1), VALUE_LIST, &edit))
        return;
    uint64_t count = sequence_count(&edit.value);
    if (!edit.is_new) {
        if (!resolve_range(start, stop, count, &first, &last))
            first = count, last = count - 1;
        list_cut(call, &edit.value, last + 1, count - 1 - last);
        list_cut(call, &edit.value, 0, first);
        sequence_shrunk(&edit.value);
        call_edited(call, &edit, "ltrim");
    }
    reply_ok(call->reply);
}

/* ---- rows ---- */

static const struct command list_index_commands[] = {
    {
        .name = "lindex",
        .run = cmd_lindex,
        .arity = 3,
        .flags = COMMAND_READONLY,
        .acl = ACL_LIST,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "list",
        .since = "1.0.0",
        .complexity = "O(N) where N is the number of elements to traverse to get to the element at index. "
                      "This makes asking for the first or the last element of the list O(1).",
        .summary = "Returns an element from a list by its index.",
        .synopsis = "key index:integer",
    },
    {
        .name = "lrange",
        .run = cmd_lrange,
        .arity = 4,
        .flags = COMMAND_READONLY,
        .acl = ACL_LIST,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "list",
        .since = "1.0.0",
        .complexity = "O(S+N) where S is the distance of start offset from HEAD for small lists, from "
                      "nearest end (HEAD or TAIL) for large lists; and N is the number of elements in the "
                      "specified range.",
        .summary = "Returns a range of elements from a list.",
        .synopsis = "key start:integer stop:integer",
    },
    {
        .name = "lset",
        .run = cmd_lset,
        .arity = 4,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_LIST,
        .keys = {KEY_AT(1, KEY_RW | KEY_UPDATE)},
        .group = "list",
        .since = "1.0.0",
        .complexity = "O(N) where N is the length of the list. Setting either the first or the last element "
                      "of the list is O(1).",
        .summary = "Sets the value of an element in a list by its index.",
        .synopsis = "key index:integer element",
    },
    {
        .name = "ltrim",
        .run = cmd_ltrim,
        .arity = 4,
        .flags = COMMAND_WRITE,
        .acl = ACL_LIST,
        .keys = {KEY_AT(1, KEY_RW | KEY_DELETE)},
        .group = "list",
        .since = "1.0.0",
        .complexity = "O(N) where N is the number of elements to be removed by the operation.",
        .summary = "Removes elements from both ends a list. Deletes the list if all elements were trimmed.",
        .synopsis = "key start:integer stop:integer",
    },
    {0},
};

const struct command_family list_index_family = {.name = "list", .commands = list_index_commands};
