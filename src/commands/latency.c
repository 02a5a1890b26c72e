/* SPDX-License-Identifier: BSD-3-Clause */
/* LATENCY: spikes of the latency monitor, and the distribution of what commands take. */
#include "base/number.h"
#include "commands/families.h"
#include "engine/call.h"
#include "latency_report.h"
#include "metrics/histogram.h"

static int64_t now_s(const struct call *call)
{
    return call->server->clock.wall_ms / 1000;
}

/* ---- spikes ---- */

static void cmd_latency_latest(struct call *call)
{
    const struct latency_monitor *monitor = call->server->latency;
    reply_array(call->reply, (size_t)monitor->count);
    for (int i = 0; i < monitor->count; i++) {
        const struct latency_event *event = monitor->events[i];
        unsigned count = latency_summarize(event, now_s(call)).count;
        const struct latency_sample *latest = latency_sample_at(event, count - 1);
        reply_array(call->reply, 4);
        reply_bulk_text(call->reply, event->name);
        reply_int(call->reply, latest->time_s);
        reply_int(call->reply, latest->ms);
        reply_int(call->reply, event->worst_ms);
    }
}

static void cmd_latency_history(struct call *call)
{
    const struct latency_event *event = latency_find(call->server->latency, call->argv[2]);
    const struct latency_sample *sample;
    reply_array(call->reply, latency_summarize(event, now_s(call)).count);
    for (unsigned i = 0; event && (sample = latency_sample_at(event, i)); i++) {
        reply_array(call->reply, 2);
        reply_int(call->reply, sample->time_s);
        reply_int(call->reply, sample->ms);
    }
}

static void cmd_latency_reset(struct call *call)
{
    struct latency_monitor *monitor = call->server->latency;
    int count = 0;
    if (call->argc == 2)
        count = latency_reset(monitor, (struct bytes){NULL, 0});
    for (int i = 2; i < call->argc; i++)
        count += latency_reset(monitor, call->argv[i]);
    reply_int(call->reply, count);
}

static void cmd_latency_graph(struct call *call)
{
    const struct latency_event *event = latency_find(call->server->latency, call->argv[2]);
    struct buf text = {0};
    if (!event) {
        call_error_format(call, "ERR No samples available for event '%.*s'",
                          (int)(call->argv[2].len < 128 ? call->argv[2].len : 128), call->argv[2].data);
        return;
    }
    print_latency_graph(event, now_s(call), &text);
    reply_verbatim(call->reply, buf_bytes(&text), "txt");
    buf_clear(&text);
}

static void cmd_latency_doctor(struct call *call)
{
    struct buf text = {0};
    print_latency_report(call->server, &text);
    reply_verbatim(call->reply, buf_bytes(&text), "txt");
    buf_clear(&text);
}

/* ---- distribution ---- */

/* Buckets end at powers of two of about a microsecond, and are named by whole microseconds: 1, 2, 4, 8,
 * 16, 33, 66 ... as clients know them. */
#define BUCKET_COUNT 31

static void reply_distribution(struct reply *reply, const struct registered_command *command)
{
    const struct histogram *histogram = command->latency;
    uint64_t previous = 0;
    size_t count = 0;
    reply_bulk_text(reply, command->full_name);
    reply_map(reply, 2);
    reply_bulk_text(reply, "calls");
    reply_int(reply, (int64_t)histogram->count);
    reply_bulk_text(reply, "histogram_usec");
    struct reply_mark later = reply_later(reply);
    for (int i = 0; i < BUCKET_COUNT; i++) {
        double end_ns = (double)(UINT64_C(1032) << i);
        bool is_last = i == BUCKET_COUNT - 1;
        uint64_t end = is_last ? UINT64_MAX : (uint64_t)(end_ns / 1000 * clock_ticks_per_us());
        uint64_t calls = histogram_count_to(histogram, end);
        if (calls == previous)
            continue;
        reply_int(reply, (int64_t)(end_ns / 1000));
        reply_int(reply, (int64_t)calls);
        previous = calls;
        count++;
    }
    reply_later_done(reply, later, '%', count);
}

struct distribution_reply {
    struct reply *reply;
    size_t count;
};

