/* SPDX-License-Identifier: BSD-3-Clause */
/* EVAL and its kin, and SCRIPT: the commands around script/script.h. */
#include "script/script.h"
#include "commands/families.h"

static void cmd_eval(struct call *call)
{
    script_eval(call, false);
}

static void cmd_evalsha(struct call *call)
{
    script_evalsha(call, false);
}

static void cmd_eval_ro(struct call *call)
{
    script_eval(call, true);
}

static void cmd_evalsha_ro(struct call *call)
{
    script_evalsha(call, true);
}

static void cmd_script_load(struct call *call)
{
    script_load(call);
}

static void cmd_script_exists(struct call *call)
{
    reply_array(call->reply, (size_t)call->argc - 2);
    for (int i = 2; i < call->argc; i++)
        reply_int(call->reply, script_exists(call->server, call->argv[i]));
}

static void cmd_script_flush(struct call *call)
{
    if (call->argc > 3 ||
        (call->argc == 3 && !call_arg_is(call, 2, "sync") && !call_arg_is(call, 2, "async"))) {
        call_error_format(call, "ERR SCRIPT FLUSH only support SYNC|ASYNC option");
        return;
    }
    script_flush(call->server);
    reply_ok(call->reply);
}

static void cmd_script_kill(struct call *call)
{
    script_kill(call, false);
}

static void cmd_script_show(struct call *call)
{
    script_show(call);
}

/* There is no debugger. */
static void cmd_script_debug(struct call *call)
{
    if (call_arg_is(call, 2, "no"))
        reply_ok(call->reply);
    else if (call_arg_is(call, 2, "yes") || call_arg_is(call, 2, "sync"))
        call_error_format(call, "ERR The debugger of scripts is not supported");
    else
        call_error_format(call, "ERR Use SCRIPT DEBUG YES/SYNC/NO");
}

static void cmd_script_help(struct call *call)
{
    static const char *const lines[] = {
        "DEBUG (YES|SYNC|NO)",
        "    Set the debug mode for subsequent scripts executed.",
        "EXISTS <sha1> [<sha1> ...]",
        "    Return information about the existence of the scripts in the script cache.",
        "FLUSH [ASYNC|SYNC]",
        "    Flush the Lua scripts cache. Very dangerous on replicas.",
        "    When called without the optional mode argument, the behavior is determined",
        "    by the lazyfree-lazy-user-flush configuration directive. Valid modes are:",
        "    * ASYNC: Asynchronously flush the scripts cache.",
        "    * SYNC: Synchronously flush the scripts cache.",
        "KILL",
        "    Kill the currently executing Lua script.",
        "LOAD <script>",
        "    Load a script into the scripts cache without executing it.",
        "SHOW <sha1>",
        "    Show a script of the scripts cache.",
        NULL,
    };
    call_help(call, lines);
}

static const char *const exists_tips[] = {"request_policy:all_shards", "response_policy:agg_logical_and",
                                          NULL};
static const char *const kill_tips[] = {"request_policy:all_shards", "response_policy:one_succeeded", NULL};
static const char *const cache_tips[] = {"request_policy:all_nodes", "response_policy:all_succeeded", NULL};
static const struct command_history flush_history[] = {
    {"6.2.0", "Added the `ASYNC` and `SYNC` flushing mode modifiers."},
    {NULL, NULL},
};

static const struct command script_subcommands[] = {
    {
        .name = "debug",
        .run = cmd_script_debug,
        .arity = 3,
        .flags = COMMAND_NOSCRIPT,
        .acl = ACL_SCRIPTING,
        .group = "scripting",
        .since = "3.2.0",
        .complexity = "O(1)",
        .summary = "Sets the debug mode of server-side Lua scripts.",
        .synopsis = "mode<YES | SYNC | NO>",
    },
    {
        .name = "exists",
        .run = cmd_script_exists,
        .arity = -3,
        .flags = COMMAND_NOSCRIPT,
        .acl = ACL_SCRIPTING,
        .group = "scripting",
        .since = "2.6.0",
        .complexity = "O(N) with N being the number of scripts to check (so checking a single script is an "
                      "O(1) operation).",
        .summary = "Determines whether server-side Lua scripts exist in the script cache.",
        .synopsis = "sha1...",
        .tips = exists_tips,
    },
    {
        .name = "flush",
        .run = cmd_script_flush,
        .arity = -2,
        .flags = COMMAND_NOSCRIPT,
        .acl = ACL_SCRIPTING,
        .group = "scripting",
        .since = "2.6.0",
        .complexity = "O(N) with N being the number of scripts in cache",
        .summary = "Removes all server-side Lua scripts from the script cache.",
        .synopsis = "[flush-type<ASYNC{since=6.2.0} | SYNC{since=6.2.0}>]",
        .history = flush_history,
        .tips = cache_tips,
    },
    {
        .name = "help",
        .run = cmd_script_help,
        .arity = 2,
        .flags = COMMAND_LOADING | COMMAND_STALE,
        .acl = ACL_SCRIPTING,
        .group = "scripting",
        .since = "5.0.0",
        .complexity = "O(1)",
        .summary = "Returns helpful text about the different subcommands.",
    },
    {
        .name = "kill",
        .run = cmd_script_kill,
        .arity = 2,
        .flags = COMMAND_NOSCRIPT | COMMAND_ALLOW_BUSY,
        .acl = ACL_SCRIPTING,
        .group = "scripting",
        .since = "2.6.0",
        .complexity = "O(1)",
        .summary = "Terminates a server-side Lua script during execution.",
        .tips = kill_tips,
    },
    {
        .name = "load",
        .run = cmd_script_load,
        .arity = 3,
        .flags = COMMAND_NOSCRIPT | COMMAND_STALE,
        .acl = ACL_SCRIPTING,
        .group = "scripting",
        .since = "2.6.0",
        .complexity = "O(N) with N being the length in bytes of the script body.",
        .summary = "Loads a server-side Lua script to the script cache.",
        .synopsis = "script",
        .tips = cache_tips,
    },
    {
        .name = "show",
        .run = cmd_script_show,
        .arity = 3,
        .flags = COMMAND_NOSCRIPT,
        .acl = ACL_SCRIPTING,
        .group = "scripting",
        .since = "8.0.0",
        .complexity = "O(1).",
        .summary = "Returns the text of a server-side Lua script in the script cache.",
        .synopsis = "sha1",
    },
    {.name = NULL},
};

