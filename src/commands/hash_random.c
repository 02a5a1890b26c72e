/* SPDX-License-Identifier: BSD-3-Clause */
/* HRANDFIELD: every field is as likely as any other. */
#include "base/alloc.h"
#include "base/random.h"
#include "commands/families.h"
#include "hash_access.h"
#include "telling.h"
#include "types/sample.h"

/* Several fields, each drawn from all, or each at most once. */
struct drawing {
    struct telling telling;
    bool with_values;
    uint64_t left;
    struct sample sample;      /* of those that don't repeat */
    struct hash_field *fields; /* of a small hash that is drawn from again and again: it is walked once */
    struct hash_walk walk;
};

static void reply_count(struct reply *reply, const struct drawing *drawing)
{
    bool is_flat = drawing->with_values && reply->protocol < 3;
    reply_array(reply, is_flat ? 2 * drawing->left : drawing->left);
}

static void reply_drawn(struct reply *reply, const struct drawing *drawing, const struct hash_field *field)
{
    if (drawing->with_values && reply->protocol >= 3)
        reply_array(reply, 2);
    reply_bulk(reply, field->name);
    if (drawing->with_values)
        reply_hash_value(reply, field);
}

static void draw(struct drawing *drawing, struct hash_field *field)
{
    uint64_t rank = 0, count = hash_count(&drawing->telling.held.collection);
    if (drawing->telling.repeated)
        rank = random_below(count);
    else
        (void)sample_next(&drawing->sample, &rank);
    if (drawing->fields) {
        *field = drawing->fields[rank];
        return;
    }
    hash_walk_seek(&drawing->walk, rank);
    (void)hash_walk_next(&drawing->walk, field);
}

static bool tell(struct telling *telling, struct reply *reply)
{
    struct drawing *drawing = LIST_ENTRY(telling, struct drawing, telling);
    struct hash_field field;
    if (drawing->left == 0)
        return false;
    drawing->left--;
    draw(drawing, &field);
    reply_drawn(reply, drawing, &field);
    return true;
}

static void clear(struct telling *telling)
{
    struct drawing *drawing = LIST_ENTRY(telling, struct drawing, telling);
    sample_clear(&drawing->sample);
    mem_free(drawing->fields);
}

static void note_fields(struct drawing *drawing)
{
    uint64_t count = hash_count(&drawing->telling.held.collection);
    drawing->fields = mem_alloc(count * sizeof *drawing->fields);
    for (uint64_t i = 0; i < count; i++)
        (void)hash_walk_next(&drawing->walk, &drawing->fields[i]);
}

/* Below zero `count` is how many are drawn, each from all; else fields are drawn once. */
static void draw_several(struct call *call, int64_t count, bool with_values)
{
    struct drawing *drawing = telling_new(call, sizeof *drawing, VALUE_HASH, 1);
    const struct collection *hash = &drawing->telling.held.collection;
    drawing->telling.tell = tell;
    drawing->telling.clear = clear;
    drawing->with_values = with_values;
    drawing->telling.repeated = count < 0 ? (uint64_t)-count : 0;
    hash_walk_begin(&drawing->walk, hash);
    if (!drawing->telling.repeated)
        sample_begin(&drawing->sample, hash_count(hash), (uint64_t)count);
    else if (!hash->large)
        note_fields(drawing);
    drawing->left = drawing->telling.repeated ? drawing->telling.repeated : drawing->sample.wanted;
    reply_count(call->reply, drawing);
    telling_run(call, &drawing->telling);
}

/* ---- the command ---- */

/* Replies of twice as many elements must be possible. */
static bool parse_count(struct call *call, int64_t *count)
{
    bool with_values = call->argc > 3;
    if (!call_int_in(call, 2, -INT64_MAX, INT64_MAX, count))
        return false;
    if (call->argc > 4 || (with_values && !call_arg_is(call, 3, "withvalues"))) {
        call_syntax_error(call);
        return false;
    }
    if (!with_values || (*count >= -INT64_MAX / 2 && *count <= INT64_MAX / 2))
        return true;
    call_error(call, ERR_OUT_OF_RANGE);
    return false;
}

static void draw_one(struct call *call, const struct collection *hash)
{
    struct hash_walk walk;
    struct hash_field field;
    if (hash_count(hash) == 0) {
        reply_null(call->reply);
        return;
    }
    hash_walk_begin(&walk, hash);
    hash_walk_seek(&walk, random_below(hash_count(hash)));
    (void)hash_walk_next(&walk, &field);
    reply_bulk(call->reply, field.name);
}

static void cmd_hrandfield(struct call *call)
{
    struct collection hash;
    int64_t count = 0;
    if ((call->argc > 2 && !parse_count(call, &count)) || !call_hash(call, &hash))
        return;
    if (call->argc == 2)
        draw_one(call, &hash);
    else if (hash_count(&hash) == 0)
        reply_array(call->reply, 0);
    else
        draw_several(call, count, call->argc > 3);
}

static const char *const random_tips[] = {"nondeterministic_output", NULL};

static const struct command hash_random_commands[] = {
    {
        .name = "hrandfield",
        .run = cmd_hrandfield,
        .arity = -2,
        .flags = COMMAND_READONLY,
        .acl = ACL_HASH,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "hash",
        .since = "6.2.0",
        .complexity = "O(N) where N is the number of fields returned",
        .summary = "Returns one or more random fields from a hash.",
        .synopsis = "key [options(count:integer [withvalues=WITHVALUES])]",
        .tips = random_tips,
    },
    {0},
};

const struct command_family hash_random_family = {.name = "hash_random", .commands = hash_random_commands};
