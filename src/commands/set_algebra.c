/* SPDX-License-Identifier: BSD-3-Clause */
/* Sets: what several have in common, together, or the first one alone. The sets are held while that is worked
 * out. When one that the result is stored of isn't the value of its key any more in the end, all is done
 * again without a break: the result is always that of the moment when it is stored. */
#include "base/alloc.h"
#include "commands/families.h"
#include "engine/long_work.h"
#include "engine/server.h"
#include "held_collection.h"
#include "set_access.h"

/* About as many looks into sets are a step. */
enum { LOOKS_A_STEP = 128 };

enum operation { UNION, INTERSECTION, DIFFERENCE };
enum purpose { SHOW, STORE, COUNT };

struct task {
    enum operation operation;
    enum purpose purpose;
    int first_key, count;
    uint64_t limit;    /* of what is counted */
    const char *event; /* of what is stored */
};

struct algebra {
    struct long_work work;
    struct task task;
    struct store *store;
    struct held_collection *sets;
    int first; /* whose members are looked for in the others */
    int at;    /* whose members come now */
    struct set_walk walk;
    bool is_told_at_once; /* members are shown as they are found, without a result */
    bool is_showing;      /* the walk is one through the result */
    struct buf buffer;    /* of a packed result */
    struct collection result;
    struct reply shown;
    uint64_t found;    /* members that were shown or counted */
    bool lacks_memory; /* for a member of the result: it is answered with the error */
};

/* ---- operations ---- */

static const struct collection *set_at(const struct algebra *algebra, int index)
{
    return &algebra->sets[index].collection;
}

/* The first of the smallest ones. */
static int smallest(const struct algebra *algebra)
{
    int found = 0;
    for (int i = 1; i < algebra->task.count; i++) {
        if (set_count(set_at(algebra, i)) < set_count(set_at(algebra, found)))
            found = i;
    }
    return found;
}

/* Whether the others have the member: all of them, or any. */
static bool others_have(const struct algebra *algebra, struct bytes member, bool all)
{
    for (int i = 0; i < algebra->task.count; i++) {
        if (i != algebra->first && set_has(set_at(algebra, i), member) != all)
            return !all;
    }
    return all;
}

static bool is_wanted(const struct algebra *algebra, struct bytes member)
{
    switch (algebra->task.operation) {
    case INTERSECTION:
        return others_have(algebra, member, true);
    case DIFFERENCE:
        return !others_have(algebra, member, false);
    default:
        return true;
    }
}

/* ---- the work ---- */

static void show(struct algebra *algebra, const struct set_member *member)
{
    reply_member(&algebra->shown, member);
    algebra->found++;
}

static void keep(struct algebra *algebra, const struct set_member *member)
{
    if (algebra->task.purpose == COUNT)
        algebra->found++;
    else if (algebra->is_told_at_once)
        show(algebra, member);
    else if (mem_has_room(member->bytes.len))
        (void)set_add(&algebra->result, member->bytes);
    else
        algebra->lacks_memory = true;
}

/* The next set of a union, or the result; false when there is nothing more to go through. */
static bool go_on(struct algebra *algebra)
{
    if (algebra->task.operation == UNION && ++algebra->at < algebra->task.count) {
        set_walk_begin(&algebra->walk, set_at(algebra, algebra->at));
        return true;
    }
    if (algebra->task.purpose != SHOW || algebra->is_told_at_once || algebra->is_showing)
        return false;
    algebra->is_showing = true;
    set_walk_begin(&algebra->walk, &algebra->result);
    return true;
}

static bool step(struct long_work *work)
{
    struct algebra *algebra = LIST_ENTRY(work, struct algebra, work);
    struct set_member member;
    for (int looks = 0; looks < LOOKS_A_STEP; looks += algebra->task.count) {
        if (algebra->found == algebra->task.limit)
            return true;
        if (!set_walk_next(&algebra->walk, &member))
            return !go_on(algebra);
        if (algebra->is_showing)
            show(algebra, &member);
        else if (is_wanted(algebra, member.bytes))
            keep(algebra, &member);
    }
    return false;
}

static void free_algebra(struct long_work *work)
{
    struct algebra *algebra = LIST_ENTRY(work, struct algebra, work);
    for (int i = 0; i < algebra->task.count; i++)
        release_collection(&algebra->sets[i], algebra->store);
    if (algebra->result.large)
        store_release_value(algebra->store, collection_value(&algebra->result));
    mem_free(algebra->sets);
    buf_clear(&algebra->buffer);
    reply_clear(&algebra->shown);
    mem_free(algebra);
}

/* What is common comes in the order of the smallest set, and is looked at as a whole before it becomes a set
 * of integers. */
static void begin(struct algebra *algebra)
{
    const struct task *task = &algebra->task;
    if (task->operation == INTERSECTION) {
        algebra->first = algebra->at = smallest(algebra);
        set_keep_order(&algebra->result);
    }
    /* Small sets come in an order that only the result knows. */
    bool is_in_order = task->operation == UNION || !set_at(algebra, 0)->large;
    algebra->is_told_at_once = task->purpose == SHOW && (task->operation == INTERSECTION || !is_in_order);
    set_walk_begin(&algebra->walk, set_at(algebra, algebra->at));
}

