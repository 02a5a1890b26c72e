/* SPDX-License-Identifier: BSD-3-Clause */
/* FCALL and FUNCTION: the commands around script/function.h. */
#include "script/function.h"
#include "commands/families.h"
#include "script/script.h"

static void cmd_fcall(struct call *call)
{
    function_call(call, false);
}

static void cmd_fcall_ro(struct call *call)
{
    function_call(call, true);
}

static void cmd_function_load(struct call *call)
{
    int last = call->argc - 1;
    bool replaces = false;
    for (int i = 2; i < last; i++) {
        if (!call_arg_is(call, i, "replace")) {
            call_error_format(call, "ERR Unknown option given: %.*s", (int)call->argv[i].len,
                              call->argv[i].data);
            return;
        }
        replaces = true;
    }
    function_load_library(call, call->argv[last], replaces);
}

static void cmd_function_delete(struct call *call)
{
    function_delete(call, call->argv[2]);
}

static void cmd_function_list(struct call *call)
{
    struct bytes pattern = BYTES("*");
    bool has_pattern = false, shows_code = false;
    for (int i = 2; i < call->argc; i++) {
        if (!shows_code && call_arg_is(call, i, "withcode")) {
            shows_code = true;
        } else if (!has_pattern && call_arg_is(call, i, "libraryname")) {
            if (++i == call->argc) {
                call_error_format(call, "ERR library name argument was not given");
                return;
            }
            pattern = call->argv[i];
            has_pattern = true;
        } else {
            call_error_format(call, "ERR Unknown argument %.*s", (int)call->argv[i].len, call->argv[i].data);
            return;
        }
    }
    function_list(call, pattern, shows_code);
}

static void cmd_function_dump(struct call *call)
{
    function_dump(call);
}

