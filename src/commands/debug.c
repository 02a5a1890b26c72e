/* SPDX-License-Identifier: BSD-3-Clause */
/* DEBUG: for tests of this server and of its clients. Subcommands are rows of a table of their own, since
 * Redis doesn't list them among its commands either. */
#include "debug.h"
#include "base/log.h"
#include "base/number.h"
#include "base/panic.h"
#include "base/random.h"
#include "commands/families.h"
#include "config/config_file.h"
#include "engine/server.h"
#include "persist/snapshot.h"
#include <signal.h>
#include <time.h>

/* Holds up everybody: that is what it is for. */
static void debug_sleep(struct call *call)
{
    double seconds = 0;
    if (!parse_double(call->argv[2], &seconds) || seconds < 0 || seconds > INT32_MAX)
        seconds = 0;
    struct timespec left = {.tv_sec = (time_t)seconds,
                            .tv_nsec = (long)((seconds - (double)(time_t)seconds) * 1e9)};
    while (nanosleep(&left, &left) != 0)
        continue;
    reply_ok(call->reply);
}

static bool is_on(const struct call *call, int index)
{
    int64_t number = 0;
    return parse_i64(call->argv[index], &number) && number != 0;
}

static void debug_set_active_expire(struct call *call)
{
    store_set_active_expire(call->server->store, is_on(call, 2));
    reply_ok(call->reply);
}

static void debug_pause_cron(struct call *call)
{
    call->server->is_cron_paused = is_on(call, 2);
    reply_ok(call->reply);
}

static void debug_permit_scripts(struct call *call)
{
    call->server->scripts_may_all = is_on(call, 2);
    reply_ok(call->reply);
}

static void debug_skip_checksums(struct call *call)
{
    call->server->skips_checksums = is_on(call, 2);
    reply_ok(call->reply);
}

static void debug_rewrite_config(struct call *call)
{
    const struct config *config = call->server->config;
    struct error error;
    if (!config->path)
        call_error_format(call, "ERR The server is running without a config file");
    else if (!config_rewrite(config, CONFIG_EXTENT_ALL, &error))
        call_error_format(call, "ERR CONFIG-REWRITE-FORCE-ALL failed: %s", error.text);
    else
        reply_ok(call->reply);
}

static void debug_log(struct call *call)
{
    struct bytes text = call->argv[2];
    log_warning("DEBUG LOG: %.*s", (int)(text.len < 1024 ? text.len : 1024), text.data);
    reply_ok(call->reply);
}

static void debug_error(struct call *call)
{
    struct bytes text = call->argv[2];
    call_error_format(call, "%.*s", (int)(text.len < INT32_MAX ? text.len : INT32_MAX), text.data);
}

static void debug_change_repl_id(struct call *call)
{
    log_notice("Changing replication IDs after receiving DEBUG change-repl-id");
    random_hex(call->server->replication_id, 40);
    reply_ok(call->reply);
}

/* There are no reply buffers whose size could be tuned. */
static void debug_replybuffer(struct call *call)
{
    int64_t ms;
    if (call_arg_is(call, 2, "peak-reset-time")) {
        if (!call_arg_is(call, 3, "never") && !call_arg_is(call, 3, "reset") && !call_int(call, 3, &ms))
            return;
    } else if (!call_arg_is(call, 2, "resizing")) {
        call_subcommand_error(call);
        return;
    }
    reply_ok(call->reply);
}

/* Elements of lists lie together, whatever their size. */
static void debug_packed_threshold(struct call *call)
{
    int64_t size;
    if (parse_memory(call->argv[2], &size) && size >= 0 && size < (INT64_C(1) << 32))
        reply_ok(call->reply);
    else
        call_error_format(call, "ERR argument must be a memory value bigger than 1 and smaller than 4gb");
}

static void debug_reload(struct call *call)
{
    unsigned how = SNAPSHOT_RELOAD_SAVE | SNAPSHOT_RELOAD_FLUSH;
    for (int i = 2; i < call->argc; i++) {
        if (call_arg_is(call, i, "nosave")) {
            how &= ~(unsigned)SNAPSHOT_RELOAD_SAVE;
        } else if (call_arg_is(call, i, "noflush")) {
            how &= ~(unsigned)SNAPSHOT_RELOAD_FLUSH;
        } else if (call_arg_is(call, i, "merge")) {
            how |= SNAPSHOT_RELOAD_MERGE;
        } else {
            call_error_format(call, "ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.");
            return;
        }
    }
    switch (snapshot_reload(call->server, how)) {
    case SNAPSHOT_RELOADED:
        reply_ok(call->reply);
        break;
    case SNAPSHOT_NOT_SAVED:
        call_error_format(call, "ERR");
        break;
    case SNAPSHOT_NOT_LOADED:
        call_error_format(call, "ERR Error trying to load the RDB dump, check server logs.");
        break;
    }
}

static void debug_segfault(struct call *call)
{
    (void)call;
    (void)raise(SIGSEGV);
}

static void debug_panic(struct call *call)
{
    PANIC("DEBUG PANIC called at Unix time %lld", (long long)(call->server->clock.wall_ms / 1000));
}

static void debug_assert(struct call *call)
{
    ASSERT(!call);
}