static void finish(struct call *call, struct long_work *work);

static struct algebra *hold_sets(struct call *call, const struct task *task)
{
    struct algebra *algebra = mem_zalloc(sizeof *algebra);
    struct collection_limits limits = edit_limits(call->server, VALUE_SET);
    algebra->work = (struct long_work){
        .step = step, .finish = finish, .free = free_algebra, .changes_data = task->purpose == STORE};
    algebra->task = *task;
    algebra->store = call->server->store;
    algebra->sets = mem_alloc((size_t)task->count * sizeof *algebra->sets);
    for (int i = 0; i < task->count; i++)
        hold_collection(&algebra->sets[i], VALUE_SET,
                        keyspace_peek(call->keyspace, call_key(call, task->first_key + i)));
    algebra->result = collection_edit(VALUE_SET, NULL, &algebra->buffer, &limits);
    reply_init(&algebra->shown, call->reply->pool);
    begin(algebra);
    return algebra;
}

/* ---- results ---- */

/* At argv[1], in place of whatever is there. */
static void store(struct call *call, struct algebra *algebra)
{
    static const struct deadline never = {.mode = DEADLINE_NONE};
    struct collection *result = &algebra->result;
    if (algebra->lacks_memory) {
        call_error(call, ERR_OUT_OF_MEMORY);
        return;
    }
    if (algebra->task.operation == INTERSECTION)
        set_order_integers(result);
    uint64_t count = set_count(result);
    if (count > 0)
        call_set(call, call_key(call, 1), collection_value(result), never, EVENT_SET, algebra->task.event);
    else
        (void)call_remove(call, call_key(call, 1));
    /* It was given away. */
    if (count > 0)
        result->large = NULL;
    reply_int(call->reply, (int64_t)count);
}

static bool are_sets(struct call *call, const struct task *task)
{
    for (int i = 0; i < task->count; i++) {
        const struct entry *entry = keyspace_peek(call->keyspace, call_key(call, task->first_key + i));
        if (entry && entry_type(entry) != VALUE_SET) {
            call_error(call, ERR_WRONG_TYPE);
            return false;
        }
    }
    return true;
}

/* The sets are others by now: nothing may come in between any more. */
static void store_again(struct call *call, const struct task *task)
{
    if (!are_sets(call, task))
        return;
    struct algebra *algebra = hold_sets(call, task);
    while (!step(&algebra->work)) {
    }
    store(call, algebra);
    free_algebra(&algebra->work);
}

static bool is_current(struct call *call, const struct algebra *algebra)
{
    for (int i = 0; i < algebra->task.count; i++) {
        struct key key = call_key(call, algebra->task.first_key + i);
        if (!is_held_collection(&algebra->sets[i], keyspace_peek(call->keyspace, key)))
            return false;
    }
    return true;
}

static void finish(struct call *call, struct long_work *work)
{
    struct algebra *algebra = LIST_ENTRY(work, struct algebra, work);
    if (algebra->task.purpose == COUNT) {
        reply_int(call->reply, (int64_t)algebra->found);
    } else if (algebra->task.purpose == SHOW && algebra->lacks_memory) {
        call_error(call, ERR_OUT_OF_MEMORY);
    } else if (algebra->task.purpose == SHOW) {
        reply_set(call->reply, algebra->found);
        reply_take(call->reply, &algebra->shown);
    } else if (is_current(call, algebra)) {
        store(call, algebra);
    } else {
        store_again(call, &algebra->task);
    }
}

/* Finding a key may move the entries of others. Once all were found, looking at them again moves nothing. */
static void run(struct call *call, const struct task *task)
{
    for (int i = 0; i < task->count; i++) {
        struct collection passed;
        if (!call_collection(call, call_key(call, task->first_key + i), VALUE_SET, &passed))
            return;
    }
    long_work_run(call, &hold_sets(call, task)->work);
}

/* ---- the commands ---- */

static void run_to_show(struct call *call, enum operation operation)
{
    run(call, &(struct task){operation, SHOW, 1, call->argc - 1, UINT64_MAX, NULL});
}

static void run_to_store(struct call *call, enum operation operation, const char *event)
{
    run(call, &(struct task){operation, STORE, 2, call->argc - 2, UINT64_MAX, event});
}

static void cmd_sinter(struct call *call)
{
    run_to_show(call, INTERSECTION);
}

static void cmd_sunion(struct call *call)
{
    run_to_show(call, UNION);
}

static void cmd_sdiff(struct call *call)
{
    run_to_show(call, DIFFERENCE);
}

static void cmd_sinterstore(struct call *call)
{
    run_to_store(call, INTERSECTION, "sinterstore");
}

static void cmd_sunionstore(struct call *call)
{
    run_to_store(call, UNION, "sunionstore");
}

static void cmd_sdiffstore(struct call *call)
{
    run_to_store(call, DIFFERENCE, "sdiffstore");
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

static void cmd_sintercard(struct call *call)
{
    struct task task = {.operation = INTERSECTION, .purpose = COUNT, .first_key = 2, .limit = UINT64_MAX};
    if (parse_key_count(call, &task.count) && parse_limit(call, 2 + task.count, &task.limit))
        run(call, &task);
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
