/* SPDX-License-Identifier: BSD-3-Clause */
/* LATENCY GRAPH and LATENCY DOCTOR. A graph has a column for each spike, as high as the spike is above the
 * lowest one, and below it, from top to bottom, how long ago it was:
 *
 *        #
 *       o|
 *     _#||
 *     6421
 *     smms
 */
#include "latency_report.h"
#include <stdio.h>

/* ---- graph ---- */

#define GRAPH_WIDTH  80
#define GRAPH_ROWS   4
#define STEPS        3 /* that a row can show: _ o # */
#define LABEL_HEIGHT 8

struct column {
    unsigned height; /* 0 to GRAPH_ROWS * STEPS - 1 */
    char label[LABEL_HEIGHT + 1];
};

static void print_age(char out[static LABEL_HEIGHT + 1], int64_t age_s)
{
    static const struct {
        int64_t below_s, unit_s;
        char letter;
    } units[] = {{60, 1, 's'}, {3600, 60, 'm'}, {86400, 3600, 'h'}, {INT64_MAX, 86400, 'd'}};
    int i = 0;
    if (age_s < 0)
        age_s = 0;
    while (age_s >= units[i].below_s)
        i++;
    int64_t age = age_s / units[i].unit_s;
    (void)snprintf(out, LABEL_HEIGHT + 1, "%d%c", (int)(age < 999999 ? age : 999999), units[i].letter);
}

static char cell(const struct column *column, unsigned row)
{
    static const char marks[STEPS + 1] = "_o#";
    unsigned floor = (GRAPH_ROWS - 1 - row) * STEPS;
    if (column->height < floor)
        return ' ';
    return column->height - floor < STEPS ? marks[column->height - floor] : '|';
}

static void print_columns(const struct column *columns, unsigned count, struct buf *out)
{
    for (unsigned row = 0; row < GRAPH_ROWS; row++) {
        for (unsigned i = 0; i < count; i++)
            buf_append_char(out, cell(&columns[i], row));
        buf_append_char(out, '\n');
    }
    buf_append_char(out, '\n');
    for (size_t line = 0, is_more = 1; line < LABEL_HEIGHT && is_more; line++) {
        is_more = 0;
        for (unsigned i = 0; i < count; i++) {
            size_t len = strlen(columns[i].label);
            buf_append_char(out, line < len ? columns[i].label[line] : ' ');
            is_more |= line + 1 < len;
        }
        buf_append_char(out, '\n');
    }
}

void print_latency_graph(const struct latency_event *event, int64_t now_s, struct buf *out)
{
    struct latency_summary summary = latency_summarize(event, now_s);
    struct column columns[GRAPH_WIDTH];
    uint32_t range_ms = summary.max_ms - summary.min_ms;
    unsigned skipped = summary.count > GRAPH_WIDTH ? summary.count - GRAPH_WIDTH : 0;
    unsigned count = summary.count - skipped;
    buf_printf(out, "%s - high %u ms, low %u ms (all time high %u ms)\n", event->name, summary.max_ms,
               summary.min_ms, event->worst_ms);
    for (int i = 0; i < GRAPH_WIDTH; i++)
        buf_append_char(out, '-');
    buf_append_char(out, '\n');
    for (unsigned i = 0; i < count; i++) {
        const struct latency_sample *sample = latency_sample_at(event, skipped + i);
        uint64_t above_ms = sample->ms - summary.min_ms;
        columns[i].height = range_ms ? (unsigned)(above_ms * (GRAPH_ROWS * STEPS - 1) / range_ms) : 0;
        print_age(columns[i].label, now_s - sample->time_s);
    }
    print_columns(columns, count, out);
}

/* ---- doctor ---- */

/* What may help against each event. */
static const struct {
    const char *event, *text;
} advices[] = {
    {"command",
     "Look at SLOWLOG GET: it shows which commands took long, with their arguments. Work on one large value, "
     "and scripts and transactions, run in one piece."},
    {"fast-command",
     "Commands that never take long were held up: the machine didn't give this process the processor. Lower "
     "the load, look for noisy neighbours on the same host, and measure with "
     "'redis-cli --intrinsic-latency 100'."},
    {"tick", "A turn of the event loop is the sum of all that clients asked for at once. Many clients with "
             "long pipelines "
             "make long turns; so do slow commands, which have an event of their own."},
    {"expire-cycle",
     "Keys past their end are removed in slices of 0.3 milliseconds. A longer one means that the process "
     "wasn't given the processor, or that freeing large values took long."},
};

static void print_advice(const struct server *server, struct buf *out)
{
    const struct config *config = server->config;
    for (size_t i = 0; i < sizeof advices / sizeof advices[0]; i++) {
        if (latency_find(server->latency, bytes_of(advices[i].event)))
            buf_printf(out, "- %s\n", advices[i].text);
    }
    if (!latency_find(server->latency, BYTES("command")))
        return;
    if (config->slowlog_log_slower_than < 0)
        buf_printf(out, "- The slow log is off. Turn it on with 'CONFIG SET slowlog-log-slower-than %lld'.\n",
                   (long long)config->latency_monitor_threshold * 1000);
    else if (config->slowlog_log_slower_than / 1000 > config->latency_monitor_threshold)
        buf_printf(out,
                   "- The slow log leaves out spikes that the latency monitor counts. To see them there, "
                   "'CONFIG SET slowlog-log-slower-than %lld'.\n",
                   (long long)config->latency_monitor_threshold * 1000);
}

void print_latency_report(const struct server *server, struct buf *out)
{
    const struct latency_monitor *monitor = server->latency;
    if (monitor->count == 0 && server->config->latency_monitor_threshold == 0) {
        buf_append_text(out,
                        "Latency is not monitored. To have spikes of, say, 100 milliseconds and more noted, "
                        "'CONFIG SET latency-monitor-threshold 100'.\n");
        return;
    }
    if (monitor->count == 0) {
        buf_append_text(out, "No latency spike was seen. There is nothing to cure.\n");
        return;
    }
    buf_append_text(out, "Latency spikes were seen:\n\n");
    for (int i = 0; i < monitor->count; i++) {
        const struct latency_event *event = monitor->events[i];
        struct latency_summary summary = latency_summarize(event, server->clock.wall_ms / 1000);
        buf_printf(out,
                   "%d. %s: %u latency spikes (average %ums, mean deviation %ums, period %.2f sec). "
                   "Worst all time event %ums.\n",
                   i + 1, event->name, summary.count, summary.mean_ms, summary.mean_deviation_ms,
                   (double)summary.period_s / summary.count, event->worst_ms);
    }
    buf_append_text(out, "\nWhat may help:\n\n");
    print_advice(server, out);
}
