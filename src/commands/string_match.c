/* SPDX-License-Identifier: BSD-3-Clause */
/* A string's digest; removing a key only if its string is still the one that was read. */
#include "base/alloc.h"
#include "base/fingerprint.h"
#include "commands/families.h"
#include "engine/edit.h"
#include "engine/journal.h"
#include "engine/key_spec.h"
#include "engine/long_work.h"
#include "engine/server.h"
#include "string_access.h"
#include "string_condition.h"

/* ---- DIGEST ---- */

#define LONG_STRING_MIN ((size_t)1 << 20)
#define PIECE           ((size_t)256 << 10)

/* That of a long string, which is held. */
struct long_digest {
    struct long_work work;
    struct store *store;
    struct blob *string;
    size_t done; /* bytes of it */
    struct fingerprinting *fingerprint;
};

static bool step(struct long_work *work)
{
    struct long_digest *digest = LIST_ENTRY(work, struct long_digest, work);
    size_t left = digest->string->len - digest->done, len = left < PIECE ? left : PIECE;
    fingerprinting_add(digest->fingerprint, bytes_make(digest->string->data + digest->done, len));
    digest->done += len;
    return len == left;
}

static void finish(struct call *call, struct long_work *work)
{
    char text[STRING_DIGEST_LEN];
    string_digest_print(fingerprinting_result(LIST_ENTRY(work, struct long_digest, work)->fingerprint), text);
    reply_bulk(call->reply, bytes_make(text, sizeof text));
}

static void free_digest(struct long_work *work)
{
    struct long_digest *digest = LIST_ENTRY(work, struct long_digest, work);
    store_release_blob(digest->store, digest->string);
    fingerprinting_free(digest->fingerprint);
    mem_free(digest);
}

static void reply_long_digest(struct call *call, const struct entry *entry)
{
    struct long_digest *digest = mem_alloc(sizeof *digest);
    *digest = (struct long_digest){.work = {.step = step, .finish = finish, .free = free_digest},
                                   .store = call->server->store,
                                   .string = hold_string(entry),
                                   .fingerprint = fingerprinting_new()};
    long_work_run(call, &digest->work);
}

static void cmd_digest(struct call *call)
{
    const struct entry *entry;
    char digest[STRING_DIGEST_LEN], scratch[STRING_SCRATCH];
    if (!call_find_string(call, call_key(call, 1), &entry))
        return;
    if (!entry) {
        reply_null(call->reply);
        return;
    }
    if (entry_string(entry, scratch).len >= LONG_STRING_MIN) {
        reply_long_digest(call, entry);
        return;
    }
    string_digest(entry, digest);
    reply_bulk(call->reply, bytes_make(digest, sizeof digest));
}

/* ---- DELEX, DELIFEQ ---- */

static void remove_and_reply(struct call *call, struct key key)
{
    bool was_there = call_remove(call, key);
    if (was_there)
        call_record_words(call, "DEL", key.name);
    reply_int(call->reply, was_there);
}

/* The key and whether the condition holds; false, having replied, when there is nothing to ask. */
static bool is_to_go(struct call *call, const struct entry *entry)
{
    struct condition_option option = {0};
    int index = 2;
    bool holds;
    if (entry_type(entry) != VALUE_STRING) {
        call_error_format(call, "ERR Key should be of string type if conditions are specified");
        return false;
    }
    if (!take_condition(call, &index, CONDITION_CONTENT, &option)) {
        call_error_format(call, "ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE");
        return false;
    }
    if (!test_condition(call, &option, entry, &holds))
        return false;
    if (!holds)
        reply_int(call->reply, 0);
    return holds;
}

static void cmd_delex(struct call *call)
{
    struct key key = call_key(call, 1);
    if (call->argc == 2) {
        remove_and_reply(call, key);
        return;
    }
    if (call->argc != 4) {
        call_arity_error(call);
        return;
    }
    const struct entry *entry = call_find(call, key);
    if (!entry)
        reply_int(call->reply, 0);
    else if (is_to_go(call, entry))
        remove_and_reply(call, key);
}

static void cmd_delifeq(struct call *call)
{
    struct key key = call_key(call, 1);
    const struct entry *entry;
    char scratch[STRING_SCRATCH];
    if (!call_string_to_edit(call, key, &entry))
        return;
    if (entry && bytes_equal(entry_string(entry, scratch), call->argv[2]))
        remove_and_reply(call, key);
    else
        reply_int(call->reply, 0);
}

/* ---- what clients are told ---- */

/* Without a condition the value isn't looked at; with one it is shown, guess by guess. */
static bool find_keys_of_delex(const struct bytes *argv, int argc, struct key_positions *positions)
{
    bool is_read = false;
    for (int i = 2; i < argc; i++)
        is_read |= is_comparing_word(argv[i]);
    key_positions_add(positions, 1, (is_read ? KEY_RW | KEY_ACCESS : KEY_RM) | KEY_DELETE);
    return true;
}

static const struct command string_match_commands[] = {
    {
        .name = "digest",
        .run = cmd_digest,
        .arity = 2,
        .flags = COMMAND_READONLY | COMMAND_FAST,
        .acl = ACL_STRING,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "string",
        .since = "8.4.0",
        .complexity = "O(N) where N is the length of the string value.",
        .summary = "Returns the XXH3 hash of a string value.",
        .synopsis = "key",
    },
    {
        .name = "delex",
        .run = cmd_delex,
        .arity = -2,
        .flags = COMMAND_WRITE | COMMAND_FAST,
        .acl = ACL_STRING,
        .keys = {KEY_AT(1, KEY_RW | KEY_ACCESS | KEY_DELETE | KEY_VARIABLE_FLAGS)},
        .find_keys = find_keys_of_delex,
        .group = "string",
        .since = "8.4.0",
        .complexity = "O(1) for IFEQ/IFNE, O(N) for IFDEQ/IFDNE where N is the length of the string value.",
        .summary = "Conditionally removes the specified key based on value or digest comparison.",
        .synopsis = "key [condition<IFEQ ifeq-value | IFNE ifne-value | IFDEQ ifdeq-digest | IFDNE "
                    "ifdne-digest>]",
    },
    {
        .name = "delifeq",
        .run = cmd_delifeq,
        .arity = 3,
        .flags = COMMAND_WRITE,
        .acl = ACL_STRING,
        .keys = {KEY_AT(1, KEY_RM | KEY_ACCESS | KEY_DELETE)},
        .group = "string",
        .since = "9.0.0",
        .complexity = "O(1)",
        .summary = "Delete key if value matches string.",
        .synopsis = "key value",
    },
    {0},
};

const struct command_family string_match_family = {.name = "string_match", .commands = string_match_commands};
