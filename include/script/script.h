/* SPDX-License-Identifier: BSD-3-Clause */
/* Scripts in Lua: one interpreter of a server, made when the first script comes; a cache of compiled scripts
 * by the SHA1 of their text; and the running of one, which is one command to everybody else. */
#ifndef SCRIPT_SCRIPT_H
#define SCRIPT_SCRIPT_H

#include "engine/call.h"

/* Runs the script in argv[1], or that with this SHA1, and replies: EVAL, EVALSHA and their kin. */
void script_eval(struct call *call, bool is_read_only);
void script_evalsha(struct call *call, bool is_read_only);

/* Whether the script that EVAL or EVALSHA names says by itself that it only reads. */
bool script_eval_only_reads(const struct call *call);
bool script_evalsha_only_reads(const struct call *call);

/* Compiles argv[2] and keeps it until all are dropped; replies with its SHA1. */
void script_load(struct call *call);
/* Replies with the text of the script whose SHA1 is argv[2]. */
void script_show(struct call *call);
bool script_exists(const struct server *server, struct bytes sha);
/* Drops all scripts, and whatever the interpreter holds. */
void script_flush(struct server *server);
/* Ends the script that runs, or the function, unless it has changed data; replies. */
void script_kill(struct call *call, bool is_function);

/* Lets others have what engine/scripting.h says. To be called for each server before it loads data. */
void scripting_init(struct server *server);

/* Harmless when there was none. To be called before the server goes. */
void scripts_free(struct server *server);

void scripts_add_metrics(struct server *server);

struct script_figures {
    size_t eval_bytes, script_bytes, script_count; /* of EVAL's interpreter; of what finds its scripts */
    size_t functions_bytes, library_bytes;         /* of that of functions; of libraries besides */
    size_t library_count, function_count;
};

struct script_figures script_figures(const struct server *server);

#endif
