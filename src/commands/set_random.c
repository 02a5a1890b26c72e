/* SPDX-License-Identifier: BSD-3-Clause */
/* SRANDMEMBER: every member is as likely as any other. Many are drawn in steps, from the set as it was when
 * they were asked for. */
#include "base/alloc.h"
#include "commands/families.h"
#include "engine/long_work.h"
#include "engine/server.h"
#include "held_collection.h"
#include "set_access.h"
#include "types/sample.h"

enum { DRAWN_A_STEP = 64 };

struct drawing {
    struct long_work work;
    struct store *store;
    struct held_collection held;
    struct set_walk walk;
    bool repeats;         /* a member may be drawn again */
    struct sample sample; /* if it may not */
    uint64_t count, drawn;
    struct reply reply;
};

static void draw_next(struct drawing *drawing)
{
    struct set_member member;
    uint64_t rank;
    if (drawing->repeats) {
        set_draw(&drawing->held.collection, &drawing->walk, &member);
    } else {
        (void)sample_next(&drawing->sample, &rank);
        set_walk_seek(&drawing->walk, rank);
        (void)set_walk_next(&drawing->walk, &member);
    }
    reply_member(&drawing->reply, &member);
    drawing->drawn++;
}

static bool step(struct long_work *work)
{
    struct drawing *drawing = LIST_ENTRY(work, struct drawing, work);
    for (int i = 0; i < DRAWN_A_STEP && drawing->drawn < drawing->count; i++)
        draw_next(drawing);
    return drawing->drawn == drawing->count;
}

static void finish(struct call *call, struct long_work *work)
{
    struct drawing *drawing = LIST_ENTRY(work, struct drawing, work);
    reply_array(call->reply, drawing->count);
    reply_take(call->reply, &drawing->reply);
}

static void free_drawing(struct long_work *work)
{
    struct drawing *drawing = LIST_ENTRY(work, struct drawing, work);
    release_collection(&drawing->held, drawing->store);
    sample_clear(&drawing->sample);
    reply_clear(&drawing->reply);
    mem_free(drawing);
}

/* Below zero `count` is how many are drawn, each from all; else members are drawn once. */
static void draw_several(struct call *call, int64_t count)
{
    struct drawing *drawing = mem_zalloc(sizeof *drawing);
    drawing->work = (struct long_work){.step = step, .finish = finish, .free = free_drawing};
    drawing->store = call->server->store;
    hold_collection(&drawing->held, VALUE_SET, keyspace_peek(call->keyspace, call_key(call, 1)));
    drawing->repeats = count < 0;
    if (!drawing->repeats)
        sample_begin(&drawing->sample, set_count(&drawing->held.collection), (uint64_t)count);
    drawing->count = drawing->repeats ? (uint64_t)-count : drawing->sample.wanted;
    set_walk_begin(&drawing->walk, &drawing->held.collection);
    reply_init(&drawing->reply, call->reply->pool);
    long_work_run(call, &drawing->work);
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
