/* SPDX-License-Identifier: BSD-3-Clause */
/* Prefix classes: how many, what they hold together, and a line for each of the largest. */
#include "base/buf.h"
#include "base/utf8.h"
#include "engine/metric_tables.h"
#include "metrics/prometheus.h"
#include "sessions/session_stats.h"
#include <stdio.h>
#include <stdlib.h>

/* INFO is read often and whole: it shows so many classes, those with most keys. SESSION.STATS shows all. */
#define CLASSES_SHOWN 20

/* Those in use, the one with most keys first. Returns how many there are. */
static unsigned sort_classes(const struct session_stats *stats,
                             const struct session_class *sorted[SESSION_CLASS_COUNT])
{
    unsigned count = 0;
    for (unsigned i = 0; i < stats->class_count; i++) {
        const struct session_class *class = &stats->classes[i];
        if (!session_class_is_used(class))
            continue;
        unsigned at = count++;
        for (; at > 0 && sorted[at - 1]->live.keys < class->live.keys; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = class;
    }
    return count;
}

/* What would take the line apart as \xHH; so is the backslash, so that no two prefixes look alike. */
static void print_prefix(struct buf *out, struct bytes prefix)
{
    for (size_t i = 0; i < prefix.len; i++) {
        char c = prefix.data[i];
        if (c < ' ' || c > '~' || c == ',' || c == '=' || c == '\\')
            buf_printf(out, "\\x%02x", (unsigned char)c);
        else
            buf_append_char(out, c);
    }
}

/* "session1:prefix=chatmrpt:,keys=2,bytes=512,created=3,..." */
static void print_classes(const struct server *server, struct buf *out)
{
    const struct session_stats *stats = server->sessions;
    const struct session_class *sorted[SESSION_CLASS_COUNT];
    unsigned count = sort_classes(stats, sorted);
    for (unsigned i = 0; i < count && i < CLASSES_SHOWN; i++) {
        buf_printf(out, "session%d:prefix=", (int)(sorted[i] - stats->classes));
        print_prefix(out, session_class_prefix(sorted[i]));
        for (size_t row = 0; row < session_figure_count; row++)
            buf_printf(out, ",%s=%llu", session_figures[row].name,
                       (unsigned long long)session_figure_read(&session_figures[row], sorted[i]));
        buf_append_text(out, "\r\n");
    }
}

static void print_class_sample(struct buf *out, const char *name, const struct session_figure *figure,
                               const struct session_class *class)
{
    struct buf prefix = {0};
    utf8_append_name(&prefix, session_class_prefix(class));
    struct prometheus_label label = {"prefix", buf_bytes(&prefix)};
    prometheus_sample(out, name, "", &label, 1, (double)session_figure_read(figure, class));
    buf_clear(&prefix);
}

/* The metrics endpoint shows all classes: a series that comes and goes is of no use. */
static void series_of_classes(const void *context, struct buf *out)
{
    const struct server *server = context;
    const struct session_stats *stats = server->sessions;
    for (size_t row = 0; row < session_figure_count; row++) {
        const struct session_figure *figure = &session_figures[row];
        char name[64];
        (void)snprintf(name, sizeof name, "sessiond_session_%s%s", figure->name,
                       figure->is_counter ? "_total" : "");
        prometheus_family(out, name, figure->is_counter ? "counter" : "gauge", figure->help);
        for (unsigned i = 0; i < stats->class_count; i++) {
            if (session_class_is_used(&stats->classes[i]))
                print_class_sample(out, name, figure, &stats->classes[i]);
        }
    }
}

static uint64_t live_keys(const struct server *server)
{
    uint64_t keys = 0;
    for (unsigned i = 0; i < server->sessions->class_count; i++)
        keys += server->sessions->classes[i].live.keys;
    return keys;
}

static unsigned used_classes(const struct server *server)
{
    unsigned count = 0;
    for (unsigned i = 0; i < server->sessions->class_count; i++)
        count += session_class_is_used(&server->sessions->classes[i]);
    return count;
}

#define SESSION_METRICS(ROW)                                                                            \
    ROW(INTEGER, "Sessions", session_live, GAUGE, live_keys(server), "Keys that are there.")            \
    ROW(INTEGER, "Sessions", session_classes, GAUGE, used_classes(server), "Prefix classes with keys.") \
    ROW(TEXT, "Sessions", session, LINES, print_classes, "The largest prefix classes.",                 \
        .series = series_of_classes)

METRIC_TABLE(add_session_metrics, SESSION_METRICS)
