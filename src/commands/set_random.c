/* SPDX-License-Identifier: BSD-3-Clause */
/* SRANDMEMBER: every member is as likely as any other. Many are drawn in steps, from the set as it was when
 * they were asked for. */
#include "commands/families.h"
#include "set_access.h"
#include "telling.h"
#include "types/sample.h"

/* Several members, each drawn from all, or each at most once. */
struct drawing {
    struct telling telling;
    struct set_walk walk;
    struct sample sample; /* of those that don't repeat */
    uint64_t left;
};

static bool tell(struct telling *telling, struct reply *reply)
{
    struct drawing *drawing = LIST_ENTRY(telling, struct drawing, telling);
    struct set_member member;
    uint64_t rank;
    if (drawing->left == 0)
        return false;
    drawing->left--;
    if (drawing->telling.repeated) {
        set_draw(&telling->held.collection, &drawing->walk, &member);
    } else {
        (void)sample_next(&drawing->sample, &rank);
        set_walk_seek(&drawing->walk, rank);
        (void)set_walk_next(&drawing->walk, &member);
    }
    reply_member(reply, &member);
    return true;
}

static void clear(struct telling *telling)
{
    sample_clear(&LIST_ENTRY(telling, struct drawing, telling)->sample);
}

/* Below zero `count` is how many are drawn, each from all; else members are drawn once. */
static void draw_several(struct call *call, int64_t count)
{
    struct drawing *drawing = telling_new(call, sizeof *drawing, VALUE_SET, 1);
    const struct collection *set = &drawing->telling.held.collection;
    drawing->telling.tell = tell;
    drawing->telling.clear = clear;
    drawing->telling.repeated = count < 0 ? (uint64_t)-count : 0;
    if (!drawing->telling.repeated)
        sample_begin(&drawing->sample, set_count(set), (uint64_t)count);
    drawing->left = drawing->telling.repeated ? drawing->telling.repeated : drawing->sample.wanted;
    set_walk_begin(&drawing->walk, set);
    reply_array(call->reply, drawing->left);
    telling_run(call, &drawing->telling);
}

static void draw_one(struct reply *reply, const struct collection *set)
{
    struct set_walk walk;
    struct set_member member;
    if (set_count(set) == 0) {
        reply_null(reply);
        return;
    }
    set_draw(set, &walk, &member);
    reply_member(reply, &member);
}

static void cmd_srandmember(struct call *call)
{
    struct collection set;
    int64_t count = 0;
    if (call->argc > 3) {
        call_syntax_error(call);
        return;
    }
    if (call->argc == 3 && !call_int_in(call, 2, -INT64_MAX, INT64_MAX, &count))
        return;
    if (!call_members(call, &set))
        return;
    if (call->argc == 2)
        draw_one(call->reply, &set);
    else if (set_count(&set) == 0)
        reply_array(call->reply, 0);
    else
        draw_several(call, count);
}

/* ---- rows ---- */

static const char *const random_tips[] = {"nondeterministic_output", NULL};
static const struct command_history srandmember_history[] = {
    {"2.6.0", "Added the optional `count` argument."},
    {NULL, NULL},
};

static const struct command set_random_commands[] = {
    {
        .name = "srandmember",
        .run = cmd_srandmember,
        .arity = -2,
        .flags = COMMAND_READONLY,
        .acl = ACL_SET,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "set",
        .since = "1.0.0",
        .complexity = "Without the count argument O(1), otherwise O(N) where N is the absolute value of the "
                      "passed count.",
        .summary = "Get one or multiple random members from a set",
        .synopsis = "key [count:integer{since=2.6.0}]",
        .history = srandmember_history,
        .tips = random_tips,
    },
    {0},
};

const struct command_family set_random_family = {.name = "set_random", .commands = set_random_commands};