static void cmd_function_restore(struct call *call)
{
    enum function_restore policy = FUNCTION_RESTORE_APPEND;
    if (call->argc > 4) {
        call_subcommand_error(call);
        return;
    }
    if (call_arg_is(call, 3, "replace")) {
        policy = FUNCTION_RESTORE_REPLACE;
    } else if (call_arg_is(call, 3, "flush")) {
        policy = FUNCTION_RESTORE_FLUSH;
    } else if (call->argc == 4 && !call_arg_is(call, 3, "append")) {
        call_error_format(call,
                          "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
        return;
    }
    function_restore(call, call->argv[2], policy);
}

static void cmd_function_flush(struct call *call)
{
    if (call->argc > 3)
        call_subcommand_error(call);
    else if (call->argc == 3 && !call_arg_is(call, 2, "sync") && !call_arg_is(call, 2, "async"))
        call_error_format(call, "ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
    else
        function_flush(call);
}

static void cmd_function_kill(struct call *call)
{
    script_kill(call, true);
}

static void cmd_function_stats(struct call *call)
{
    function_stats(call);
}

static void cmd_function_help(struct call *call)
{
    static const char *const lines[] = {
        "LOAD [REPLACE] <FUNCTION CODE>",
        "    Create a new library with the given library name and code.",
        "DELETE <LIBRARY NAME>",
        "    Delete the given library.",
        "LIST [LIBRARYNAME PATTERN] [WITHCODE]",
        "    Return general information on all the libraries:",
        "    * Library name",
        "    * The engine used to run the Library",
        "    * Library description",
        "    * Functions list",
        "    * Library code (if WITHCODE is given)",
        "    It also possible to get only function that matches a pattern using LIBRARYNAME argument.",
        "STATS",
        "    Return information about the current function running:",
        "    * Function name",
        "    * Command used to run the function",
        "    * Duration in MS that the function is running",
        "    If no function is running, return nil",
        "    In addition, returns a list of available engines.",
        "KILL",
        "    Kill the current running function.",
        "FLUSH [ASYNC|SYNC]",
        "    Delete all the libraries.",
        "    When called without the optional mode argument, the behavior is determined by the",
        "    lazyfree-lazy-user-flush configuration directive. Valid modes are:",
        "    * ASYNC: Asynchronously flush the libraries.",
        "    * SYNC: Synchronously flush the libraries.",
        "DUMP",
        ("    Return a serialized payload representing the current libraries, can be restored using FUNCTION "
         "RESTORE command"),
        "RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]",
        ("    Restore the libraries represented by the given payload, it is possible to give a restore "
         "policy "
         "to"),
        "    control how to handle existing libraries (default APPEND):",
        "    * FLUSH: delete all existing libraries.",
        "    * APPEND: appends the restored libraries to the existing libraries. On collision, abort.",
        ("    * REPLACE: appends the restored libraries to the existing libraries, On collision, replace the "
         "old"),
        ("      libraries with the new libraries (notice that even on this option there is a chance of "
         "failure"),
        "      in case of functions name collision with another library).",
        NULL,
    };
    call_help(call, lines);
}

static const char *const change_tips[] = {"request_policy:all_shards", "response_policy:all_succeeded", NULL};
static const char *const kill_tips[] = {"request_policy:all_shards", "response_policy:one_succeeded", NULL};
static const char *const list_tips[] = {"nondeterministic_output_order", NULL};
static const char *const stats_tips[] = {"nondeterministic_output", "request_policy:all_shards",
                                         "response_policy:special", NULL};

static const struct command function_subcommands[] = {
    {
        .name = "delete",
        .run = cmd_function_delete,
        .arity = 3,
        .flags = COMMAND_WRITE | COMMAND_NOSCRIPT,
        .acl = ACL_SCRIPTING,
        .group = "scripting",
        .since = "7.0.0",
        .complexity = "O(1)",
        .summary = "Deletes a library and its functions.",
        .synopsis = "library-name",
        .tips = change_tips,
    },
    {
        .name = "dump",
        .run = cmd_function_dump,
        .arity = 2,
        .flags = COMMAND_NOSCRIPT,
        .acl = ACL_SCRIPTING,
        .group = "scripting",
        .since = "7.0.0",
        .complexity = "O(N) where N is the number of functions",
        .summary = "Dumps all libraries into a serialized binary payload.",
    },
    {
        .name = "flush",
        .run = cmd_function_flush,
        .arity = -2,
        .flags = COMMAND_WRITE | COMMAND_NOSCRIPT,
        .acl = ACL_SCRIPTING,
        .group = "scripting",
        .since = "7.0.0",
        .complexity = "O(N) where N is the number of functions deleted",
        .summary = "Deletes all libraries and functions.",
        .synopsis = "[flush-type<ASYNC | SYNC>]",
        .tips = change_tips,
    },
    {
        .name = "help",
        .run = cmd_function_help,
        .arity = 2,
        .flags = COMMAND_LOADING | COMMAND_STALE,
        .acl = ACL_SCRIPTING,
        .group = "scripting",
        .since = "7.0.0",
        .complexity = "O(1)",
        .summary = "Returns helpful text about the different subcommands.",
    },
    {
        .name = "kill",
        .run = cmd_function_kill,
        .arity = 2,
        .flags = COMMAND_NOSCRIPT | COMMAND_ALLOW_BUSY,
        .acl = ACL_SCRIPTING,
        .group = "scripting",
        .since = "7.0.0",
        .complexity = "O(1)",
        .summary = "Terminates a function during execution.",
        .tips = kill_tips,
    },
    {
        .name = "list",
        .run = cmd_function_list,
        .arity = -2,
        .flags = COMMAND_NOSCRIPT,
        .acl = ACL_SCRIPTING,
        .group = "scripting",
        .since = "7.0.0",
        .complexity = "O(N) where N is the number of functions",
        .summary = "Returns information about all libraries.",
        .synopsis = "[LIBRARYNAME library-name-pattern] [WITHCODE]",
        .tips = list_tips,
    },
    {
        .name = "load",
        .run = cmd_function_load,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_NOSCRIPT,
        .acl = ACL_SCRIPTING,
        .group = "scripting",
        .since = "7.0.0",
        .complexity = "O(1) (considering compilation time is redundant)",
        .summary = "Creates a library.",
        .synopsis = "[REPLACE] function-code",
        .tips = change_tips,
    },
    {
        .name = "restore",
        .run = cmd_function_restore,
        .arity = -3,
        .flags = COMMAND_WRITE | COMMAND_DENYOOM | COMMAND_NOSCRIPT,
        .acl = ACL_SCRIPTING,
        .group = "scripting",
        .since = "7.0.0",
        .complexity = "O(N) where N is the number of functions on the payload",
        .summary = "Restores all libraries from a payload.",
        .synopsis = "serialized-value [policy<FLUSH | APPEND | REPLACE>]",
        .tips = change_tips,
    },
    {
        .name = "stats",
        .run = cmd_function_stats,
        .arity = 2,
        .flags = COMMAND_NOSCRIPT | COMMAND_ALLOW_BUSY,
        .acl = ACL_SCRIPTING,
        .group = "scripting",
        .since = "7.0.0",
        .complexity = "O(1)",
        .summary = "Returns information about a function during execution.",
        .tips = stats_tips,
    },
    {.name = NULL},
};

#define FUNCTION_KEYS(key_flags, comment)                                                        \
    {                                                                                            \
        {                                                                                        \
            .flags = (key_flags), .begin = KEY_BEGIN_INDEX, .first = 2, .find = KEY_FIND_KEYNUM, \
            .keynum_at = 0, .keys_from = 1, .step = 1, .notes = (comment)                        \
        }                                                                                        \
    }

static const struct command function_commands[] = {
    {
        .name = "fcall",
        .run = cmd_fcall,
        .arity = -3,
        .flags = COMMAND_NOSCRIPT | COMMAND_STALE | COMMAND_SKIP_MONITOR | COMMAND_MAY_REPLICATE |
                 COMMAND_NO_MANDATORY_KEYS,
        .acl = ACL_SCRIPTING,
        .keys =
            FUNCTION_KEYS(KEY_RW | KEY_ACCESS | KEY_UPDATE,
                          "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE"),
        .only_reads = function_only_reads,
        .group = "scripting",
        .since = "7.0.0",
        .complexity = "Depends on the function that is executed.",
        .summary = "Invokes a function.",
        .synopsis = "function numkeys:integer [key...] [arg...]",
    },
    {
        .name = "fcall_ro",
        .run = cmd_fcall_ro,
        .arity = -3,
        .flags = COMMAND_READONLY | COMMAND_NOSCRIPT | COMMAND_STALE | COMMAND_SKIP_MONITOR |
                 COMMAND_NO_MANDATORY_KEYS,
        .acl = ACL_SCRIPTING,
        .keys =
            FUNCTION_KEYS(KEY_RO | KEY_ACCESS,
                          "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS"),
        .group = "scripting",
        .since = "7.0.0",
        .complexity = "Depends on the function that is executed.",
        .summary = "Invokes a read-only function.",
        .synopsis = "function numkeys:integer [key...] [arg...]",
    },
    {
        .name = "function",
        .arity = -2,
        .group = "scripting",
        .since = "7.0.0",
        .complexity = "Depends on subcommand.",
        .summary = "A container for function commands.",
        .subcommands = function_subcommands,
    },
    {.name = NULL},
};

const struct command_family function_family = {"function", function_commands};
