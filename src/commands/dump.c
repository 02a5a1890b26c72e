/* SPDX-License-Identifier: BSD-3-Clause */
/* DUMP and RESTORE. A payload is a value as snapshots have it, with a footer:
 *
 *     1 byte    type
 *     ...       the value
 *     2 bytes   RDB version, lowest byte first
 *     8 bytes   CRC64 of all before it, lowest byte first
 *
 * Payloads are written in the version that rdb-version says, and read up to that of 7.4. */
#include "base/alloc.h"
#include "base/crc64.h"
#include "base/number.h"
#include "commands/families.h"
#include "engine/call.h"
#include "engine/deadline.h"
#include "engine/edit.h"
#include "engine/journal.h"
#include "engine/server.h"
#include "long_dump.h"
#include "long_restore.h"
#include "persist/rdb_string.h"

/* ---- DUMP ---- */

static void cmd_dump(struct call *call)
{
    const struct entry *entry;
    struct buf out = {0};
    struct value value;
    entry = call_find(call, call_key(call, 1));
    if (!entry) {
        reply_null(call->reply);
        return;
    }
    value = entry_value(entry);
    if (run_long_dump(call, &value))
        return;
    buf_append_char(&out, DUMP_TYPE_STRING);
    if (rdb_append_string(&out, &value,
                          call->server->config->rdbcompression ? RDB_COMPRESSED : RDB_UNCOMPRESSED)) {
        buf_append_low_first(&out, (uint64_t)call->server->config->rdb_version, DUMP_VERSION_SIZE);
        buf_append_low_first(&out, crc64(0, out.data, out.len), DUMP_CHECKSUM_SIZE);
        reply_bulk(call->reply, buf_bytes(&out));
    } else {
        call_error(call, ERR_OUT_OF_MEMORY);
    }
    buf_clear(&out);
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

/* Whether there is a footer, of a version that is known. */
static bool has_version(struct bytes payload)
{
    return payload.len >= DUMP_FOOTER_SIZE &&
           bytes_low_first(bytes_make(payload.data + payload.len - DUMP_FOOTER_SIZE, DUMP_VERSION_SIZE)) <=
               RESTORE_VERSION_MAX;
}

static bool has_checksum(const struct server *server, struct bytes payload)
{
    size_t len = payload.len - DUMP_CHECKSUM_SIZE;
    return server->skips_checksums ||
           bytes_low_first(bytes_make(payload.data + len, DUMP_CHECKSUM_SIZE)) == crc64(0, payload.data, len);
}

/* The value in the payload, lent by it or by `scratch`. */
static enum payload_result parse_payload(const struct server *server, struct bytes payload,
                                         struct buf *scratch, struct value *value)
{
    enum rdb_result result;
    if (!has_checksum(server, payload))
        return PAYLOAD_WRONG_FOOTER;
    payload.len -= DUMP_FOOTER_SIZE;
    if (payload.len == 0)
        return PAYLOAD_WRONG_FORMAT;
    if (payload.data[0] != DUMP_TYPE_STRING)
        return PAYLOAD_WRONG_TYPE;
    payload = bytes_make(payload.data + 1, payload.len - 1);
    result = rdb_take_string(&payload, scratch, value);
    if (result == RDB_NO_MEMORY)
        return PAYLOAD_NO_MEMORY;
    return result == RDB_OK && payload.len == 0 ? PAYLOAD_WHOLE : PAYLOAD_WRONG_FORMAT;
}

/* True when there is a value; otherwise it has replied. */
static bool payload_ok(struct call *call, enum payload_result result)
{
    switch (result) {
    case PAYLOAD_WHOLE:
        return true;
    case PAYLOAD_WRONG_FOOTER:
        call_error_format(call, "ERR DUMP payload version or checksum are wrong");
        break;
    case PAYLOAD_WRONG_TYPE:
        call_error_format(call, "ERR Bad data format: values of RDB type %u are not supported",
                          (unsigned)(unsigned char)call->argv[3].data[0]);
        break;
    case PAYLOAD_WRONG_FORMAT:
        call_error_format(call, "ERR Bad data format");
        break;
    case PAYLOAD_NO_MEMORY:
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

static void restore(struct call *call, struct key key, struct value value, struct deadline deadline,
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

static void complete(struct call *call, const struct restoration *restoration, struct value value)
{
    if (restoration->deadline.mode == DEADLINE_SET && deadline_is_past(call, restoration->deadline)) {
        restore_dead(call, restoration->key);
    } else {
        if (value.blob)
            (void)blob_ref(value.blob);
        restore(call, restoration->key, value, restoration->deadline, &restoration->options);
        record_restore(call, restoration->deadline, &restoration->options);
    }
    reply_ok(call->reply);
}

static void restore_short(struct call *call, const struct restoration *restoration)
{
    struct buf scratch = {0};
    struct value value;
    if (payload_ok(call, parse_payload(call->server, call->argv[3], &scratch, &value)))
        complete(call, restoration, value);
    buf_clear(&scratch);
}

/* The key may be there by now, and the lifetime begins only here. */
static void complete_long(struct call *call, enum payload_result result, struct value value)
{
    struct restoration restoration;
    if (prepare(call, &restoration) && payload_ok(call, result))
        complete(call, &restoration, value);
}

static void cmd_restore(struct call *call)
{
    struct restoration restoration;
    if (!prepare(call, &restoration))
        return;
    if (!has_version(call->argv[3]))
        (void)payload_ok(call, PAYLOAD_WRONG_FOOTER);
    else if (is_long_payload(call->argv[3]))
        run_long_restore(call, 3, complete_long);
    else
        restore_short(call, &restoration);
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
