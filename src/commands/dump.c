/* SPDX-License-Identifier: BSD-3-Clause */
/* DUMP and RESTORE: arguments and replies. Payloads are written in the version that rdb-version says. */
#include "persist/dump.h"
#include "base/alloc.h"
#include "base/number.h"
#include "commands/families.h"
#include "engine/call.h"
#include "engine/deadline.h"
#include "engine/edit.h"
#include "engine/journal.h"
#include "engine/long_work.h"
#include "engine/server.h"

/* ---- DUMP ---- */

struct dump_work {
    struct long_work work;
    struct dump *dump;
};

static bool step_dump(struct long_work *work)
{
    return dump_step(LIST_ENTRY(work, struct dump_work, work)->dump);
}

static void free_dump(struct long_work *work)
{
    struct dump_work *dump = LIST_ENTRY(work, struct dump_work, work);
    dump_free(dump->dump);
    mem_free(dump);
}

static void reply_payload(struct call *call, struct long_work *work)
{
    size_t start, len;
    if (dump_has_failed(LIST_ENTRY(work, struct dump_work, work)->dump)) {
        call_error(call, ERR_OUT_OF_MEMORY);
        return;
    }
    struct blob *payload = dump_payload(LIST_ENTRY(work, struct dump_work, work)->dump, &start, &len);
    reply_bulk_blob(call->reply, payload, start, len);
}

static void begin_dump(struct call *call, const struct value *value)
{
    const struct config *config = call->server->config;
    const struct dump_options options = {.compresses = config->rdbcompression,
                                         .version = (unsigned)config->rdb_version,
                                         .wall_offset_ms = call->server->clock.wall_offset_ms};
    struct dump *dump = dump_new(call->server->store, value, &options);
    if (!dump) {
        call_error(call, ERR_OUT_OF_MEMORY);
        return;
    }
    struct dump_work *work = mem_alloc(sizeof *work);
    *work = (struct dump_work){
        .work = {.step = step_dump, .finish = reply_payload, .free = free_dump, .outlives_client = true},
        .dump = dump};
    long_work_run(call, &work->work);
}

static void cmd_dump(struct call *call)
{
    const struct entry *entry = call_find(call, call_key(call, 1));
    if (!entry) {
        reply_null(call->reply);
        return;
    }
    struct value value = entry_value(entry);
    begin_dump(call, &value);
}

/* ---- RESTORE ---- */

struct restore_options {
    bool replaces, is_absolute;
    int64_t idle_s, frequency; /* -1: not given */
};

static bool parse_idle(struct call *call, int index, int64_t *idle_s)
{
    if (!call_int(call, index, idle_s))
        return false;
    if (*idle_s >= 0)
        return true;
    call_error_format(call, "ERR Invalid IDLETIME value, must be >= 0");
    return false;
}

static bool parse_frequency(struct call *call, int index, int64_t *frequency)
{
    if (!call_int(call, index, frequency))
        return false;
    if (*frequency >= 0 && *frequency <= UINT8_MAX)
        return true;
    call_error_format(call, "ERR Invalid FREQ value, must be >= 0 and <= 255");
    return false;
}

static bool parse_restore_options(struct call *call, struct restore_options *options)
{
    *options = (struct restore_options){.idle_s = -1, .frequency = -1};
    for (int i = 4; i < call->argc; i++) {
        bool has_value = i + 1 < call->argc;
        if (call_arg_is(call, i, "replace")) {
            options->replaces = true;
        } else if (call_arg_is(call, i, "absttl")) {
            options->is_absolute = true;
        } else if (call_arg_is(call, i, "idletime") && has_value && options->frequency == -1) {
            if (!parse_idle(call, ++i, &options->idle_s))
                return false;
        } else if (call_arg_is(call, i, "freq") && has_value && options->idle_s == -1) {
            if (!parse_frequency(call, ++i, &options->frequency))
                return false;
        } else {
            call_syntax_error(call);
            return false;
        }
    }
    return true;
}

