/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a script may be made to stand still, or to end. */
#include "run.h"

static int end_killed(lua_State *lua)
{
    return error_raise(lua, "%s",
                       scripts_in(lua)->run->fiber ? "Script killed by user with SCRIPT KILL..."
                                                   : "Script ran for too long in a transaction");
}

void run_rethrow_if_killed(lua_State *lua)
{
    const struct script_run *run = scripts_in(lua)->run;
    if (run && run->is_killed)
        (void)end_killed(lua);
}

void run_pause_point(lua_State *lua)
{
    struct script_run *run = scripts_in(lua)->run;
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
