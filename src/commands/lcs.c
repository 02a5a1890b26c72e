/* SPDX-License-Identifier: BSD-3-Clause */
/* LCS, in slices: the strings are held, and the reply is that of the moment when it was asked for. Texts that
 * are too long are refused by the size of the table that the textbook's way would need, as by Redis, although
 * the way that is taken here needs a fraction of it. */
#include "types/lcs.h"
#include "base/alloc.h"
#include "commands/families.h"
#include "engine/long_work.h"
#include "engine/server.h"
#include "string_access.h"

/* Some hundred microseconds. */
#define STEPS ((size_t)64 << 10)

struct lcs_options {
    bool wants_length, wants_matches, shows_match_length;
    int64_t match_length_min;
};

struct long_lcs {
    struct long_work work;
    struct store *store;
    struct blob *strings[2]; /* NULL: there is none */
    struct lcs lcs;
    struct lcs_options options;
    enum lcs_progress progress;
};

static bool parse_options(struct call *call, struct lcs_options *options)
{
    for (int i = 3; i < call->argc; i++) {
        if (call_arg_is(call, i, "IDX")) {
            options->wants_matches = true;
        } else if (call_arg_is(call, i, "LEN")) {
            options->wants_length = true;
        } else if (call_arg_is(call, i, "WITHMATCHLEN")) {
            options->shows_match_length = true;
        } else if (call_arg_is(call, i, "MINMATCHLEN") && i + 1 < call->argc) {
            if (!call_int(call, ++i, &options->match_length_min))
                return false;
        } else {
            call_syntax_error(call);
            return false;
        }
    }
    if (options->wants_length && options->wants_matches) {
        call_error_format(call, "ERR If you want both the length and indexes, please just use IDX.");
        return false;
    }
    return true;
}