static bool parse_ttl(struct call *call, const struct restore_options *options, struct deadline *deadline)
{
    int64_t ttl_ms;
    *deadline = (struct deadline){.mode = DEADLINE_NONE};
    if (!call_int(call, 2, &ttl_ms))
        return false;
    if (ttl_ms < 0) {
        call_error_format(call, "ERR Invalid TTL value, must be >= 0");
        return false;
    }
    return ttl_ms == 0 || call_deadline(call, ttl_ms, DEADLINE_MILLISECONDS, options->is_absolute, deadline);
}

/* True when there is a value; otherwise it has replied. */
static bool is_restored(struct call *call, enum restored result)
{
    switch (result) {
    case RESTORED:
        return true;
    case RESTORE_WRONG_FOOTER:
        call_error_format(call, "ERR DUMP payload version or checksum are wrong");
        break;
    case RESTORE_WRONG_TYPE:
        call_error_format(call, "ERR Bad data format: values of RDB type %u are not supported",
                          (unsigned)(unsigned char)call->argv[3].data[0]);
        break;
    case RESTORE_WRONG_FORMAT:
        call_error_format(call, "ERR Bad data format");
        break;
    case RESTORE_NO_MEMORY:
        call_error(call, ERR_OUT_OF_MEMORY);
        break;
    }
    return false;
}

/* The key is to be gone already when it comes: what was there goes, nothing takes its place. */
static void restore_dead(struct call *call, struct key key)
{
    if (call_remove(call, key))
        call_record_words(call, "DEL", key.name);
}

static int64_t idle_ms_of(int64_t idle_s)
{
    return idle_s > INT64_MAX / 1000 ? INT64_MAX : idle_s * 1000;
}

static void put(struct call *call, struct key key, struct value value, struct deadline deadline,
                const struct restore_options *options)
{
    struct store *store = call->server->store;
    const struct entry *entry = call_set_anew(call, key, value, deadline, EVENT_GENERIC, "restore");
    if (options->frequency >= 0)
        store_set_frequency(store, entry, (unsigned)options->frequency);
    if (options->idle_s >= 0)
        store_set_idle_ms(store, entry, idle_ms_of(options->idle_s));
}

/* A relative time means something else when it is read again. */
static void record_restore(struct call *call, struct deadline deadline, const struct restore_options *options)
{
    char digits[NUMBER_I64_SIZE];
    int64_t wall_ms = deadline.at_ms + call->server->clock.wall_offset_ms;
    if (deadline.mode != DEADLINE_SET || options->is_absolute || !call->server->journal.is_on)
        return;
    size_t count = (size_t)call->argc + 1;
    struct bytes *argv = mem_alloc(count * sizeof *argv);
    memcpy(argv, call->argv, (size_t)call->argc * sizeof *argv);
    argv[2] = bytes_make(digits, print_i64(digits, wall_ms));
    argv[count - 1] = BYTES("ABSTTL");
    call_record(call, (int)count, argv);
    mem_free(argv);
}

/* What is asked for, and where: as the arguments and the key are now. */
struct restoration {
    struct key key;
    struct restore_options options;
    struct deadline deadline;
};

static bool prepare(struct call *call, struct restoration *restoration)
{
    restoration->key = call_key(call, 1);
    if (!parse_restore_options(call, &restoration->options))
        return false;
    if (!restoration->options.replaces && keyspace_peek(call->keyspace, restoration->key)) {
        call_error(call, ERR_BUSY_KEY);
        return false;
    }
    return parse_ttl(call, &restoration->options, &restoration->deadline);
}

/* Bytes that don't fit an entry are copied to a blob. */
static bool has_room(struct call *call, const struct value *value)
{
    bool is_copied = value->type == VALUE_STRING && !value->blob && value->bytes.len > INLINE_VALUE_MAX;
    return !is_copied || call_has_room(call, value->bytes.len);
}

static void complete(struct call *call, const struct restoration *restoration, struct value value)
{
    if (restoration->deadline.mode == DEADLINE_SET && deadline_is_past(call, restoration->deadline)) {
        restore_dead(call, restoration->key);
        reply_ok(call->reply);
    } else if (has_room(call, &value)) {
        put(call, restoration->key, value_hold(&value), restoration->deadline, &restoration->options);
        record_restore(call, restoration->deadline, &restoration->options);
        reply_ok(call->reply);
    }
}

