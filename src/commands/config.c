/* SPDX-License-Identifier: BSD-3-Clause */
/* CONFIG: the configuration as clients see and change it. What a directive means and what follows from a
 * change is config's and its watchers'; here are the questions and the answers. */
#include "base/alloc.h"
#include "base/error.h"
#include "base/log.h"
#include "commands/families.h"
#include "config/config_file.h"
#include "engine/call.h"
#include "engine/client.h"
#include "engine/metrics.h"
#include "engine/server.h"

static void cmd_config_get(struct call *call)
{
    const struct config *config = call->server->config;
    size_t count;
    struct config_item *items = config_select(call->argv + 2, (size_t)call->argc - 2, &count);
    struct buf value = {0};
    reply_map(call->reply, count);
    for (size_t i = 0; i < count; i++) {
        value.len = 0;
        config_print(config, items[i].directive, &value);
        reply_bulk(call->reply, items[i].name);
        reply_bulk(call->reply, buf_bytes(&value));
    }
    buf_clear(&value);
    mem_free(items);
}

static void reply_set_error(struct call *call, enum config_result result, struct bytes culprit,
                            const struct error *error)
{
    int len = (int)(culprit.len < 128 ? culprit.len : 128);
    switch (result) {
    case CONFIG_SET_OK:
        reply_ok(call->reply);
        break;
    case CONFIG_SET_UNKNOWN:
        call_error_format(call, "ERR Unknown option or number of arguments for CONFIG SET - '%.*s'", len,
                          culprit.data);
        break;
    case CONFIG_SET_LOADING:
        call_error(call, ERR_LOADING);
        break;
    case CONFIG_SET_FAILED:
        if (error->text[0])
            call_error_format(call, "ERR CONFIG SET failed (possibly related to argument '%.*s') - %s", len,
                              culprit.data, error->text);
        else
            call_error_format(call, "ERR CONFIG SET failed (possibly related to argument '%.*s')", len,
                              culprit.data);
        break;
    }
}

static void cmd_config_set(struct call *call)
{
    if (call->argc % 2) {
        call_syntax_error(call);
        return;
    }
    size_t count = (size_t)(call->argc - 2) / 2;
    struct config_change *changes = mem_alloc(count * sizeof *changes);
    for (size_t i = 0; i < count; i++)
        changes[i] = (struct config_change){call->argv[2 + 2 * i], call->argv[3 + 2 * i]};
    struct config_caller caller = {
        .is_local = call->client->flags & CLIENT_INTERNAL || conn_peer_is_local(&call->client->conn),
        .is_loading = call->server->status.is_loading,
    };
    struct bytes culprit = {NULL, 0};
    struct error error = {.text = ""};
    enum config_result result = config_set(call->server->config, changes, count, caller, &culprit, &error);
    reply_set_error(call, result, culprit, &error);
    mem_free(changes);
}

static void cmd_config_rewrite(struct call *call)
{
    const struct config *config = call->server->config;
    struct error error;
    acl_update_config(call->server);
    if (!config->path) {
        call_error_format(call, "ERR The server is running without a config file");
    } else if (!config_rewrite(config, CONFIG_EXTENT_NEEDED, &error)) {
        log_warning("CONFIG REWRITE failed: %s", error.text);
        call_error_format(call, "ERR Rewriting config file: %s", error.text);
    } else {
        log_notice("CONFIG REWRITE executed with success.");
        reply_ok(call->reply);
    }
}

static void cmd_config_resetstat(struct call *call)
{
    engine_metrics_reset(call->server);
    reply_ok(call->reply);
}

static void cmd_config_help(struct call *call)
{
    static const char *const lines[] = {
        "GET <pattern> [<pattern> ...]",
        "    Show the directives that match a glob-like pattern, with their values.",
        "SET <directive> <value> [<directive> <value> ...]",
        "    Change directives, all of them or none.",
        "RESETSTAT",
        "    Begin the statistics of INFO anew.",
        "REWRITE",
        "    Write the configuration back to its file, keeping comments and order.",
        NULL,
    };
    call_help(call, lines);
}

static const char *const everywhere_tips[] = {"request_policy:all_nodes", "response_policy:all_succeeded",
                                              NULL};
static const struct command_history get_history[] = {
    {"7.0.0", "Added the ability to pass multiple pattern parameters in one call"},
    {NULL, NULL},
};
static const struct command_history set_history[] = {
    {"7.0.0", "Added the ability to set multiple parameters in one call."},
    {NULL, NULL},
};

#define ADMINISTRATION (COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE)

static const struct command subcommands[] = {
    {
        .name = "get",
        .run = cmd_config_get,
        .arity = -3,
        .flags = ADMINISTRATION,
        .group = "server",
        .since = "2.0.0",
        .complexity = "O(N) when N is the number of configuration parameters provided",
        .summary = "Returns the effective values of configuration parameters.",
        .synopsis = "parameter...",
        .history = get_history,
    },
    {
        .name = "help",
        .run = cmd_config_help,
        .arity = 2,
        .flags = COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "5.0.0",
        .complexity = "O(1)",
        .summary = "Returns helpful text about the different subcommands.",
    },
    {
        .name = "resetstat",
        .run = cmd_config_resetstat,
        .arity = 2,
        .flags = ADMINISTRATION,
        .group = "server",
        .since = "2.0.0",
        .complexity = "O(1)",
        .summary = "Resets the server's statistics.",
        .tips = everywhere_tips,
    },
    {
        .name = "rewrite",
        .run = cmd_config_rewrite,
        .arity = 2,
        .flags = ADMINISTRATION,
        .group = "server",
        .since = "2.8.0",
        .complexity = "O(1)",
        .summary = "Persists the effective configuration to file.",
        .tips = everywhere_tips,
    },
    {
        .name = "set",
        .run = cmd_config_set,
        .arity = -4,
        .flags = ADMINISTRATION,
        .group = "server",
        .since = "2.0.0",
        .complexity = "O(N) when N is the number of configuration parameters provided",
        .summary = "Sets configuration parameters in-flight.",
        .synopsis = "data(parameter value)...",
        .history = set_history,
        .tips = everywhere_tips,
    },
    {.name = NULL},
};

static const struct command commands[] = {
    {
        .name = "config",
        .arity = -2,
        .group = "server",
        .since = "2.0.0",
        .complexity = "Depends on subcommand.",
        .summary = "A container for server configuration commands.",
        .subcommands = subcommands,
    },
    {.name = NULL},
};

const struct command_family config_family = {"config", commands};
