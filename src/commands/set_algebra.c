/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets: what several have in common, together, or the first one alone. */
#include "base/alloc.h"
#include "commands/families.h"
#include "set_access.h"
#include "store/keyspace.h"

enum operation { UNION, INTERSECTION, DIFFERENCE };

struct algebra {
    enum operation operation;
    struct collection *sets;
    int count;
    int first;         /* whose members are looked for in the others */
    struct buf buffer; /* of a packed result */
    struct collection result;
};

/* ---- sets ---- */

/* Finding one may move what was found before. So all are found first, which counts, and then looked at, which
 * moves nothing. */
static bool are_sets(struct call *call, int first_key, int count)
{
    for (int i = 0; i < count; i++) {
        struct collection passed;
        if (!call_collection(call, call_key(call, first_key + i), VALUE_SET, &passed))
            return false;
    }
    return true;
}

static struct collection peek(struct call *call, struct key key)
{
    const struct entry *entry = keyspace_peek(call->keyspace, key);
    struct value value;
    if (entry)
        value = entry_value(entry);
    return collection_of(VALUE_SET, entry ? &value : NULL);
}

/* False, having replied, when a key holds something else. */
static bool begin(struct algebra *algebra, struct call *call, int first_key, int count)
{
    if (!are_sets(call, first_key, count))
        return false;
    struct collection_limits limits = edit_limits(call->server, VALUE_SET);
    algebra->count = count;
    algebra->sets = mem_alloc((size_t)count * sizeof *algebra->sets);
    for (int i = 0; i < count; i++)
        algebra->sets[i] = peek(call, call_key(call, first_key + i));
    algebra->result = collection_edit(VALUE_SET, NULL, &algebra->buffer, &limits);
    return true;
}

static void end(struct algebra *algebra)
{
    mem_free(algebra->sets);
    buf_clear(&algebra->buffer);
}

/* ---- operations ---- */

/* The first of the smallest ones. */
static int smallest(const struct algebra *algebra)
{
    int found = 0;
    for (int i = 1; i < algebra->count; i++) {
        if (set_count(&algebra->sets[i]) < set_count(&algebra->sets[found]))
            found = i;
    }
    return found;
}

/* Whether the others have the member: all of them, or any. */
static bool others_have(const struct algebra *algebra, struct bytes member, bool all)
{
    for (int i = 0; i < algebra->count; i++) {
        if (i != algebra->first && set_has(&algebra->sets[i], member) != all)
            return !all;
    }
    return all;
}

static bool is_wanted(const struct algebra *algebra, struct bytes member)
{
    switch (algebra->operation) {
    case INTERSECTION:
        return others_have(algebra, member, true);
    case DIFFERENCE:
        return !others_have(algebra, member, false);
    default:
        return true;
    }
}

static void add_wanted(struct algebra *algebra, const struct collection *set)
{
    struct set_walk walk;
    struct set_member member;
    set_walk_begin(&walk, set);
    while (set_walk_next(&walk, &member)) {
        if (is_wanted(algebra, member.bytes))
            (void)set_add(&algebra->result, member.bytes);
    }
}

/* What is common comes in the order of the smallest set, and is looked at as a whole before it becomes one of
 * integers. */
static void intersect(struct algebra *algebra)
{
    algebra->first = smallest(algebra);
    set_keep_order(&algebra->result);
    add_wanted(algebra, &algebra->sets[algebra->first]);
    set_order_integers(&algebra->result);
}

static void work_out(struct algebra *algebra)
{
    if (algebra->operation == INTERSECTION)
        intersect(algebra);
    else if (algebra->operation == DIFFERENCE)
        add_wanted(algebra, &algebra->sets[0]);
    else
        for (int i = 0; i < algebra->count; i++)
            add_wanted(algebra, &algebra->sets[i]);
}

/* ---- results ---- */

static void drop(struct algebra *algebra)
{
    struct value value = collection_value(&algebra->result);
    value_release(&value);
}

