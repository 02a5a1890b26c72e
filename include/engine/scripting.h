/* SPDX-License-Identifier: BSD-3-Clause */
/* What others than `script` see of it: saving and loading the code of functions. It puts itself in
 * server->scripting (script/script.h: scripting_init). */
#ifndef ENGINE_SCRIPTING_H
#define ENGINE_SCRIPTING_H

#include "base/blob.h"
#include "base/error.h"

struct server;

struct scripting {
    /* Shows the code of each library, which is lent. */
    void (*each_library)(const struct server *server, void (*show)(void *context, struct blob *code),
                         void *context);
    /* Adds a library, in the place of another one of its name if it `replaces` that. */
    bool (*load_library)(struct server *server, struct bytes code, bool replaces, struct error *error);
    void (*clear_libraries)(struct server *server);
};

#endif