static void reply_if_called(void *context, struct registered_command *command)
{
    struct distribution_reply *distribution = context;
    if (!command->latency)
        return;
    reply_distribution(distribution->reply, command);
    distribution->count++;
}

static void cmd_latency_histogram(struct call *call)
{
    const struct registry *registry = call->server->registry;
    struct distribution_reply distribution = {call->reply, 0};
    struct reply_mark later = reply_later(call->reply);
    if (call->argc == 2)
        registry_each(registry, reply_if_called, &distribution);
    for (int i = 2; i < call->argc; i++) {
        struct registered_command *command = registry_find_full(registry, call->argv[i]);
        if (!command)
            continue;
        reply_if_called(&distribution, command);
        for (int j = 0; j < command->subcommand_count; j++)
            reply_if_called(&distribution, &command->subcommands[j]);
    }
    reply_later_done(call->reply, later, '%', distribution.count);
}

static void cmd_latency_help(struct call *call)
{
    static const char *const lines[] = {
        "DOCTOR",
        "    What happened, and what can be done about it.",
        "GRAPH <event>",
        "    A drawing of the spikes of an event.",
        "HISTOGRAM [<command> ...]",
        "    How many calls of these commands, or of all, took up to so many microseconds.",
        "HISTORY <event>",
        "    Time and milliseconds of the spikes of an event.",
        "LATEST",
        "    The latest and the worst spike of each event.",
        "RESET [<event> ...]",
        "    Forget the spikes of these events, or of all.",
        NULL,
    };
    call_help(call, lines);
}

static const char *const special_tips[] = {"nondeterministic_output", "request_policy:all_nodes",
                                           "response_policy:special", NULL};
static const char *const latency_reset_tips[] = {"request_policy:all_nodes", "response_policy:agg_sum", NULL};

static const struct command latency_subcommands[] = {
    {
        .name = "doctor",
        .run = cmd_latency_doctor,
        .arity = 2,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "2.8.13",
        .complexity = "O(1)",
        .summary = "Returns a human-readable latency analysis report.",
        .tips = special_tips,
    },
    {
        .name = "graph",
        .run = cmd_latency_graph,
        .arity = 3,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "2.8.13",
        .complexity = "O(1)",
        .summary = "Returns a latency graph for an event.",
        .synopsis = "event",
        .tips = special_tips,
    },
    {
        .name = "help",
        .run = cmd_latency_help,
        .arity = 2,
        .flags = COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "2.8.13",
        .complexity = "O(1)",
        .summary = "Returns helpful text about the different subcommands.",
    },
    {
        .name = "histogram",
        .run = cmd_latency_histogram,
        .arity = -2,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "7.0.0",
        .complexity = "O(N) where N is the number of commands with latency information being retrieved.",
        .summary = "Returns the cumulative distribution of latencies of a subset or all commands.",
        .synopsis = "[command...]",
        .tips = special_tips,
    },
    {
        .name = "history",
        .run = cmd_latency_history,
        .arity = 3,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "2.8.13",
        .complexity = "O(1)",
        .summary = "Returns timestamp-latency samples for an event.",
        .synopsis = "event",
        .tips = special_tips,
    },
    {
        .name = "latest",
        .run = cmd_latency_latest,
        .arity = 2,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "2.8.13",
        .complexity = "O(1)",
        .summary = "Returns the latest latency samples for all events.",
        .tips = special_tips,
    },
    {
        .name = "reset",
        .run = cmd_latency_reset,
        .arity = -2,
        .flags = COMMAND_ADMIN | COMMAND_NOSCRIPT | COMMAND_LOADING | COMMAND_STALE,
        .group = "server",
        .since = "2.8.13",
        .complexity = "O(1)",
        .summary = "Resets the latency data for one or more events.",
        .synopsis = "[event...]",
        .tips = latency_reset_tips,
    },
    {.name = NULL},
};

static const struct command latency_commands[] = {
    {
        .name = "latency",
        .arity = -2,
        .group = "server",
        .since = "2.8.13",
        .complexity = "Depends on subcommand.",
        .summary = "A container for latency diagnostics commands.",
        .subcommands = latency_subcommands,
    },
    {.name = NULL},
};

const struct command_family latency_family = {"latency", latency_commands};
