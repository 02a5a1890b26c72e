/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a script may be made to stand still, or to end. */
#include "run.h"

static int end_killed(lua_State *lua)
{
    const struct script_run *run = scripts_in(lua)->run;
    if (!run->fiber)
        return error_raise(lua, "Script ran for too long in a transaction");
    return error_raise(lua, "Script killed by user with %s KILL...",
                       run->is_function ? "FUNCTION" : "SCRIPT");
}

void run_rethrow_if_killed(lua_State *lua)
{
    const struct script_run *run = scripts_in(lua)->run;
    if (run && run->is_killed)
        (void)end_killed(lua);
}

void run_pause_point(lua_State *lua)
{
    const struct scripts *scripts = scripts_in(lua);
    struct script_run *run = scripts->run;
    if (scripts->loading && clock_mono_us() >= scripts->loading_until_us)
        error_raise(lua, "FUNCTION LOAD timeout");
    if (!run)
        return;
    if (!run->is_killed && clock_mono_us() >= run->until_us) {
        if (run->fiber)
            fiber_pause(run->fiber);
        else
            run->is_killed = true;
    }
    if (run->is_killed)
        (void)end_killed(lua);
}
