/* SPDX-License-Identifier: BSD-3-Clause */
/* SPOP and SRANDMEMBER: every member is as likely as any other. What was popped is recorded by name. */
#include "base/random.h"
#include "commands/families.h"
#include "engine/journal.h"
#include "engine/server.h"
#include "set_access.h"
#include "types/sample.h"

/* ---- what is recorded of members that are removed: SREM, of many several ---- */

enum { RECORD_MEMBERS_MAX = 1024 };

struct popped {
    struct call *call;
    struct bytes key;
    struct buf names;
    size_t lengths[RECORD_MEMBERS_MAX];
    int count;
};

static void record_popped(struct popped *popped)
{
    struct bytes argv[2 + RECORD_MEMBERS_MAX] = {BYTES("SREM"), popped->key};
    size_t at = 0;
    for (int i = 0; i < popped->count; i++) {
        argv[2 + i] = bytes_make(popped->names.data + at, popped->lengths[i]);
        at += popped->lengths[i];
    }
    if (popped->count > 0)
        call_record(popped->call, 2 + popped->count, argv);
    popped->count = 0;
    popped->names.len = 0;
}

static void note_popped(struct popped *popped, struct bytes member)
{
    if (!popped->call->server->journal.is_on)
        return;
    if (popped->count == RECORD_MEMBERS_MAX)
        record_popped(popped);
    popped->lengths[popped->count++] = member.len;
    buf_append_bytes(&popped->names, member);
}

/* ---- SPOP ---- */

static void pop_one(struct call *call)
{
    struct set_walk walk;
    struct set_member member;
    struct edit edit;
    if (!call_edit(call, call_key(call, 1), VALUE_SET, &edit))
        return;
    if (edit.is_new) {
        reply_null(call->reply);
        return;
    }
    set_draw(&edit.value, &walk, &member);
    reply_member(call->reply, &member);
    call_record(call, 3, (struct bytes[]){BYTES("SREM"), call->argv[1], member.bytes});
    (void)set_remove(&edit.value, member.bytes);
    call_edited(call, &edit, "spop");
}

static void pop_all(struct call *call, struct key key, const struct collection *set)
{
    bool is_lazy = call->server->config->lazyfree_lazy_server_del;
    reply_members(call->reply, set);
    call_notify(call, call->keyspace, key, EVENT_SET, "spop");
    (void)call_remove(call, key);
    call_record_words(call, is_lazy ? "UNLINK" : "DEL", key.name);
}

static void pop_some(struct call *call, struct edit *edit, uint64_t count)
{
    struct set_walk walk;
    struct set_member member;
    struct popped popped = {.call = call, .key = call->argv[1]};
    while (count-- > 0) {
        set_draw(&edit->value, &walk, &member);
        reply_member(call->reply, &member);
        note_popped(&popped, member.bytes);
        (void)set_remove(&edit->value, member.bytes);
    }
    call_edited(call, edit, "spop");
    record_popped(&popped);
    buf_clear(&popped.names);
}

static void pop_several(struct call *call)
{
    struct key key = call_key(call, 1);
    struct edit edit;
    int64_t wanted;
    if (!parse_i64(call->argv[2], &wanted) || wanted < 0) {
        call_error(call, ERR_NOT_POSITIVE);
        return;
    }
    if (!call_edit(call, key, VALUE_SET, &edit))
        return;
    uint64_t there = set_count(&edit.value), count = (uint64_t)wanted < there ? (uint64_t)wanted : there;
    reply_set(call->reply, count);
    if (count == 0)
        return;
    if (count == there)
        pop_all(call, key, &edit.value);
    else
        pop_some(call, &edit, count);
}

static void cmd_spop(struct call *call)
{
    if (call->argc == 2)
        pop_one(call);
    else if (call->argc == 3)
        pop_several(call);
    else
        call_syntax_error(call);
}

/* ---- SRANDMEMBER ---- */

static void draw_repeating(struct reply *reply, const struct collection *set, uint64_t count)
{
    struct set_walk walk;
    struct set_member member;
    reply_array(reply, count);
    while (count-- > 0) {
        set_draw(set, &walk, &member);
        reply_member(reply, &member);
    }
}

static void draw_distinct(struct reply *reply, const struct collection *set, uint64_t count)
{
    struct set_walk walk;
    struct set_member member;
    struct sample sample;
    uint64_t rank;
    sample_begin(&sample, set_count(set), count);
    reply_array(reply, sample.wanted);
    set_walk_begin(&walk, set);
    while (sample_next(&sample, &rank)) {
        set_walk_seek(&walk, rank);
        (void)set_walk_next(&walk, &member);
        reply_member(reply, &member);
    }
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
    else if (count < 0)
        draw_repeating(call->reply, &set, (uint64_t)-count);
    else
        draw_distinct(call->reply, &set, (uint64_t)count);
}

/* ---- rows ---- */

static const char *const random_tips[] = {"nondeterministic_output", NULL};
static const struct command_history spop_history[] = {
    {"3.2.0", "Added the `count` argument."},
    {NULL, NULL},
};
static const struct command_history srandmember_history[] = {
    {"2.6.0", "Added the optional `count` argument."},
    {NULL, NULL},
};

static const struct command set_random_commands[] = {
    {
        .name = "spop",
        .run = cmd_spop,
        .arity = -2,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_SET,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_DELETE)},
        .group = "set",
        .since = "1.0.0",
        .complexity =
            "Without the count argument O(1), otherwise O(N) where N is the value of the passed count.",
        .summary = "Returns one or more random members from a set after removing them. Deletes the set if "
                   "the last member was popped.",
        .synopsis = "key [count:integer{since=3.2.0}]",
        .history = spop_history,
        .tips = random_tips,
    },
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
