/* SPDX-License-Identifier: BSD-3-Clause */
/* A script that runs. It has a stack of its own, so that it can stand still while others are told that the
 * server is busy. */
#ifndef SCRIPT_RUN_H
#define SCRIPT_RUN_H

#include "base/fiber.h"
#include "engine.h"
#include "engine/long_work.h"

/* Steps between two looks at the time. */
#define RUN_STEPS_MAX 10000

struct script_run {
    struct long_work work;
    struct scripts *scripts;
    struct interpreter *interpreter;
    const struct program *program;
    struct call *call;   /* until its arguments are in the script's hands */
    struct fiber *fiber; /* NULL: it may not stand still */
    const char *name;    /* as errors show it */
    char sha[SHA1_HEX_SIZE + 1];
    uint8_t protocol;       /* of what commands reply to the script: redis.setresp */
    uint8_t reply_protocol; /* of what it replies itself */
    int64_t until_us;       /* it is to stand still then, or end; monotonic */
    unsigned key_count;
    bool is_read_only, is_unrecorded;
    bool is_function;
    bool has_begun, has_ended, has_failed, has_written;
    bool has_replied, has_replied_error; /* into the buffer of the client that runs its commands */
    bool is_killed;                      /* SCRIPT KILL, FUNCTION KILL */
    int64_t begin_mono_ms;
    bool was_paused;
    struct clock clock; /* as it was before */
};

struct run_how {
    const char *function;        /* its name, which is lent as long as it runs; NULL: a script */
    char sha[SHA1_HEX_SIZE + 1]; /* of a script, as it was asked for */
    unsigned key_count;
    bool is_read_only;
};

/* Takes the number of keys from argv[2], having replied when it is wrong: then false. */
bool run_parse_keys(struct call *call, const char *not_a_number, struct run_how *how);

/* Runs the script or function as the work of the call, whose arguments are checked, unless it may not run
 * now: then it replies. */
void run_begin(struct interpreter *interpreter, const struct program *program, struct call *call,
               const struct run_how *how);

/* ---- for the slots ---- */
int run_compile(lua_State *lua);
int run_script(lua_State *lua);
int run_load(lua_State *lua);
int run_function(lua_State *lua);
int run_reply(lua_State *lua);

/* Ends it, if it hasn't ended, and leaves the interpreter to the next one. */
void run_give_up(struct script_run *run);

/* To be called by whatever may take long: lets others have their turn, and doesn't return when the script is
 * to end. */
void run_pause_point(lua_State *lua);
/* The same for who does a lot in small steps, of some nanoseconds each. */
static inline void run_worked(lua_State *lua, size_t steps)
{
    struct interpreter *interpreter = interpreter_in(lua);
    interpreter->steps += steps;
    if (interpreter->steps >= RUN_STEPS_MAX) {
        interpreter->steps = 0;
        run_pause_point(lua);
    }
}
/* Goes on with an error that nothing may catch. */
void run_rethrow_if_killed(lua_State *lua);

#endif
