/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether a command may run, here, now, for this client. */
#ifndef ENGINE_ADMIT_H
#define ENGINE_ADMIT_H

#include "engine/call.h"

enum admission {
    ADMITTED,
    REFUSED,   /* the error has been replied */
    POSTPONED, /* CLIENT PAUSE: it stays with its client */
    THROTTLED, /* likewise: too many wrong passwords came from there */
};

/* `is_unknown_subcommand` as registry_resolve says; call->command is NULL for an unknown command. */
enum admission admit(struct call *call, bool is_unknown_subcommand);

#endif
