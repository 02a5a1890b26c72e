/* SPDX-License-Identifier: BSD-3-Clause */
/* HRANDFIELD: every field is as likely as any other. */
#include "base/alloc.h"
#include "base/random.h"
#include "commands/families.h"
#include "hash_access.h"
#include "types/sample.h"

struct drawing {
    struct reply *reply;
    const struct collection *hash;
    bool with_values;
};

static void reply_count(const struct drawing *drawing, uint64_t count)
{
    bool is_flat = drawing->with_values && drawing->reply->protocol < 3;
    reply_array(drawing->reply, is_flat ? 2 * count : count);
}

static void reply_drawn(const struct drawing *drawing, const struct hash_field *field)
{
    if (drawing->with_values && drawing->reply->protocol >= 3)
        reply_array(drawing->reply, 2);
    reply_bulk(drawing->reply, field->name);
    if (drawing->with_values)
        reply_hash_value(drawing->reply, field);
}

/* ---- the same field again and again ---- */

static void repeat_from_large(const struct drawing *drawing, uint64_t count)
{
    struct hash_walk walk;
    struct hash_field field;
    hash_walk_begin(&walk, drawing->hash);
    while (count-- > 0) {
        hash_walk_seek(&walk, random_below(hash_count(drawing->hash)));
        (void)hash_walk_next(&walk, &field);
        reply_drawn(drawing, &field);
    }
}

/* A packed hash is walked once, however many are drawn. */
static void repeat_from_packed(const struct drawing *drawing, uint64_t count)
{
    uint64_t field_count = hash_count(drawing->hash);
    struct hash_field *fields = mem_alloc(field_count * sizeof *fields);
    struct hash_walk walk;
    hash_walk_begin(&walk, drawing->hash);
    for (uint64_t i = 0; i < field_count; i++)
        (void)hash_walk_next(&walk, &fields[i]);
    while (count-- > 0)
        reply_drawn(drawing, &fields[random_below(field_count)]);
    mem_free(fields);
}

static void draw_repeating(const struct drawing *drawing, uint64_t count)
{
    reply_count(drawing, count);
    if (drawing->hash->large)
        repeat_from_large(drawing, count);
    else
        repeat_from_packed(drawing, count);
}

/* ---- each at most once ---- */

static void draw_distinct(const struct drawing *drawing, uint64_t count)
{
    struct hash_walk walk;
    struct hash_field field;
    struct sample sample;
    uint64_t rank;
    sample_begin(&sample, hash_count(drawing->hash), count);
    reply_count(drawing, sample.wanted);
    hash_walk_begin(&walk, drawing->hash);
    while (sample_next(&sample, &rank)) {
        hash_walk_seek(&walk, rank);
        (void)hash_walk_next(&walk, &field);
        reply_drawn(drawing, &field);
    }
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
    struct drawing drawing = {call->reply, &hash, call->argc > 3};
    if (call->argc == 2)
        draw_one(call, &hash);
    else if (hash_count(&hash) == 0)
        reply_array(call->reply, 0);
    else if (count < 0)
        draw_repeating(&drawing, (uint64_t)-count);
    else
        draw_distinct(&drawing, (uint64_t)count);
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