/* What is common can be told as it is found. */
static void show_common(struct call *call, struct algebra *algebra)
{
    struct set_walk walk;
    struct set_member member;
    size_t count = 0;
    algebra->first = smallest(algebra);
    struct reply_mark later = reply_later(call->reply);
    set_walk_begin(&walk, &algebra->sets[algebra->first]);
    while (set_walk_next(&walk, &member)) {
        if (!is_wanted(algebra, member.bytes))
            continue;
        reply_member(call->reply, &member);
        count++;
    }
    reply_later_done(call->reply, later, '~', count);
}

static void show(struct call *call, enum operation operation)
{
    struct algebra algebra = {.operation = operation};
    if (!begin(&algebra, call, 1, call->argc - 1))
        return;
    if (operation == INTERSECTION) {
        show_common(call, &algebra);
    } else {
        work_out(&algebra);
        reply_set(call->reply, set_count(&algebra.result));
        reply_members(call->reply, &algebra.result);
    }
    drop(&algebra);
    end(&algebra);
}

/* At argv[1], in place of whatever is there. */
static void store(struct call *call, enum operation operation, const char *event)
{
    static const struct deadline never = {.mode = DEADLINE_NONE};
    struct algebra algebra = {.operation = operation};
    if (!begin(&algebra, call, 2, call->argc - 2))
        return;
    work_out(&algebra);
    uint64_t count = set_count(&algebra.result);
    if (count > 0)
        call_set(call, call_key(call, 1), collection_value(&algebra.result), never, EVENT_SET, event);
    else
        (void)call_remove(call, call_key(call, 1));
    reply_int(call->reply, (int64_t)count);
    end(&algebra);
}

/* ---- the commands ---- */

static void cmd_sinter(struct call *call)
{
    show(call, INTERSECTION);
}

static void cmd_sunion(struct call *call)
{
    show(call, UNION);
}

static void cmd_sdiff(struct call *call)
{
    show(call, DIFFERENCE);
}

static void cmd_sinterstore(struct call *call)
{
    store(call, INTERSECTION, "sinterstore");
}

static void cmd_sunionstore(struct call *call)
{
    store(call, UNION, "sunionstore");
}

static void cmd_sdiffstore(struct call *call)
{
    store(call, DIFFERENCE, "sdiffstore");
}

static bool parse_key_count(struct call *call, int *count)
{
    int64_t number;
    if (!parse_i64(call->argv[1], &number) || number < 1) {
        call_error_format(call, "ERR numkeys should be greater than 0");
        return false;
    }
    if (number > call->argc - 2) {
        call_error_format(call, "ERR Number of keys can't be greater than number of args");
        return false;
    }
    *count = (int)number;
    return true;
}

static bool parse_limit(struct call *call, int first, uint64_t *limit)
{
    for (int i = first; i < call->argc; i += 2) {
        int64_t number;
        if (i + 1 == call->argc || !call_arg_is(call, i, "limit")) {
            call_syntax_error(call);
            return false;
        }
        if (!parse_i64(call->argv[i + 1], &number) || number < 0) {
            call_error_format(call, "ERR LIMIT can't be negative");
            return false;
        }
        *limit = number > 0 ? (uint64_t)number : UINT64_MAX;
    }
    return true;
}

static uint64_t count_common(struct algebra *algebra, uint64_t limit)
{
    struct set_walk walk;
    struct set_member member;
    uint64_t count = 0;
    algebra->first = smallest(algebra);
    set_walk_begin(&walk, &algebra->sets[algebra->first]);
    while (count < limit && set_walk_next(&walk, &member))
        count += is_wanted(algebra, member.bytes);
    return count;
}

static void cmd_sintercard(struct call *call)
{
    struct algebra algebra = {.operation = INTERSECTION};
    uint64_t limit = UINT64_MAX;
    int count;
    if (!parse_key_count(call, &count) || !parse_limit(call, 2 + count, &limit) ||
        !begin(&algebra, call, 2, count))
        return;
    reply_int(call->reply, (int64_t)count_common(&algebra, limit));
    end(&algebra);
}

