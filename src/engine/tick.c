/* SPDX-License-Identifier: BSD-3-Clause */
/* The tick, and the little that each of its lines needs. */
#include "engine/tick.h"
#include "base/worker.h"
#include "engine/accept.h"
#include "engine/client_io.h"
#include "engine/client_limit.h"
#include "engine/compaction.h"
#include "engine/cron.h"
#include "engine/journal.h"
#include "engine/memory_limit.h"
#include "engine/metric_tables.h"
#include "engine/pause.h"
#include "engine/push_limit.h"
#include "engine/server.h"
#include "engine/slow.h"
#include "engine/timeouts.h"
#include "engine/tracking.h"

/* What background work may take of a tick: clients wait for it. Somebody who asks 2,000 times a second, one
 * request after the other, must not fall behind while it goes on; expiry has most to do, and a promise to
 * keep. */
#define SLICE_BUDGET_US  150
#define EXPIRE_BUDGET_US 300
/* Entries that are due within this time die together. */
#define EXPIRE_GRAIN_MS 1

static bool is_something_to_do(const struct server *server)
{
    return !list_is_empty(&server->runnable) || server->has_background_work;
}

/* Falling asleep and being woken takes a processor longer than a command. */
static bool is_worth_looking_again(const struct server *server)
{
    return server->config->busy_poll_us > 0 &&
           clock_mono_us() - server->served_us < server->config->busy_poll_us;
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* How long the loop may wait for clients before something else is due. */
static int64_t wait_us(const struct server *server, int64_t at_most_us)
{
    if (is_something_to_do(server) || is_worth_looking_again(server))
        return 0;
    int64_t due_ms = earlier(cron_next_ms(server), timeouts_next_ms(server));
    due_ms = earlier(due_ms, store_next_due_ms(server->store));
    due_ms = earlier(due_ms, compaction_next_ms(server));
    if (server->status.pause_until_ms != 0)
        due_ms = earlier(due_ms, server->status.pause_until_ms);
    int64_t job_us = slices_next_us(&server->slices), now_us = clock_mono_us();
    if (due_ms == INT64_MAX && job_us == INT64_MAX)
        return at_most_us;
    /* From the middle of the millisecond it is due in: waking a little early would only mean waiting
     * again. */
    int64_t us = due_ms == INT64_MAX ? INT64_MAX : due_ms * 1000 + 200 - now_us;
    us = earlier(us, job_us == INT64_MAX ? INT64_MAX : job_us - now_us);
    return us < 0 ? 0 : earlier(us, at_most_us);
}

static void write_ready_again(struct server *server)
{
    struct list *writable = loop_writable(server->loop);
    while (!list_is_empty(writable)) {
        struct client *client = LIST_ENTRY(writable->next, struct client, conn.writable);
        list_remove(&client->conn.writable);
        client_flush(client);
    }
}

/* Expiry, freeing, shrinking, eviction, compaction: true when nothing is left to do. */
static bool keep_store(struct server *server)
{
    bool is_done = true;
    int64_t now_ms = server->clock.mono_ms;
    if (now_ms >= server->expire_next_ms) {
        int64_t begin = clock_mono_us();
        is_done &= store_expire_slice(server->store, EXPIRE_BUDGET_US);
        int64_t duration_us = clock_mono_us() - begin;
        server->expire_us += (uint64_t)duration_us;
        slow_event(server, "expire-cycle", duration_us);
        server->expire_next_ms = is_done ? now_ms + EXPIRE_GRAIN_MS : now_ms;
    }
    is_done &= store_free_slice(server->store, SLICE_BUDGET_US / 2);
    is_done &= store_resize_slice(server->store, SLICE_BUDGET_US / 4);
    is_done &= memory_limit_keep(server);
    compaction_run(server);
    server->status.has_timed_fields = store_has_timed_parts(server->store);
    return is_done;
}

/* Each within its budget. While a file is loaded, the dataset is left to who fills it, and while a script is
 * in the middle, to that. */
static void run_slices(struct server *server)
{
    const struct status *status = &server->status;
    bool is_done = status->is_loading || status->is_script_busy || keep_store(server);
    slices_run(&server->slices, SLICE_BUDGET_US);
    server->has_background_work = !is_done;
}

static void reap(struct server *server)
{
    while (!list_is_empty(&server->closing))
        client_reap(LIST_ENTRY(server->closing.next, struct client, closing));
}

static void note_extremes(struct tick_extremes *extremes, uint64_t duration_us, uint64_t commands)
{
    if (duration_us > extremes->tick_us_max)
        extremes->tick_us_max = duration_us;
    /* CONFIG RESETSTAT starts the count anew. */
    if (commands > extremes->commands_max && commands < INT64_MAX)
        extremes->commands_max = commands;
}

void tick(struct server *server, int64_t at_most_us)
{
    loop_wait(server->loop, wait_us(server, at_most_us));
    clock_update(&server->clock);
    /* A clock set by hand doesn't measure. */
    server->tick_begin_us = server->clock.is_manual ? clock_mono_us() : server->clock.mono_us;
    uint64_t commands_before = server->counters.total_commands_processed;

    write_ready_again(server);
    clients_serve(server); /* read, parse, run */
    clients_write(server);
    timeouts_run(server);
    cron_run(server);
    pause_run(server);
    run_slices(server);
    /* Keys that went by themselves. */
    if (!list_is_empty(&server->blocking.ready))
        blocking_serve(server);
    tracking_tick(server);
    journal_flush(server);
    clients_write(server);
    client_limit_keep(server);
    push_limit_keep(server);
    reap(server);
    accept_clients(server); /* into the places that became free */

    int64_t end_us = clock_mono_us(), duration_us = end_us - server->tick_begin_us;
    uint64_t commands = server->counters.total_commands_processed - commands_before;
    if (commands > 0)
        server->served_us = end_us;
    server->counters.ticks++;
    server->counters.tick_us += (uint64_t)duration_us;
    note_extremes(&server->extremes, (uint64_t)duration_us, commands);
    slow_event(server, "tick", duration_us);
}

/* ---- figures ---- */

#define TICK_METRICS(ROW)                                                                                    \
    ROW(INTEGER, "Stats", eventloop_cycles, COUNTER, server->counters.ticks, "Turns of the event loop.")     \
    ROW(INTEGER, "Stats", eventloop_duration_sum, COUNTER, server->counters.tick_us,                         \
        "Microseconds they took.")                                                                           \
    ROW(INTEGER, "Stats", background_slices, COUNTER, server->slices.run_count,                              \
        "Pieces of background jobs run.")                                                                    \
    ROW(INTEGER, "Stats", background_slices_usec, COUNTER, server->slices.run_us, "Microseconds they took.") \
    ROW(INTEGER, "Stats", background_slice_max_usec, GAUGE, server->slices.longest_us,                       \
        "The longest piece of background work.")                                                             \
    ROW(INTEGER, "Debug", eventloop_duration_cron_sum, COUNTER, server->extremes.cron_us,                    \
        "Microseconds that tasks which come round took.")                                                    \
    ROW(INTEGER, "Debug", eventloop_duration_max, GAUGE, server->extremes.tick_us_max,                       \
        "Microseconds of the longest turn of the event loop.")                                               \
    ROW(INTEGER, "Debug", eventloop_cmd_per_cycle_max, GAUGE, server->extremes.commands_max,                 \
        "Most commands in one turn.")

METRIC_TABLE(tick_add_metrics, TICK_METRICS)
