/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a script may be made to stand still, or to end. */
#include "run.h"

static int end_killed(lua_State *lua)
{
    const struct script_run *run = scripts_in(lua)->run;
    if (!run->fiber)
        return error_raise(lua, "Script ran for too long where it can't stand still");
    return error_raise(lua, "Script killed by user with %s KILL...",
                       run->is_function ? "FUNCTION" : "SCRIPT");
}

void run_rethrow_if_killed(lua_State *lua)
{
    const struct script_run *run = scripts_in(lua)->run;
    if (run && run->is_killed)
        (void)end_killed(lua);
}

static int64_t threshold_us(const struct server *server)
{
    int64_t ms = server->config->busy_reply_threshold;
    return ms == 0 || ms > INT64_MAX / 4000 ? INT64_MAX / 2 : ms * 1000;
}

/* Most end before anybody looks at the clock: that comes first here. */
static bool is_over(struct script_run *run)
{
    int64_t now_us = clock_mono_us();
    if (run->until_us == 0)
        run->until_us = now_us + threshold_us(run->scripts->server);
    return now_us >= run->until_us;
}

void run_pause_point(lua_State *lua)
{
    const struct scripts *scripts = scripts_in(lua);
    struct script_run *run = scripts->run;
    if (scripts->loading && clock_mono_us() >= scripts->loading_until_us)
        error_raise(lua, "FUNCTION LOAD timeout");
    if (!run)
        return;
    if (!run->is_killed && is_over(run)) {
        if (run->fiber)
            fiber_pause(run->fiber);
        else
            run->is_killed = true;
    }
    if (run->is_killed)
        (void)end_killed(lua);
}
