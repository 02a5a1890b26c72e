/* SPDX-License-Identifier: BSD-3-Clause */
/* What a connection does before and around its work: saying who it is, which protocol it speaks, whether
 * anybody is there. */
#include "base/number.h"
#include "client.h"
#include "commands/families.h"
#include "engine/auth.h"
#include "engine/server.h"

static void cmd_ping(struct call *call)
{
    const struct client *client = call->client;
    if (call->argc > 2) {
        call_arity_error(call);
        return;
    }
    /* A RESP2 client that reads messages tells an answer from them by its shape. */
    if (call->reply->protocol == 2 && client_class(client) == CLIENT_CLASS_PUBSUB) {
        reply_array(call->reply, 2);
        reply_bulk(call->reply, BYTES("pong"));
        reply_bulk(call->reply, call->argc == 2 ? call->argv[1] : BYTES(""));
        return;
    }
    if (call->argc == 2)
        reply_bulk(call->reply, call->argv[1]);
    else
        reply_simple(call->reply, "PONG");
}

static void cmd_echo(struct call *call)
{
    reply_bulk(call->reply, call->argv[1]);
}

static void cmd_quit(struct call *call)
{
    reply_ok(call->reply);
    client_close_after_reply(call->client);
}

static void cmd_reset(struct call *call)
{
    client_reset(call->client);
    reply_simple(call->reply, "RESET");
}

/* ---- who it is ---- */

static void cmd_auth(struct call *call)
{
    struct bytes name = call->argc == 3 ? call->argv[1] : BYTES("default");
    if (call->argc > 3) {
        call_syntax_error(call);
        return;
    }
    if (call->argc == 2 && !auth_user(call->server, name)->needs_password) {
        call_error_format(call,
                          "ERR AUTH <password> called without any password configured for the default user. "
                          "Are you sure your configuration is correct?");
        return;
    }
    if (auth_log_in(call->client, name, call->argv[call->argc - 1], call->argv[0]))
        reply_ok(call->reply);
    else
        call_error(call, ERR_WRONG_PASS);
}

struct hello {
    int64_t protocol;                           /* 0: as it is */
    const struct bytes *user, *password, *name; /* NULL: not given */
};

static bool read_hello(struct call *call, struct hello *hello)
{
    if (call->argc == 1)
        return true;
    if (!parse_i64(call->argv[1], &hello->protocol)) {
        call_error_format(call, "ERR Protocol version is not an integer or out of range");
        return false;
    }
    if (hello->protocol < 2 || hello->protocol > 3) {
        call_error_format(call, "NOPROTO unsupported protocol version");
        return false;
    }
    for (int i = 2; i < call->argc; i++) {
        int following = call->argc - 1 - i;
        if (following >= 2 && call_arg_is(call, i, "auth")) {
            hello->user = &call->argv[i + 1];
            hello->password = &call->argv[i + 2];
            i += 2;
        } else if (following >= 1 && call_arg_is(call, i, "setname")) {
            hello->name = &call->argv[++i];
            if (!client_name_ok(call, *hello->name))
                return false;
        } else {
            call_error_format(call, "ERR Syntax error in HELLO option '%.*s'", (int)call->argv[i].len,
                              call->argv[i].data);
            return false;
        }
    }
    return true;
}

static void reply_hello(struct call *call)
{
    struct reply *reply = call->reply;
    reply_map(reply, 7);
    reply_bulk_text(reply, "server");
    reply_bulk_text(reply, "redis");
    reply_bulk_text(reply, "version");
    reply_bulk_text(reply, REDIS_VERSION);
    reply_bulk_text(reply, "proto");
    reply_int(reply, reply->protocol);
    reply_bulk_text(reply, "id");
    reply_int(reply, (int64_t)call->client->id);
    reply_bulk_text(reply, "mode");
    reply_bulk_text(reply, "standalone");
    reply_bulk_text(reply, "role");
    reply_bulk_text(reply, "master");
    reply_bulk_text(reply, "modules");
    reply_array(reply, 0);
}

