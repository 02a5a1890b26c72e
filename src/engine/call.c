/* SPDX-License-Identifier: BSD-3-Clause */
/* Running a command: the time it takes, what is counted, who watches; and the helpers that commands read and
 * reply with. */
#include "engine/call.h"
#include "base/alloc.h"
#include "base/number.h"
#include "call_run.h"
#include "engine/client.h"
#include "engine/error_stats.h"
#include "engine/events.h"
#include "engine/journal.h"
#include "engine/monitor.h"
#include "engine/server.h"
#include "engine/slow.h"
#include "engine/tracking.h"
#include "late_call.h"
#include "metrics/histogram.h"
#include <stdio.h>

/* ---- running ---- */

static inline void took_effect(struct call *call)
{
    call->command->calls++;
    call->server->counters.total_commands_processed++;
    call->client->command_count++;
    /* Behind those it ran itself (EXEC), and with the database it selected. */
    monitor_feed(call);
    if ((call->client->flags & CLIENT_TRACKING) && (call->command->row->flags & COMMAND_READONLY))
        tracking_remember(call);
}

static inline void measure(struct call *call, uint64_t ticks)
{
    struct registered_command *command = call->command;
    command->ticks += ticks;
    command->failed += call->has_failed;
    if (call->server->config->latency_tracking) {
        if (!command->latency)
            command->latency = histogram_new();
        histogram_record(command->latency, ticks);
    }
    slow_call_done(call, ticks);
}

void call_took_effect(struct call *call)
{
    took_effect(call);
}

void call_measure(struct call *call, uint64_t ticks)
{
    measure(call, ticks);
}

void call_run(struct call *call)
{
    struct server *server = call->server;
    struct running outer = call_enter(call);

    /* The clock is read once a command: one begins where the one before ended. */
    uint64_t begin = server->call_ticks;
    call->command->row->run(call);
    server->call_ticks = clock_ticks();
    clock_follow(&server->clock, server->call_ticks);
    uint64_t ticks = server->call_ticks - begin;
    if (__builtin_expect(!call->late, 1)) {
        measure(call, ticks);
        took_effect(call);
    } else {
        late_call_ran(call, ticks);
    }
    call_leave(server, outer);
    if (__builtin_expect(server->journal.is_on, 0))
        journal_call_done(call);
}

/* ---- keys ---- */

/* Counts a hit or a miss. */
static const struct entry *found(struct call *call, struct key key, const struct entry *entry)
{
    if (entry) {
        call->server->counters.keyspace_hits++;
        return entry;
    }
    call->server->counters.keyspace_misses++;
    call_notify(call, call->keyspace, key, EVENT_KEY_MISS, "keymiss");
    return NULL;
}

const struct entry *call_peek(struct call *call, struct key key)
{
    return found(call, key, keyspace_peek(call->keyspace, key));
}

const struct entry *call_find(struct call *call, struct key key)
{
    return found(call, key, keyspace_find(call->keyspace, key));
}

static bool is_string(struct call *call, const struct entry *entry)
{
    if (!entry || entry_type(entry) == VALUE_STRING)
        return true;
    call_error(call, ERR_WRONG_TYPE);
    return false;
}

bool call_find_string(struct call *call, struct key key, const struct entry **entry)
{
    return is_string(call, *entry = call_find(call, key));
}

bool call_string_to_edit(struct call *call, struct key key, const struct entry **entry)
{
    return is_string(call, *entry = keyspace_peek(call->keyspace, key));
}

void call_notify(struct call *call, struct keyspace *keyspace, struct key key, unsigned event_class,
                 const char *event)
{
    if (call->server->notify_classes & event_class)
        events_notify(call->server, keyspace, key.name, event_class, event);
}

struct value call_string_value(struct call *call, int index)
{
    struct blob *blob = call->big_argument;
    /* The request keeps its reference: its arguments are looked at again (monitors) when the value may be
     * gone. */
    if (blob && call->argv[index].data == blob->data && !blob_is_shared(blob))
        return string_value_blob(blob_ref(blob));
    return string_value(call->argv[index]);
}

/* ---- arguments ---- */

bool call_int(struct call *call, int index, int64_t *out)
{
    if (parse_i64(call->argv[index], out))
        return true;
    call_error(call, ERR_NOT_INTEGER);
    return false;
}

bool call_int_in(struct call *call, int index, int64_t min, int64_t max, int64_t *out)
{
    if (!call_int(call, index, out))
        return false;
    if (*out >= min && *out <= max)
        return true;
    call_error_format(call, "ERR value is out of range, value must between %lld and %lld", (long long)min,
                      (long long)max);
    return false;
}

bool call_double(struct call *call, int index, double *out)
{
    if (parse_double(call->argv[index], out))
        return true;
    call_error(call, ERR_NOT_FLOAT);
    return false;
}

bool call_long_double(struct call *call, int index, long double *out)
{
    if (parse_long_double(call->argv[index], out))
        return true;
    call_error(call, ERR_NOT_FLOAT);
    return false;
}

bool call_arg_is(const struct call *call, int index, const char *word)
{
    return index < call->argc && bytes_is_nocase(call->argv[index], word);
}

bool call_length_ok(struct call *call, uint64_t length)
{
    if (length <= (uint64_t)call->server->config->proto_max_bulk_len)
        return true;
    call_error(call, ERR_STRING_TOO_LONG);
    return false;
}

/* ---- errors ---- */

/* Room for a command's name in a message. */
#define NAME_MAX_SHOWN 64

static void fail(struct call *call, const char *text)
{
    call->has_failed = true;
    error_stats_count(call->server, text);
    reply_error(call->reply, text);
}

void call_error(struct call *call, enum error_code code)
{
    fail(call, error_text(code));
}

void call_error_format(struct call *call, const char *format, ...)
{
    struct buf text = {0};
    va_list args;
    va_start(args, format);
    buf_vprintf(&text, format, args);
    va_end(args);
    fail(call, buf_cstring(&text));
    buf_clear(&text);
}

void call_syntax_error(struct call *call)
{
    call_error(call, ERR_SYNTAX);
}

void call_arity_error(struct call *call)
{
    call_error_format(call, "ERR wrong number of arguments for '%s' command", call->command->full_name);
}

/* The name in capitals of the command that the call's is a subcommand of. */
static void print_container(const struct call *call, char out[static NAME_MAX_SHOWN])
{
    const struct registered_command *command = call->command->parent ? call->command->parent : call->command;
    size_t len = 0;
    for (const char *c = command->name; *c && len + 1 < NAME_MAX_SHOWN; c++)
        out[len++] = *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A') : *c;
    out[len] = 0;
}

void call_subcommand_error(struct call *call)
{
    struct bytes subcommand = call->argv[1];
    char name[NAME_MAX_SHOWN];
    print_container(call, name);
    call_error_format(call, "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try %s HELP.",
                      (int)(subcommand.len < 128 ? subcommand.len : 128), subcommand.data, name);
}

void call_help(struct call *call, const char *const *lines)
{
    size_t count = 0;
    while (lines[count])
        count++;
    char name[NAME_MAX_SHOWN];
    print_container(call, name);
    char heading[160];
    (void)snprintf(heading, sizeof heading,
                   "%s <subcommand> [<arg> [value] [opt] ...]. Subcommands are:", name);
    reply_array(call->reply, count + 3);
    reply_simple(call->reply, heading);
    for (size_t i = 0; i < count; i++)
        reply_simple(call->reply, lines[i]);
    reply_simple(call->reply, "HELP");
    reply_simple(call->reply, "    Print this help.");
}