#define SCRIPT_KEYS(key_flags, comment)                                                          \
    {                                                                                            \
        {                                                                                        \
            .flags = (key_flags), .begin = KEY_BEGIN_INDEX, .first = 2, .find = KEY_FIND_KEYNUM, \
            .keynum_at = 0, .keys_from = 1, .step = 1, .notes = (comment)                        \
        }                                                                                        \
    }

static const struct command script_commands[] = {
    {
        .name = "eval",
        .run = cmd_eval,
        .arity = -3,
        .flags = COMMAND_NOSCRIPT | COMMAND_STALE | COMMAND_SKIP_MONITOR | COMMAND_MAY_REPLICATE |
                 COMMAND_NO_MANDATORY_KEYS,
        .acl = ACL_SCRIPTING,
        .keys = SCRIPT_KEYS(KEY_RW | KEY_ACCESS | KEY_UPDATE,
                            "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE"),
        .only_reads = script_eval_only_reads,
        .group = "scripting",
        .since = "2.6.0",
        .complexity = "Depends on the script that is executed.",
        .summary = "Executes a server-side Lua script.",
        .synopsis = "script numkeys:integer [key...] [arg...]",
    },
    {
        .name = "eval_ro",
        .run = cmd_eval_ro,
        .arity = -3,
        .flags = COMMAND_READONLY | COMMAND_NOSCRIPT | COMMAND_STALE | COMMAND_SKIP_MONITOR |
                 COMMAND_NO_MANDATORY_KEYS,
        .acl = ACL_SCRIPTING,
        .keys = SCRIPT_KEYS(KEY_RO | KEY_ACCESS,
                            "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS"),
        .group = "scripting",
        .since = "7.0.0",
        .complexity = "Depends on the script that is executed.",
        .summary = "Executes a read-only server-side Lua script.",
        .synopsis = "script numkeys:integer [key...] [arg...]",
    },
    {
        .name = "evalsha",
        .run = cmd_evalsha,
        .arity = -3,
        .flags = COMMAND_NOSCRIPT | COMMAND_STALE | COMMAND_SKIP_MONITOR | COMMAND_MAY_REPLICATE |
                 COMMAND_NO_MANDATORY_KEYS,
        .acl = ACL_SCRIPTING,
        .keys = SCRIPT_KEYS(KEY_RW | KEY_ACCESS | KEY_UPDATE, NULL),
        .only_reads = script_evalsha_only_reads,
        .group = "scripting",
        .since = "2.6.0",
        .complexity = "Depends on the script that is executed.",
        .summary = "Executes a server-side Lua script by SHA1 digest.",
        .synopsis = "sha1 numkeys:integer [key...] [arg...]",
    },
    {
        .name = "evalsha_ro",
        .run = cmd_evalsha_ro,
        .arity = -3,
        .flags = COMMAND_READONLY | COMMAND_NOSCRIPT | COMMAND_STALE | COMMAND_SKIP_MONITOR |
                 COMMAND_NO_MANDATORY_KEYS,
        .acl = ACL_SCRIPTING,
        .keys = SCRIPT_KEYS(KEY_RO | KEY_ACCESS, NULL),
        .group = "scripting",
        .since = "7.0.0",
        .complexity = "Depends on the script that is executed.",
        .summary = "Executes a read-only server-side Lua script by SHA1 digest.",
        .synopsis = "sha1 numkeys:integer [key...] [arg...]",
    },
    {
        .name = "script",
        .arity = -2,
        .group = "scripting",
        .since = "2.6.0",
        .complexity = "Depends on subcommand.",
        .summary = "A container for Lua scripts management commands.",
        .subcommands = script_subcommands,
    },
    {.name = NULL},
};

const struct command_family script_family = {"script", script_commands};