static void cmd_hello(struct call *call)
{
    struct client *client = call->client;
    struct hello hello = {0};
    if (!read_hello(call, &hello))
        return;
    if (hello.user && !auth_log_in(client, *hello.user, *hello.password, call->argv[0])) {
        call_error(call, ERR_WRONG_PASS);
        return;
    }
    if (!(client->flags & CLIENT_AUTHENTICATED)) {
        call_error_format(
            call, "NOAUTH HELLO must be called with the client already authenticated, otherwise the "
                  "HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and "
                  "select the RESP protocol version at the same time");
        return;
    }
    if (hello.name)
        client_set_name(client, *hello.name);
    if (hello.protocol)
        client->reply.protocol = (uint8_t)hello.protocol;
    reply_hello(call);
}

/* ---- rows ---- */

static const char *const ping_tips[] = {"request_policy:all_shards", "response_policy:all_succeeded", NULL};
static const struct command_history auth_history[] = {
    {"6.0.0", "Added ACL style (username and password)."},
    {NULL, NULL},
};
static const struct command_history hello_history[] = {
    {"6.2.0", "`protover` made optional; when called without arguments the command reports the current "
              "connection's context."},
    {NULL, NULL},
};

static const struct command connection_commands[] = {
    {
        .name = "ping",
        .run = cmd_ping,
        .arity = -1,
        .flags = COMMAND_FAST | COMMAND_WHILE_SUBSCRIBED,
        .acl = ACL_CONNECTION,
        .group = "connection",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns the server's liveliness response.",
        .synopsis = "[message]",
        .tips = ping_tips,
    },
    {
        .name = "echo",
        .run = cmd_echo,
        .arity = 2,
        .flags = COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST,
        .acl = ACL_CONNECTION,
        .group = "connection",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Returns the given string.",
        .synopsis = "message",
    },
    {
        .name = "quit",
        .run = cmd_quit,
        .arity = -1,
        .flags = COMMAND_ALLOW_BUSY | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST |
                 COMMAND_NO_AUTH | COMMAND_WHILE_SUBSCRIBED | COMMAND_IN_MULTI,
        .acl = ACL_CONNECTION,
        .group = "connection",
        .since = "1.0.0",
        .complexity = "O(1)",
        .summary = "Closes the connection.",
        .deprecated_since = "7.2.0",
        .replaced_by = "just closing the connection",
    },
    {
        .name = "reset",
        .run = cmd_reset,
        .arity = 1,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST | COMMAND_NO_AUTH |
                 COMMAND_ALLOW_BUSY | COMMAND_WHILE_SUBSCRIBED | COMMAND_IN_MULTI,
        .acl = ACL_CONNECTION,
        .group = "connection",
        .since = "6.2.0",
        .complexity = "O(1)",
        .summary = "Resets the connection.",
    },
    {
        .name = "auth",
        .run = cmd_auth,
        .arity = -2,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST | COMMAND_NO_AUTH |
                 COMMAND_ALLOW_BUSY | COMMAND_SENSITIVE | COMMAND_TAKES_PASSWORD,
        .acl = ACL_CONNECTION,
        .group = "connection",
        .since = "1.0.0",
        .complexity = "O(N) where N is the number of passwords defined for the user",
        .summary = "Authenticates the connection.",
        .synopsis = "[username{since=6.0.0}] password",
        .history = auth_history,
    },
    {
        .name = "hello",
        .run = cmd_hello,
        .arity = -1,
        .flags = COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE | COMMAND_FAST | COMMAND_NO_AUTH |
                 COMMAND_ALLOW_BUSY | COMMAND_TAKES_PASSWORD,
        .acl = ACL_CONNECTION,
        .group = "connection",
        .since = "6.0.0",
        .complexity = "O(1)",
        .summary = "Handshakes with the Redis server.",
        .synopsis = "[arguments(protover:integer [AUTH auth(username password)] [SETNAME clientname])]",
        .history = hello_history,
    },
    {.name = NULL},
};

const struct command_family connection_family = {"connection", connection_commands};
