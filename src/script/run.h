/* SPDX-License-Identifier: BSD-3-Clause */
/* A script that runs. It has a stack of its own, so that it can stand still while others are told that the
 * server is busy. */
#ifndef SCRIPT_RUN_H
#define SCRIPT_RUN_H

#include "engine.h"
#include "engine/long_work.h"
#include "fiber.h"

struct script_run {
    struct long_work work;
    struct scripts *scripts;
    struct script *script;
    struct call *call;           /* until its arguments are in the script's hands */
    struct fiber *fiber;         /* NULL: it may not stand still */
    char sha[SHA1_HEX_SIZE + 1]; /* as it was asked for */
    int protocol;                /* of what commands reply to the script: redis.setresp */
    int64_t until_us;            /* it is to stand still then, or end; monotonic */
    unsigned key_count;
    bool is_read_only, is_unrecorded;
    bool has_begun, has_ended, has_failed, has_written;
    bool is_killed; /* SCRIPT KILL */
};

struct run_how {
    char sha[SHA1_HEX_SIZE + 1];
    unsigned key_count;
    bool is_read_only;
};

/* Runs the script as the work of the call, whose arguments are checked. */
void run_begin(struct scripts *scripts, struct script *script, struct call *call, const struct run_how *how);

/* ---- for the slots ---- */
int run_compile(lua_State *lua);
int run_script(lua_State *lua);
int run_reply(lua_State *lua);

/* Ends it, if it hasn't ended, and leaves the interpreter to the next one. */
void run_give_up(struct script_run *run);

/* To be called by whatever may take long: lets others have their turn, and doesn't return when the script is
 * to end. */
void run_pause_point(lua_State *lua);
/* Goes on with an error that nothing may catch. */
void run_rethrow_if_killed(lua_State *lua);

#endif