/* ---- rows ---- */

#define EXPENSIVE \
    "O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets."
#define LINEAR "O(N) where N is the total number of elements in all given sets."

static const char *const any_order_tips[] = {"nondeterministic_output_order", NULL};

static const struct command set_algebra_commands[] = {
    {
        .name = "sinter",
        .run = cmd_sinter,
        .arity = -2,
        .flags = COMMAND_READONLY,
        .acl = ACL_SET,
        .keys = {KEYS_FROM(1, KEY_RO | KEY_ACCESS)},
        .group = "set",
        .since = "1.0.0",
        .complexity = EXPENSIVE,
        .summary = "Returns the intersect of multiple sets.",
        .synopsis = "key...",
        .tips = any_order_tips,
    },
    {
        .name = "sunion",
        .run = cmd_sunion,
        .arity = -2,
        .flags = COMMAND_READONLY,
        .acl = ACL_SET,
        .keys = {KEYS_FROM(1, KEY_RO | KEY_ACCESS)},
        .group = "set",
        .since = "1.0.0",
        .complexity = LINEAR,
        .summary = "Returns the union of multiple sets.",
        .synopsis = "key...",
        .tips = any_order_tips,
    },
    {
        .name = "sdiff",
        .run = cmd_sdiff,
        .arity = -2,
        .flags = COMMAND_READONLY,
        .acl = ACL_SET,
        .keys = {KEYS_FROM(1, KEY_RO | KEY_ACCESS)},
        .group = "set",
        .since = "1.0.0",
        .complexity = LINEAR,
        .summary = "Returns the difference of multiple sets.",
        .synopsis = "key...",
        .tips = any_order_tips,
    },
    {
        .name = "sinterstore",
        .run = cmd_sinterstore,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_SET,
        .keys = {KEY_AT(1, KEY_RW | KEY_UPDATE), KEYS_FROM(2, KEY_RO | KEY_ACCESS)},
        .group = "set",
        .since = "1.0.0",
        .complexity = EXPENSIVE,
        .summary = "Stores the intersect of multiple sets in a key.",
        .synopsis = "destination:key key...",
    },
    {
        .name = "sunionstore",
        .run = cmd_sunionstore,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_SET,
        .keys = {KEY_AT(1, KEY_OW | KEY_UPDATE), KEYS_FROM(2, KEY_RO | KEY_ACCESS)},
        .group = "set",
        .since = "1.0.0",
        .complexity = LINEAR,
        .summary = "Stores the union of multiple sets in a key.",
        .synopsis = "destination:key key...",
    },
    {
        .name = "sdiffstore",
        .run = cmd_sdiffstore,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_SET,
        .keys = {KEY_AT(1, KEY_OW | KEY_UPDATE), KEYS_FROM(2, KEY_RO | KEY_ACCESS)},
        .group = "set",
        .since = "1.0.0",
        .complexity = LINEAR,
        .summary = "Stores the difference of multiple sets in a key.",
        .synopsis = "destination:key key...",
    },
    {
        .name = "sintercard",
        .run = cmd_sintercard,
        .arity = -3,
        .flags = COMMAND_READONLY,
        .acl = ACL_SET,
        .keys = {{.flags = KEY_RO | KEY_ACCESS,
                  .begin = KEY_BEGIN_INDEX,
                  .first = 1,
                  .find = KEY_FIND_KEYNUM,
                  .keynum_at = 0,
                  .keys_from = 1,
                  .step = 1}},
        .group = "set",
        .since = "7.0.0",
        .complexity = EXPENSIVE,
        .summary = "Returns the number of members of the intersect of multiple sets.",
        .synopsis = "numkeys:integer key... [LIMIT limit:integer]",
    },
    {0},
};

const struct command_family set_algebra_family = {.name = "set_algebra", .commands = set_algebra_commands};
