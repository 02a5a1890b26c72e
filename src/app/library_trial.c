/* SPDX-License-Identifier: BSD-3-Clause */
#include "library_trial.h"
#include "commands/families.h"
#include "engine/scripting.h"
#include "engine/server.h"
#include "script/script.h"

bool library_trial_add(void *context, struct bytes code, struct error *error)
{
    struct server **server = context;
    if (!*server) {
        *server = server_new(config_new(), command_families, command_family_count);
        scripting_init(*server);
    }
    return (*server)->scripting->load_library(*server, code, false, error);
}

void library_trial_end(struct server *server)
{
    if (!server)
        return;
    scripts_free(server);
    server_free(server);
}
