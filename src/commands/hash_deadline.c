/* SPDX-License-Identifier: BSD-3-Clause */
#include "hash_deadline.h"
#include "base/alloc.h"
#include "base/number.h"
#include "engine/journal.h"
#include "engine/server.h"

/* Milliseconds since 1970 that fields live to at most. */
#define FIELD_DEADLINE_MAX (((int64_t)1 << 46) - 1)

bool call_named_fields(struct call *call, int index, const char *bad_count, int *first)
{
    int64_t count;
    if (!call_arg_is(call, index, "fields")) {
        call_error_format(call, "ERR Mandatory argument FIELDS is missing or not at the right position");
        return false;
    }
    if (index + 2 >= call->argc) {
        call_arity_error(call);
        return false;
    }
    if (!parse_i64(call->argv[index + 1], &count) || count < 1 || count > INT32_MAX) {
        call_error_format(call, "%s", bad_count);
        return false;
    }
    if (count != call->argc - index - 2) {
        call_error_format(call, "ERR The `numfields` parameter must match the number of arguments");
        return false;
    }
    *first = index + 2;
    return true;
}

bool call_field_deadline(struct call *call, int index, enum deadline_unit unit, bool is_absolute,
                         struct deadline *deadline)
{
    int64_t value, offset_ms = call->server->clock.wall_offset_ms;
    if (!call_int(call, index, &value))
        return false;
    if (value < 0) {
        call_error_format(call, "ERR invalid expire time, must be >= 0");
        return false;
    }
    if (!call_deadline(call, value, unit, is_absolute, deadline))
        return false;
    if (deadline->at_ms <= FIELD_DEADLINE_MAX - offset_ms)
        return true;
    call_error_format(call, "ERR invalid expire time in '%s' command", call->command->full_name);
    return false;
}

/* ---- recording ---- */

void picked_init(struct picked_fields *picked, const struct call *call, int count_max)
{
    bool is_wanted = call->server->journal.is_on;
    picked->indexes = is_wanted ? mem_alloc((size_t)count_max * sizeof *picked->indexes) : NULL;
    picked->count = 0;
}

void picked_clear(struct picked_fields *picked)
{
    mem_free(picked->indexes);
}

/* The record that ends with the fields and begins with `count` words in front of them. */
static void record(struct call *call, const struct picked_fields *picked, int count,
                   const struct bytes *words)
{
    struct bytes *argv = mem_alloc((size_t)(count + picked->count) * sizeof *argv);
    memcpy(argv, words, (size_t)count * sizeof *words);
    for (int i = 0; i < picked->count; i++)
        argv[count + i] = call->argv[picked->indexes[i]];
    call_record(call, count + picked->count, argv);
    mem_free(argv);
}

void picked_record(struct call *call, const struct picked_fields *picked, struct deadline deadline)
{
    if (!picked->indexes)
        return;
    char count_digits[NUMBER_I64_SIZE], time_digits[NUMBER_I64_SIZE];
    struct bytes key = call->argv[1], fields = BYTES("FIELDS");
    struct bytes count = bytes_make(count_digits, print_i64(count_digits, picked->count));
    int64_t wall_ms = deadline.at_ms + call->server->clock.wall_offset_ms;
    if (deadline.mode == DEADLINE_NONE)
        record(call, picked, 4, (struct bytes[]){BYTES("HPERSIST"), key, fields, count});
    else if (deadline_is_past(call, deadline))
        record(call, picked, 2, (struct bytes[]){BYTES("HDEL"), key});
    else
        record(call, picked, 5,
               (struct bytes[]){BYTES("HPEXPIREAT"), key,
                                bytes_make(time_digits, print_i64(time_digits, wall_ms)), fields, count});
}
