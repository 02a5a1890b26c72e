/* SPDX-License-Identifier: BSD-3-Clause */
/* Elements of lists by index or by what they are: read, replaced, inserted, removed. */
#include "base/number.h"
#include "commands/families.h"
#include "list_access.h"

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
    struct sequence_walk walk;
    struct sequence_element element;
    reply_array(call->reply, last - first + 1);
    sequence_walk_begin(&walk, &list, first);
    for (uint64_t left = last - first + 1; left > 0 && sequence_walk_next(&walk, &element); left--)
        reply_list_element(call->reply, &element);
}

/* ---- LPOS ---- */

struct search {
    int64_t rank, count, looked_max; /* a count of -1: one, and not as an array; 0: all */
};

static bool parse_not_negative(struct call *call, int index, const char *name, int64_t *number)
{
    if (parse_i64(call->argv[index], number) && *number >= 0)
        return true;
    call_error_format(call, "ERR %s can't be negative", name);
    return false;
}

static bool parse_rank(struct call *call, int index, int64_t *rank)
{
    if (!call_int_in(call, index, -INT64_MAX, INT64_MAX, rank))
        return false;
    if (*rank == 0)
        call_error_format(call, "ERR RANK can't be zero: use 1 to start from the first match, 2 from the "
                                "second ... or use negative to start from the end of the list");
    return *rank != 0;
}

static bool parse_search(struct call *call, struct search *search)
{
    for (int i = 3; i < call->argc; i += 2) {
        bool has_more = i + 1 < call->argc, is_ok;
        if (has_more && call_arg_is(call, i, "RANK")) {
            is_ok = parse_rank(call, i + 1, &search->rank);
        } else if (has_more && call_arg_is(call, i, "COUNT")) {
            is_ok = parse_not_negative(call, i + 1, "COUNT", &search->count);
        } else if (has_more && call_arg_is(call, i, "MAXLEN")) {
            is_ok = parse_not_negative(call, i + 1, "MAXLEN", &search->looked_max);
        } else {
            call_syntax_error(call);
            is_ok = false;
        }
        if (!is_ok)
            return false;
    }
    return true;
}

/* Replies with the places, one after the other; returns how many. */
static uint64_t reply_places(struct call *call, const struct collection *list, const struct search *search)
{
    struct sequence_walk walk;
    struct sequence_element element;
    uint64_t found = 0, replied = 0, looked = 0;
    uint64_t rank = (uint64_t)(search->rank < 0 ? -search->rank : search->rank);
    uint64_t most = search->count < 0 ? 1 : search->count == 0 ? UINT64_MAX : (uint64_t)search->count;
    uint64_t looked_max = search->looked_max ? (uint64_t)search->looked_max : UINT64_MAX;
    if (search->rank < 0)
        sequence_walk_backwards(&walk, list);
    else
        sequence_walk_begin(&walk, list, 0);
    while (replied < most && looked++ < looked_max && sequence_walk_next(&walk, &element)) {
        if (!bytes_equal(element.bytes, call->argv[2]) || ++found < rank)
            continue;
        reply_int(call->reply, (int64_t)walk.index);
        replied++;
    }
    return replied;
}

static void cmd_lpos(struct call *call)
{
    struct search search = {.rank = 1, .count = -1};
    struct collection list;
    if (!parse_search(call, &search) || !call_list(call, 1, &list))
        return;
    if (search.count >= 0) {
        struct reply_mark later = reply_later(call->reply);
        reply_later_done(call->reply, later, '*', reply_places(call, &list, &search));
    } else if (reply_places(call, &list, &search) == 0) {
        reply_null(call->reply);
    }
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

/* Finds the first element that is so. */
static bool find(const struct collection *list, struct bytes wanted, uint64_t *index)
{
    struct sequence_walk walk;
    struct sequence_element element;
    sequence_walk_begin(&walk, list, 0);
    while (sequence_walk_next(&walk, &element)) {
        if (!bytes_equal(element.bytes, wanted))
            continue;
        *index = walk.index;
        return true;
    }
    return false;
}

static void cmd_linsert(struct call *call)
{
    struct edit edit;
    uint64_t index;
    bool is_after = call_arg_is(call, 2, "AFTER");
    if (!is_after && !call_arg_is(call, 2, "BEFORE")) {
        call_syntax_error(call);
        return;
    }
    if (!call_edit(call, call_key(call, 1), VALUE_LIST, &edit))
        return;
    if (edit.is_new || !find(&edit.value, call->argv[3], &index)) {
        reply_int(call->reply, edit.is_new ? 0 : -1);
        return;
    }
    sequence_expect(&edit.value, &call->argv[4], 1);
    sequence_insert(&edit.value, index + is_after, call->argv[4]);
    reply_int(call->reply, (int64_t)sequence_count(&edit.value));
    call_edited(call, &edit, "linsert");
}

static void cmd_lrem(struct call *call)
{
    struct edit edit;
    int64_t count;
    if (!call_int(call, 2, &count) || !call_edit(call, call_key(call, 1), VALUE_LIST, &edit))
        return;
    uint64_t most = count < 0 ? 0 - (uint64_t)count : (uint64_t)count;
    uint64_t removed =
        sequence_remove_equal(&edit.value, call->argv[3], count < 0 ? SEQUENCE_TAIL : SEQUENCE_HEAD, most);
    if (removed > 0) {
        sequence_shrunk(&edit.value);
        call_edited(call, &edit, "lrem");
    }
    reply_int(call->reply, (int64_t)removed);
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
        sequence_remove(&edit.value, last + 1, count - 1 - last);
        sequence_remove(&edit.value, 0, first);
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
        .name = "lpos",
        .run = cmd_lpos,
        .arity = -3,
        .flags = COMMAND_READONLY,
        .acl = ACL_LIST,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "list",
        .since = "6.0.6",
        .complexity = "O(N) where N is the number of elements in the list, for the average case. When "
                      "searching for elements near the head or the tail of the list, or when the MAXLEN "
                      "option is provided, the command may run in constant time.",
        .summary = "Returns the index of matching elements in a list.",
        .synopsis = "key element [RANK rank:integer] [COUNT num-matches:integer] [MAXLEN len:integer]",
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
        .name = "linsert",
        .run = cmd_linsert,
        .arity = 5,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_LIST,
        .keys = {KEY_AT(1, KEY_RW | KEY_INSERT)},
        .group = "list",
        .since = "2.2.0",
        .complexity = "O(N) where N is the number of elements to traverse before seeing the value pivot. "
                      "This means that inserting somewhere on the left end on the list (head) can be "
                      "considered O(1) and inserting somewhere on the right end (tail) is O(N).",
        .summary = "Inserts an element before or after another element in a list.",
        .synopsis = "key where<BEFORE | AFTER> pivot element",
    },
    {
        .name = "lrem",
        .run = cmd_lrem,
        .arity = 4,
        .flags = COMMAND_WRITE,
        .acl = ACL_LIST,
        .keys = {KEY_AT(1, KEY_RW | KEY_DELETE)},
        .group = "list",
        .since = "1.0.0",
        .complexity = "O(N+M) where N is the length of the list and M is the number of elements removed.",
        .summary = "Removes elements from a list. Deletes the list if the last element was removed.",
        .synopsis = "key count:integer element",
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