struct restore_work {
    struct long_work work;
    struct restore *restore;
};

static bool step_restore(struct long_work *work)
{
    return restore_step(LIST_ENTRY(work, struct restore_work, work)->restore);
}

static void free_restore(struct long_work *work)
{
    struct restore_work *restore = LIST_ENTRY(work, struct restore_work, work);
    restore_free(restore->restore);
    mem_free(restore);
}

/* NULL when there is no memory. */
static struct blob *hold_argument(const struct call *call, int index)
{
    struct bytes bytes = call->argv[index];
    if (call->big_argument && call->big_argument->data == bytes.data)
        return blob_ref(call->big_argument);
    return blob_try_of(bytes);
}

/* The key may be there by now, and the lifetime begins only here. */
static void finish_restore(struct call *call, struct long_work *work)
{
    struct restoration restoration;
    struct value value;
    enum restored result = restore_result(LIST_ENTRY(work, struct restore_work, work)->restore, &value);
    if (prepare(call, &restoration) && is_restored(call, result))
        complete(call, &restoration, value);
}

static struct long_work *make_restore_work(const struct call *call, struct blob *payload)
{
    const struct server *server = call->server;
    struct value_limits limits = edit_all_limits(server);
    struct restore_work *work = mem_alloc(sizeof *work);
    *work = (struct restore_work){
        .work = {.step = step_restore, .finish = finish_restore, .free = free_restore, .changes_data = true},
        .restore = restore_new(server->store, payload, server->skips_checksums, &limits,
                               server->clock.wall_offset_ms),
    };
    return &work->work;
}

static void cmd_restore(struct call *call)
{
    struct restoration restoration;
    if (!prepare(call, &restoration))
        return;
    if (!restore_knows(call->argv[3])) {
        (void)is_restored(call, RESTORE_WRONG_FOOTER);
        return;
    }
    struct blob *payload = hold_argument(call, 3);
    if (payload)
        long_work_run(call, make_restore_work(call, payload));
    else
        (void)is_restored(call, RESTORE_NO_MEMORY);
}

/* ---- rows ---- */

static const char *const nondeterministic_tips[] = {"nondeterministic_output", NULL};
static const struct command_history restore_history[] = {
    {"3.0.0", "Added the `REPLACE` modifier."},
    {"5.0.0", "Added the `ABSTTL` modifier."},
    {"5.0.0", "Added the `IDLETIME` and `FREQ` options."},
    {NULL, NULL},
};

static const struct command dump_commands[] = {
    {
        .name = "dump",
        .run = cmd_dump,
        .arity = 2,
        .flags = COMMAND_READONLY,
        .acl = ACL_KEYSPACE,
        .keys = {KEY_AT(1, KEY_RO | KEY_ACCESS)},
        .group = "generic",
        .since = "2.6.0",
        .complexity = "O(1) to access the key and additional O(N*M) to serialize it, where N is the number "
                      "of Redis objects composing the value and M their average size. For small string "
                      "values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1).",
        .summary = "Returns a serialized representation of the value stored at a key.",
        .synopsis = "key",
        .tips = nondeterministic_tips,
    },
    {
        .name = "restore",
        .run = cmd_restore,
        .arity = -4,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM,
        .acl = ACL_KEYSPACE | ACL_DANGEROUS,
        .keys = {KEY_AT(1, KEY_OW | KEY_UPDATE)},
        .group = "generic",
        .since = "2.6.0",
        .complexity = "O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, "
                      "where N is the number of Redis objects composing the value and M their average size. "
                      "For small string values the time complexity is thus O(1)+O(1*M) where M is small, so "
                      "simply O(1). However for sorted set values the complexity is O(N*M*log(N)) because "
                      "inserting values into sorted sets is O(log(N)).",
        .summary = "Creates a key from the serialized representation of a value.",
        .synopsis = "key ttl:integer serialized-value [REPLACE{since=3.0.0}] [ABSTTL{since=5.0.0}] [IDLETIME "
                    "seconds:integer{since=5.0.0}] [FREQ frequency:integer{since=5.0.0}]",
        .history = restore_history,
    },
    {.name = NULL},
};

const struct command_family dump_family = {"dump", dump_commands};
