/* SPDX-License-Identifier: BSD-3-Clause */
/* SPOP: every member is as likely as any other, and what was popped is recorded by name.
 *
 * Many are popped in steps, from a copy that shares what it can with the set, and takes its place in the end.
 * When the set is another one by then, all is done again without a break. */
#include "base/alloc.h"
#include "commands/families.h"
#include "engine/journal.h"
#include "engine/long_work.h"
#include "engine/server.h"
#include "held_collection.h"
#include "set_access.h"

enum { POPPED_A_STEP = 64, POPPED_AT_ONCE = 256 };

/* ---- what is recorded of members that were popped: SREM, of many several ---- */

enum { RECORD_MEMBERS_MAX = 1024 };

struct popped {
    bool is_wanted; /* somebody reads what is recorded */
    struct buf names, lengths;
};

static void note_popped(struct popped *popped, struct bytes member)
{
    if (!popped->is_wanted)
        return;
    buf_append_bytes(&popped->names, member);
    buf_append(&popped->lengths, &member.len, sizeof member.len);
}

/* One record of `count` members, whose bytes begin at `names`. Returns where those of the next one do. */
static const char *record_some(struct call *call, const char *lengths, size_t count, const char *names)
{
    struct bytes argv[2 + RECORD_MEMBERS_MAX] = {BYTES("SREM"), call->argv[1]};
    for (size_t i = 0; i < count; i++) {
        size_t len;
        memcpy(&len, lengths + i * sizeof len, sizeof len);
        argv[2 + i] = bytes_make(names, len);
        names += len;
    }
    call_record(call, 2 + (int)count, argv);
    return names;
}

static void record_popped(struct call *call, const struct popped *popped)
{
    const char *names = popped->names.data, *lengths = popped->lengths.data;
    for (size_t left = popped->lengths.len / sizeof(size_t), count; left > 0; left -= count) {
        count = left < RECORD_MEMBERS_MAX ? left : RECORD_MEMBERS_MAX;
        names = record_some(call, lengths, count, names);
        lengths += count * sizeof(size_t);
    }
}

static void popped_clear(struct popped *popped)
{
    buf_clear(&popped->names);
    buf_clear(&popped->lengths);
}

/* ---- at once ---- */

static void pop_next(struct collection *set, struct popped *popped, struct reply *reply)
{
    struct set_walk walk;
    struct set_member member;
    set_draw(set, &walk, &member);
    reply_member(reply, &member);
    note_popped(popped, member.bytes);
    (void)set_remove(set, member.bytes);
}

static void pop_one(struct call *call)
{
    struct popped popped = {.is_wanted = call->server->journal.is_on};
    struct edit edit;
    if (!call_edit(call, call_key(call, 1), VALUE_SET, &edit))
        return;
    if (edit.is_new) {
        reply_null(call->reply);
        return;
    }
    pop_next(&edit.value, &popped, call->reply);
    call_edited(call, &edit, "spop");
    record_popped(call, &popped);
    popped_clear(&popped);
}

static void remove_all(struct call *call)
{
    bool is_lazy = call->server->config->lazyfree_lazy_server_del;
    struct key key = call_key(call, 1);
    call_notify(call, call->keyspace, key, EVENT_SET, "spop");
    (void)call_remove(call, key);
    call_record_words(call, is_lazy ? "UNLINK" : "DEL", key.name);
}

static void pop_some(struct call *call, struct edit *edit, uint64_t count)
{
    struct popped popped = {.is_wanted = call->server->journal.is_on};
    while (count-- > 0)
        pop_next(&edit->value, &popped, call->reply);
    call_edited(call, edit, "spop");
    record_popped(call, &popped);
    popped_clear(&popped);
}

static void pop_at_once(struct call *call, struct edit *edit, uint64_t wanted)
{
    uint64_t there = set_count(&edit->value), count = wanted < there ? wanted : there;
    reply_set(call->reply, count);
    if (count == 0)
        return;
    if (count < there) {
        pop_some(call, edit, count);
        return;
    }
    reply_members(call->reply, &edit->value);
    remove_all(call);
}

/* ---- in steps ---- */

