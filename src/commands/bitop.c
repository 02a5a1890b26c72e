/* SPDX-License-Identifier: BSD-3-Clause */
/* BITOP. The sources are held while they are combined, so that nobody writes to them in place. When one isn't
 * the value of its key any more in the end, all is done again without a break: the result is always that of
 * the moment when it is stored. */
#include "base/alloc.h"
#include "commands/families.h"
#include "engine/edit.h"
#include "engine/long_work.h"
#include "engine/server.h"
#include "string_access.h"
#include "types/bitmap.h"

/* A longer result becomes the value as it is. */
#define COPIED_RESULT_MAX 1024
/* As much of the result is made between two looks at the clock, and of all sources read. */
#define STEP_BYTES ((size_t)64 << 10)

struct bitop {
    struct long_work work;
    enum bitmap_operation operation;
    size_t source_count;
    struct blob **sources; /* those of keys that aren't there are NULL */
    struct bytes *bytes;   /* of the sources */
    struct blob *result;
    struct store *store;
    size_t done; /* bytes of it */
};

static bool parse_operation(struct call *call, enum bitmap_operation *operation)
{
    static const char *const words[] = {
        [BITMAP_AND] = "AND", [BITMAP_OR] = "OR", [BITMAP_XOR] = "XOR", [BITMAP_NOT] = "NOT"};
    for (int i = BITMAP_AND; i <= BITMAP_NOT; i++) {
        if (!call_arg_is(call, 1, words[i]))
            continue;
        if (i == BITMAP_NOT && call->argc != 4) {
            call_error_format(call, "ERR BITOP NOT must be called with a single source key.");
            return false;
        }
        *operation = (enum bitmap_operation)i;
        return true;
    }
    call_syntax_error(call);
    return false;
}

/* ---- the work ---- */

static bool step(struct long_work *work)
{
    struct bitop *bitop = LIST_ENTRY(work, struct bitop, work);
    size_t left = bitop->result->len - bitop->done, most = STEP_BYTES / bitop->source_count + 1;
    size_t to = bitop->done + (left < most ? left : most);
    if (left > 0)
        bitmap_combine(bitop->operation, bitop->bytes, bitop->source_count, bitop->result->data, bitop->done,
                       to);
    bitop->done = to;
    return bitop->done == bitop->result->len;
}

static void free_bitop(struct long_work *work)
{
    struct bitop *bitop = LIST_ENTRY(work, struct bitop, work);
    for (size_t i = 0; i < bitop->source_count; i++)
        store_release_blob(bitop->store, bitop->sources[i]);
    store_release_blob(bitop->store, bitop->result);
    mem_free(bitop->sources);
    mem_free(bitop->bytes);
    mem_free(bitop);
}

static void finish(struct call *call, struct long_work *work);

static const struct entry *source_entry(struct call *call, size_t index)
{
    return keyspace_peek(call->keyspace, call_key(call, (int)index + 3));
}

/* Holds argv[3] and following, which are strings or not there. NULL, having replied, when there is no
 * memory for the result. */
static struct bitop *hold_sources(struct call *call, enum bitmap_operation operation)
{
    struct bitop *bitop = mem_zalloc(sizeof *bitop);
    size_t len = 0;
    bitop->work =
        (struct long_work){.step = step, .finish = finish, .free = free_bitop, .changes_data = true};
    bitop->store = call->server->store;
    bitop->operation = operation;
    bitop->source_count = (size_t)call->argc - 3;
    bitop->sources = mem_zalloc(bitop->source_count * sizeof *bitop->sources);
    bitop->bytes = mem_zalloc(bitop->source_count * sizeof *bitop->bytes);
    for (size_t i = 0; i < bitop->source_count; i++) {
        const struct entry *entry = source_entry(call, i);
        if (!entry)
            continue;
        bitop->sources[i] = hold_string(entry);
        bitop->bytes[i] = blob_bytes(bitop->sources[i]);
        len = bitop->bytes[i].len > len ? bitop->bytes[i].len : len;
    }
    bitop->result = blob_try_new(len, len);
    if (bitop->result)
        return bitop;
    free_bitop(&bitop->work);
    call_error(call, ERR_OUT_OF_MEMORY);
    return NULL;
}

/* True when the keys still hold what was combined. */
static bool is_current(struct call *call, const struct bitop *bitop)
{
    for (size_t i = 0; i < bitop->source_count; i++) {
        if (!is_held_string(bitop->sources[i], source_entry(call, i)))
            return false;
    }
    return true;
}

/* ---- the command ---- */

/* Makes the result the string at `target`; a short one is copied, since an entry has room for it. */
static void store_result(struct call *call, struct key target, struct blob *result)
{
    struct value value = string_value_blob(result);
    if (result->len == 0) {
        call_remove(call, target);
        return;
    }
    if (result->len <= COPIED_RESULT_MAX)
        value.blob = NULL;
    else
        (void)blob_ref(result);
    call_set(call, target, value, (struct deadline){.mode = DEADLINE_NONE}, EVENT_STRING, "set");
}

static void reply_result(struct call *call, struct blob *result)
{
    reply_int(call->reply, (int64_t)result->len);
    store_result(call, call_key(call, 2), result);
}

/* The sources are others by now: nothing may come in between any more. */
static void combine_again(struct call *call, enum bitmap_operation operation)
{
    const struct entry *entry;
    for (int i = 3; i < call->argc; i++) {
        if (!call_string_to_edit(call, call_key(call, i), &entry))
            return;
    }
    struct bitop *bitop = hold_sources(call, operation);
    if (!bitop)
        return;
    while (!step(&bitop->work))
        ;
    reply_result(call, bitop->result);
    free_bitop(&bitop->work);
}

static void finish(struct call *call, struct long_work *work)
{
    const struct bitop *bitop = LIST_ENTRY(work, struct bitop, work);
    if (is_current(call, bitop))
        reply_result(call, bitop->result);
    else
        combine_again(call, bitop->operation);
}

static void cmd_bitop(struct call *call)
{
    enum bitmap_operation operation;
    if (!parse_operation(call, &operation))
        return;
    /* Finding a key may move the entries of others. Once all were found, looking at them again moves
     * nothing. */
    for (int i = 3; i < call->argc; i++) {
        const struct entry *entry;
        if (!call_find_string(call, call_key(call, i), &entry))
            return;
    }
    struct bitop *bitop = hold_sources(call, operation);
    if (bitop)
        long_work_run(call, &bitop->work);
}

static const struct command bitop_commands[] = {
    {
        .name = "bitop",
        .run = cmd_bitop,
        .arity = -4,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_BITMAP,
        .keys = {KEY_AT(2, KEY_OW | KEY_UPDATE), KEYS_FROM(3, KEY_RO | KEY_ACCESS)},
        .group = "bitmap",
        .since = "2.6.0",
        .complexity = "O(N)",
        .summary = "Performs bitwise operations on multiple strings, and stores the result.",
        .synopsis = "operation<AND | OR | XOR | NOT> destkey:key key...",
    },
    {0},
};

const struct command_family bitop_family = {.name = "bitop", .commands = bitop_commands};
