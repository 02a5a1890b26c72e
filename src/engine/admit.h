/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a command may run, here, now, for this client. */
#ifndef ENGINE_ADMIT_H
#define ENGINE_ADMIT_H

#include "engine/server.h"

enum admission {
    ADMITTED,
    REFUSED,   /* the error has been replied */
    POSTPONED, /* CLIENT PAUSE: it stays with its client */
    THROTTLED, /* likewise: too many wrong passwords came from there */
};

static inline bool call_has_wrong_arity(const struct call *call)
{
    int arity = call->command->row->arity;
    return arity > 0 ? call->argc != arity : call->argc < -arity;
}

/* Nearly every call: nothing that a rule or the pause looks at is the case, so that none of them needs to be
 * asked. */
static inline bool admit_is_plain(const struct call *call, bool is_unknown_subcommand)
{
    const struct client *client = call->client;
    const struct status *status = &call->server->status;
    return call->command && !is_unknown_subcommand && !call_has_wrong_arity(call) &&
           (client->flags & (CLIENT_AUTHENTICATED | CLIENT_LIMITED | CLIENT_MULTI | CLIENT_MONITOR)) ==
               CLIENT_AUTHENTICATED &&
           !(call->command->row->flags & (COMMAND_NEEDS_DEBUG | COMMAND_NEEDS_MODULE | COMMAND_NO_AUTH)) &&
           (call->server->config->maxmemory == 0 || !memory_limit_is_reached(call->server)) &&
           !status->is_loading && !status->is_snapshot_failed && !status->is_script_busy &&
           status->pause_until_ms == 0 && client_class(client) == CLIENT_CLASS_NORMAL;
}

enum admission admit_by_rules(struct call *call, bool is_unknown_subcommand);

/* `is_unknown_subcommand` as registry_resolve says; call->command is NULL for an unknown command. */
static inline enum admission admit(struct call *call, bool is_unknown_subcommand)
{
    return __builtin_expect(admit_is_plain(call, is_unknown_subcommand), 1)
               ? ADMITTED
               : admit_by_rules(call, is_unknown_subcommand);
}

#endif
