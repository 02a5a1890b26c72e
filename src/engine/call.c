/* SPDX-License-Identifier: BSD-3-Clause */
/* Running a command: the time it takes, what is counted, who watches. */
#include "engine/call.h"
#include "base/alloc.h"
#include "call_run.h"
#include "engine/client.h"
#include "engine/journal.h"
#include "engine/monitor.h"
#include "engine/server.h"
#include "engine/slow.h"
#include "engine/tracking.h"
#include "late_call.h"
#include "metrics/histogram.h"

static inline void took_effect(struct call *call)
{
    call->command->calls++;
    call->server->counters.total_commands_processed++;
    /* Behind those it ran itself (EXEC), and with the database it selected. */
    monitor_feed(call);
    if ((call->client->flags & CLIENT_TRACKING) && (call->command->row->flags & COMMAND_READONLY))
        tracking_remember(call);
}

static inline void measure(struct call *call, uint64_t ticks)
{
    struct registered_command *command = call->command;
    command->ticks += ticks;
    command->failed += call->has_failed;
    if (call->server->config->latency_tracking) {
        if (!command->latency)
            command->latency = histogram_new();
        histogram_record(command->latency, ticks);
    }
    slow_call_done(call, ticks);
}

void call_took_effect(struct call *call)
{
    took_effect(call);
}

void call_measure(struct call *call, uint64_t ticks)
{
    measure(call, ticks);
}

/* Its command has returned; it goes on. */
static void ran_late(struct call *call, uint64_t ticks)
{
    struct late_call *late = call->late;
    late->ticks += ticks;
    late->call.has_failed = call->has_failed;
    if (!late->takes_effect_late)
        call_took_effect(call);
}

/* From the first argument's begin to the last one's end. Those that don't lie in one buffer are a script's,
 * and then it is any number. */
static inline size_t arguments_span(const struct call *call)
{
    const struct bytes *last = &call->argv[call->argc - 1];
    return (uintptr_t)last->data + last->len - (uintptr_t)call->argv[0].data;
}

/* What commands keep of their arguments: keys, elements, names. Strings ask for their values themselves,
 * since they may take over a large argument's blob. */
static __attribute__((noinline)) bool may_keep_arguments(struct call *call)
{
    const struct blob *taken = call->command->row->acl & ACL_STRING ? call->big_argument : NULL;
    size_t size = 0;
    for (int i = 0; i < call->argc; i++)
        size += taken && call->argv[i].data == taken->data ? 0 : call->argv[i].len;
    return call_has_room(call, size);
}

void call_run(struct call *call)
{
    struct server *server = call->server;
    struct running outer = call_enter(call);

    /* The clock is read once a command: one begins where the one before ended. */
    uint64_t begin = server->call_ticks;
    bool is_long = call->big_argument || arguments_span(call) >= MEM_FOREIGN_MIN;
    if (__builtin_expect(!is_long, 1) || may_keep_arguments(call))
        call->command->row->run(call);
    server->call_ticks = clock_ticks();
    /* For scripts time stands still. */
    if (!(call->client->flags & CLIENT_SCRIPT))
        clock_follow(&server->clock, server->call_ticks);
    uint64_t ticks = server->call_ticks - begin;
    if (__builtin_expect(!call->late, 1)) {
        measure(call, ticks);
        took_effect(call);
    } else {
        ran_late(call, ticks);
    }
    call_leave(server, outer);
    if (__builtin_expect(server->journal.is_on, 0))
        journal_call_done(call);
}