static bool sizes_are_ok(struct call *call, struct bytes a, struct bytes b)
{
    uint64_t limit = (uint64_t)call->server->config->proto_max_bulk_len;
    uint64_t size;
    if (a.len >= UINT32_MAX - 1 || b.len >= UINT32_MAX - 1) {
        call_error_format(call, "ERR String too long for LCS");
        return false;
    }
    if (__builtin_mul_overflow(((uint64_t)a.len + 1) * ((uint64_t)b.len + 1), sizeof(uint32_t), &size) ||
        size > limit) {
        call_error_format(call,
                          "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
        return false;
    }
    return true;
}

static void reply_range(struct reply *reply, size_t first, size_t len)
{
    reply_array(reply, 2);
    reply_int(reply, (int64_t)first);
    reply_int(reply, (int64_t)(first + len - 1));
}

static void reply_matches(struct reply *reply, const struct lcs *lcs, const struct lcs_options *options)
{
    size_t count = 0;
    struct reply_mark later;
    reply_map(reply, 2);
    reply_bulk_text(reply, "matches");
    later = reply_later(reply);
    for (size_t i = 0; i < lcs->match_count; i++) {
        struct lcs_match match = lcs->matches[i];
        if ((int64_t)match.len < options->match_length_min)
            continue;
        reply_array(reply, options->shows_match_length ? 3 : 2);
        reply_range(reply, match.in_a, match.len);
        reply_range(reply, match.in_b, match.len);
        if (options->shows_match_length)
            reply_int(reply, (int64_t)match.len);
        count++;
    }
    reply_later_done(reply, later, '*', count);
    reply_bulk_text(reply, "len");
    reply_int(reply, (int64_t)lcs->length);
}

static void reply_text(struct call *call, const struct lcs *lcs)
{
    struct blob *text = blob_try_new(lcs->length, lcs->length);
    size_t begin = lcs->length;
    if (!text) {
        call_error(call, ERR_OUT_OF_MEMORY);
        return;
    }
    for (size_t i = 0; i < lcs->match_count; i++) {
        begin -= lcs->matches[i].len;
        memcpy(text->data + begin, lcs->a.data + lcs->matches[i].in_a, lcs->matches[i].len);
    }
    reply_bulk_blob(call->reply, text, 0, text->len);
    blob_unref(text);
}

static void reply_lcs(struct call *call, const struct long_lcs *work)
{
    const struct lcs_options *options = &work->options;
    if (work->progress == LCS_NO_MEMORY)
        call_error_format(call, "ERR Insufficient memory, failed allocating transient memory for LCS");
    else if (options->wants_matches)
        reply_matches(call->reply, &work->lcs, options);
    else if (options->wants_length)
        reply_int(call->reply, (int64_t)work->lcs.length);
    else
        reply_text(call, &work->lcs);
}

/* ---- the work ---- */

static bool step(struct long_work *work)
{
    struct long_lcs *lcs = LIST_ENTRY(work, struct long_lcs, work);
    lcs->progress = lcs_some(&lcs->lcs, STEPS);
    return lcs->progress != LCS_MORE;
}

static void finish(struct call *call, struct long_work *work)
{
    reply_lcs(call, LIST_ENTRY(work, struct long_lcs, work));
}

/* The rows may be many. */
static void free_lcs(struct long_work *work)
{
    struct long_lcs *lcs = LIST_ENTRY(work, struct long_lcs, work);
    store_release_blob(lcs->store, lcs->lcs.rows);
    lcs->lcs.rows = NULL;
    lcs_clear(&lcs->lcs);
    for (int i = 0; i < 2; i++)
        store_release_blob(lcs->store, lcs->strings[i]);
    mem_free(lcs);
}

static struct long_work *make_work(struct call *call, const struct entry *const entries[2],
                                   const struct lcs_options *options)
{
    struct long_lcs *lcs = mem_zalloc(sizeof *lcs);
    struct bytes strings[2] = {{0}, {0}};
    lcs->work = (struct long_work){.step = step, .finish = finish, .free = free_lcs};
    lcs->options = *options;
    lcs->store = call->server->store;
    for (int i = 0; i < 2; i++) {
        if (!entries[i])
            continue;
        lcs->strings[i] = hold_string(entries[i]);
        strings[i] = blob_bytes(lcs->strings[i]);
    }
    lcs_init(&lcs->lcs, strings[0], strings[1], !options->wants_length);
    return &lcs->work;
}

/* ---- the command ---- */

/* The strings, or NULL where there is none; false, having replied, when a key holds something else. */
static bool find_strings(struct call *call, const struct entry *entries[2])
{
    struct key keys[2] = {call_key(call, 1), call_key(call, 2)};
    /* Finding the second key may move the first one's entry. A peek moves nothing now: both are alive at this
     * time. */
    for (int i = 0; i < 2; i++)
        call_find(call, keys[i]);
    for (int i = 0; i < 2; i++)
        entries[i] = keyspace_peek(call->keyspace, keys[i]);
    for (int i = 0; i < 2; i++) {
        if (entries[i] && entry_type(entries[i]) != VALUE_STRING) {
            call_error_format(call, "ERR The specified keys must contain string values");
            return false;
        }
    }
    return true;
}

static void cmd_lcs(struct call *call)
{
    const struct entry *entries[2];
    char scratch[2][STRING_SCRATCH];
    struct lcs_options options = {0};
    if (find_strings(call, entries) && parse_options(call, &options) &&
        sizes_are_ok(call, entry_string(entries[0], scratch[0]), entry_string(entries[1], scratch[1])))
        long_work_run(call, make_work(call, entries, &options));
}

static const struct command lcs_commands[] = {
    {
        .name = "lcs",
        .run = cmd_lcs,
        .arity = -3,
        .flags = COMMAND_READONLY,
        .acl = ACL_STRING,
        .keys = {{.flags = KEY_RO | KEY_ACCESS, .begin = KEY_BEGIN_INDEX, .first = 1, .last = 1, .step = 1}},
        .group = "string",
        .since = "7.0.0",
        .complexity = "O(N*M) where N and M are the lengths of s1 and s2, respectively",
        .summary = "Finds the longest common substring.",
        .synopsis = "key1:key key2:key [LEN] [IDX] [MINMATCHLEN min-match-len:integer] [WITHMATCHLEN]",
    },
    {0},
};

const struct command_family lcs_family = {.name = "lcs", .commands = lcs_commands};