static const struct {
    const char *name;
    int argc_min, argc_max; /* with "debug" and the name */
    void (*run)(struct call *call);
    bool takes_keys;
} subcommands[] = {
    {"assert", 2, 2, debug_assert, false},
    {"change-repl-id", 2, 2, debug_change_repl_id, false},
    {"config-rewrite-force-all", 2, 2, debug_rewrite_config, false},
    {"digest", 2, 2, debug_digest, false},
    {"digest-value", 2, INT32_MAX, debug_digest_value, true},
    {"error", 3, 3, debug_error, false},
    {"htstats", 3, INT32_MAX, debug_htstats, false},
    {"htstats-key", 3, INT32_MAX, debug_htstats_key, true},
    {"listpack", 3, 3, debug_listpack, true},
    {"log", 3, 3, debug_log, false},
    {"object", 3, 3, debug_object, true},
    {"panic", 2, 2, debug_panic, false},
    {"pause-cron", 3, 3, debug_pause_cron, false},
    {"populate", 3, 5, debug_populate, false},
    {"protocol", 3, 3, debug_protocol, false},
    {"quicklist", 3, 4, debug_quicklist, true},
    {"quicklist-packed-threshold", 3, 3, debug_packed_threshold, false},
    {"replybuffer", 4, 4, debug_replybuffer, false},
    {"reload", 2, INT32_MAX, debug_reload, false},
    {"sdslen", 3, 3, debug_sdslen, true},
    {"segfault", 2, 2, debug_segfault, false},
    {"set-active-expire", 3, 3, debug_set_active_expire, false},
    {"set-disable-deny-scripts", 3, 3, debug_permit_scripts, false},
    {"set-skip-checksum-validation", 3, 3, debug_skip_checksums, false},
    {"sleep", 3, 3, debug_sleep, false},
};

static void help(struct call *call)
{
    static const char *const lines[] = {
        "ASSERT",
        "    Crash by a failed assertion.",
        "CHANGE-REPL-ID",
        "    Give the history of changes a new name.",
        "CONFIG-REWRITE-FORCE-ALL",
        "    Like CONFIG REWRITE, with a line for every directive.",
        "DIGEST",
        "    A signature of all data: equal for equal data.",
        "DIGEST-VALUE [<key> ...]",
        "    Signatures of the values of these keys.",
        "ERROR <string>",
        "    Reply with an error.",
        "HTSTATS <dbid>",
        "    The size of the table of a database.",
        "HTSTATS-KEY <key>",
        "    The same of the table in a value, if it has one.",
        "LISTPACK <key>",
        "    Tell the log of a value that goes by that name.",
        "LOG <message>",
        "    Write to the server's log.",
        "OBJECT <key>",
        "    How a value is kept.",
        "PANIC",
        "    Crash as on a fatal error.",
        "PAUSE-CRON <0|1>",
        "    Stop or resume the tasks that come round.",
        "POPULATE <count> [<prefix>] [<size>]",
        "    Make keys named key:<number> or <prefix>:<number>, with values of that size.",
        "PROTOCOL <type>",
        "    Reply with a sample of string, integer, double, bignum, null, array, set, map,",
        "    attrib, push, verbatim, true or false.",
        "QUICKLIST <key> [<0|1>]",
        "    The same of a list that is none.",
        "QUICKLIST-PACKED-THRESHOLD <size>",
        "    Accepted. No element of a list is kept apart by its size.",
        "RELOAD [MERGE] [NOFLUSH] [NOSAVE]",
        "    Write a snapshot, empty all databases, and load it. MERGE: keys of the file replace those",
        "    that are there; NOFLUSH: empty nothing; NOSAVE: load the file that is there.",
        "REPLYBUFFER <PEAK-RESET-TIME|RESIZING> <value>",
        "    Accepted. Idle clients own no buffer that could be tuned.",
        "SDSLEN <key>",
        "    Lengths of a key and its value.",
        "SEGFAULT",
        "    Crash by a signal.",
        "SET-ACTIVE-EXPIRE <0|1>",
        "    Whether keys past their end are removed though nobody asks for them.",
        "SET-DISABLE-DENY-SCRIPTS <0|1>",
        "    Setting it to 1 lets scripts run commands that are not for scripts.",
        "SET-SKIP-CHECKSUM-VALIDATION <0|1>",
        "    Whether RESTORE believes payloads whose checksum is wrong.",
        "SLEEP <seconds>",
        "    Do nothing, for nobody, for so long.",
        NULL,
    };
    call_help(call, lines);
}

/* The row can't say which arguments are keys, so whoever is limited to some may name none. */
static bool may_name_keys(struct call *call)
{
    if (acl_has_every_key(call, ACCESS_READ))
        return true;
    struct buf text = {0};
    acl_print_denial(DENIED_KEY, call->client->user, call->command, (struct bytes){0}, false, &text);
    call_error_format(call, "%s%s", error_text(ERR_NO_PERMISSION), buf_cstring(&text));
    buf_clear(&text);
    return false;
}

static void cmd_debug(struct call *call)
{
    if (call->argc == 2 && call_arg_is(call, 1, "help")) {
        help(call);
        return;
    }
    for (size_t i = 0; i < sizeof subcommands / sizeof subcommands[0]; i++) {
        if (call_arg_is(call, 1, subcommands[i].name) && call->argc >= subcommands[i].argc_min &&
            call->argc <= subcommands[i].argc_max) {
            if (!subcommands[i].takes_keys || may_name_keys(call))
                subcommands[i].run(call);
            return;
        }
    }
    call_subcommand_error(call);
}

static const struct command debug_commands[] = {
    {
        .name = "debug",
        .run = cmd_debug,
        .arity = -2,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_NEEDS_DEBUG |
                 COMMAND_SYSTEM,
        .group = "server",
        .since = "1.0.0",
        .complexity = "Depends on subcommand.",
        .summary = "A container for debugging commands.",
    },
    {.name = NULL},
};

const struct command_family debug_family = {"debug", debug_commands};