struct popping {
    struct long_work work;
    struct store *store;
    struct held_collection held;
    uint64_t wanted, left;
    bool takes_all;
    struct set_walk walk;   /* through all of it, ... */
    struct collection rest; /* ... or what is left of it */
    struct popped popped;
    struct reply reply;
};

static void take_next(struct popping *popping)
{
    struct set_member member;
    if (!popping->takes_all) {
        pop_next(&popping->rest, &popping->popped, &popping->reply);
    } else if (set_walk_next(&popping->walk, &member)) {
        reply_member(&popping->reply, &member);
    }
    popping->left--;
}

static bool step(struct long_work *work)
{
    struct popping *popping = LIST_ENTRY(work, struct popping, work);
    for (int i = 0; i < POPPED_A_STEP && popping->left > 0; i++)
        take_next(popping);
    return popping->left == 0;
}

static void put_rest(struct call *call, struct popping *popping)
{
    static const struct deadline kept = {.mode = DEADLINE_KEEP};
    call_set(call, call_key(call, 1), collection_value(&popping->rest), kept, EVENT_SET, "spop");
    popping->rest.large = NULL;
    record_popped(call, &popping->popped);
}

static void finish(struct call *call, struct long_work *work)
{
    struct popping *popping = LIST_ENTRY(work, struct popping, work);
    struct key key = call_key(call, 1);
    struct edit edit;
    if (!is_held_collection(&popping->held, keyspace_peek(call->keyspace, key))) {
        if (call_edit(call, key, VALUE_SET, &edit))
            pop_at_once(call, &edit, popping->wanted);
        return;
    }
    uint64_t there = set_count(&popping->held.collection);
    reply_set(call->reply, popping->takes_all ? there : popping->wanted);
    reply_take(call->reply, &popping->reply);
    if (popping->takes_all)
        remove_all(call);
    else
        put_rest(call, popping);
}

static void free_popping(struct long_work *work)
{
    struct popping *popping = LIST_ENTRY(work, struct popping, work);
    release_collection(&popping->held, popping->store);
    if (popping->rest.large)
        store_release_value(popping->store, collection_value(&popping->rest));
    popped_clear(&popping->popped);
    reply_clear(&popping->reply);
    mem_free(popping);
}

/* The set at argv[1] is a large one. */
static void pop_in_steps(struct call *call, uint64_t wanted)
{
    struct popping *popping = mem_zalloc(sizeof *popping);
    popping->work =
        (struct long_work){.step = step, .finish = finish, .free = free_popping, .changes_data = true};
    popping->store = call->server->store;
    hold_collection(&popping->held, VALUE_SET, keyspace_peek(call->keyspace, call_key(call, 1)));
    uint64_t there = set_count(&popping->held.collection);
    popping->wanted = wanted;
    popping->takes_all = wanted >= there;
    popping->left = popping->takes_all ? there : wanted;
    set_walk_begin(&popping->walk, &popping->held.collection);
    popping->rest = popping->held.collection;
    popping->rest.large = popping->takes_all ? NULL : large_hold(popping->held.value.large);
    popping->popped.is_wanted = call->server->journal.is_on;
    reply_init(&popping->reply, call->reply->pool);
    long_work_run(call, &popping->work);
}

/* ---- the command ---- */

static void pop_several(struct call *call)
{
    struct edit edit;
    int64_t wanted;
    if (!parse_i64(call->argv[2], &wanted) || wanted < 0) {
        call_error(call, ERR_NOT_POSITIVE);
        return;
    }
    if (!call_edit(call, call_key(call, 1), VALUE_SET, &edit))
        return;
    if (edit.value.large && wanted > POPPED_AT_ONCE)
        pop_in_steps(call, (uint64_t)wanted);
    else
        pop_at_once(call, &edit, (uint64_t)wanted);
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

/* ---- rows ---- */

static const char *const random_tips[] = {"nondeterministic_output", NULL};
static const struct command_history spop_history[] = {
    {"3.2.0", "Added the `count` argument."},
    {NULL, NULL},
};

static const struct command set_pop_commands[] = {
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
    {0},
};

const struct command_family set_pop_family = {.name = "set_pop", .commands = set_pop_commands};
