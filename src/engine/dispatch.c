/* SPDX-License-Identifier: BSD-3-Clause */
/* From a gathered request to a run or queued command. */
#include "admit.h"
#include "base/log.h"
#include "batch.h"
#include "call_run.h"
#include "engine/auth_throttle.h"
#include "engine/due_fields.h"
#include "engine/pause.h"
#include "engine/server.h"
#include "engine/transaction.h"
#include "settle.h"

/* A web page made a browser talk to us, or somebody's HTTP client lost its way: both are shown the door. */
static bool is_http(const struct request *request, const struct bytes *argv)
{
    static const char *const methods[] = {"GET",     "HEAD",  "PUT",     "DELETE",
                                          "OPTIONS", "PATCH", "CONNECT", "TRACE"};
    if (bytes_is_nocase(argv[0], "host:") || bytes_is_nocase(argv[0], "post"))
        return true;
    if (!request->words || request->argc != 3 || !bytes_starts_with(argv[2], BYTES("HTTP/")))
        return false;
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        if (bytes_is(argv[0], methods[i]))
            return true;
    }
    return false;
}

static bool may_be_http(const struct request *request)
{
    return !request->command || request->words;
}

static inline bool must_wait_for_fields(const struct call *call)
{
    if (__builtin_expect(!call->server->status.has_timed_fields, 1) || !due_fields_are_left(call))
        return false;
    due_fields_wait(call);
    return true;
}

/* False when the call is postponed. */
static inline __attribute__((always_inline)) bool admit_and_run(struct call *call, bool is_unknown_subcommand)
{
    struct client *client = call->client;
    switch (admit(call, is_unknown_subcommand)) {
    case POSTPONED:
        pause_hold(client);
        return false;
    case THROTTLED:
        auth_throttle_wait(client);
        return false;
    case REFUSED:
        break;
    case ADMITTED:
        if ((client->flags & CLIENT_MULTI) && !(call->command->row->flags & COMMAND_IN_MULTI))
            transaction_queue(call);
        else if (must_wait_for_fields(call))
            return false;
        else
            call_run(call);
    }
    return true;
}

/* The same for a client that said CLIENT REPLY OFF or SKIP: what it would have been answered is cut off
 * again, unless it is the command that ends the silence. */
static __attribute__((noinline)) bool run_in_silence(struct call *call, bool is_unknown_subcommand)
{
    struct client *client = call->client;
    struct reply_mark mark = reply_mark(&client->reply);
    bool is_skipped = (client->flags & CLIENT_REPLY_SKIP_NEXT) != 0;
    client->flags &= ~(uint32_t)CLIENT_REPLY_SKIP_NEXT;
    if (is_skipped)
        client->flags |= CLIENT_REPLY_SKIP;
    bool has_run = admit_and_run(call, is_unknown_subcommand);
    if (has_run && client_is_silent(client))
        reply_rollback(&client->reply, mark);
    client->flags &= ~(uint32_t)CLIENT_REPLY_SKIP;
    if (!has_run && is_skipped)
        client->flags |= CLIENT_REPLY_SKIP_NEXT;
    return has_run;
}

bool dispatch(struct request *request, const struct bytes *argv)
{
    struct client *client = request->input->client;
    if (may_be_http(request) && is_http(request, argv)) {
        log_warning(
            "Possible SECURITY ATTACK detected. It looks like somebody is sending POST or Host: commands to "
            "Redis. This is likely due to an attacker attempting to use Cross Protocol Scripting to "
            "compromise your Redis instance. Connection from %s aborted.",
            client_peer_name(client));
        client_close(client);
        return true;
    }
    struct call call;
    call_init(&call, client, request->command, request->argc, argv, &client->reply);
    call.first_key = request->key;
    call.first_key_index = request->key_index;
    call.big_argument = request->big_argument;
    call.may_wait = true;
    client->last_command = request->command;
    bool has_run;
    if (__builtin_expect((client->flags & (CLIENT_REPLY_OFF | CLIENT_REPLY_SKIP_NEXT)) == 0, 1))
        has_run = admit_and_run(&call, request->is_unknown_subcommand);
    else
        has_run = run_in_silence(&call, request->is_unknown_subcommand);
    if (has_run)
        call_settle(client, request->command);
    request->big_argument = call.big_argument;
    return has_run;
}

bool call_run_as(struct client *client, int argc, const struct bytes *argv, struct reply *reply)
{
    struct server *server = client->server;
    bool is_unknown_subcommand, is_outermost = !server->current_client;
    struct call call;
    call_init(&call, client, registry_resolve(server->registry, argv, argc, &is_unknown_subcommand), argc,
              argv, reply);
    enum admission admission = admit(&call, is_unknown_subcommand);
    if (admission == POSTPONED || admission == THROTTLED)
        return false;
    if (is_outermost)
        server->call_ticks = clock_ticks();
    if (admission == ADMITTED)
        call_run(&call);
    if (is_outermost)
        call_settle(client, call.command);
    return true;
}
