/* SPDX-License-Identifier: BSD-3-Clause */
/* MEMORY DOCTOR: each rule is a condition on the figures of MEMORY STATS and what may be done about it. */
#include "memory_report.h"
#include "engine/client_care.h"
#include "engine/metrics.h"

#define MEGABYTE ((size_t)1 << 20)
/* Below this the server's own needs outweigh everything else. */
#define TOO_LITTLE  (5 * MEGABYTE)
#define LARGE_WASTE (10 * MEGABYTE)

/* True when `a` is over `ratio` times `b`, and by more than a few megabytes. */
static bool is_well_over(size_t a, size_t b, double ratio)
{
    return (double)a > (double)b * ratio && a - b > LARGE_WASTE;
}

static bool had_high_peak(const struct memory_report *report, const struct server *server)
{
    (void)server;
    return (double)report->peak > (double)report->used * 1.5;
}

static bool has_high_rss(const struct memory_report *report, const struct server *server)
{
    (void)server;
    return is_well_over(report->rss, report->used, 1.4);
}

static bool has_fragmented_heap(const struct memory_report *report, const struct server *server)
{
    (void)server;
    return is_well_over(report->active, report->allocated, 1.1);
}

static bool has_unused_pages(const struct memory_report *report, const struct server *server)
{
    (void)server;
    return is_well_over(report->resident, report->active, 1.1);
}

static bool has_large_clients(const struct memory_report *report, const struct server *server)
{
    const struct client_census *census = client_census(server);
    (void)report;
    return server->client_count > 0 &&
           (census->normal_bytes + census->pubsub_bytes) / server->client_count > 200 * 1024;
}

static bool is_nearly_full(const struct memory_report *report, const struct server *server)
{
    int64_t limit = server->config->maxmemory;
    return limit > 0 && (double)report->used > (double)limit * 0.9;
}

static const struct {
    bool (*applies)(const struct memory_report *report, const struct server *server);
    const char *text;
} rules[] = {
    {is_nearly_full,
     "Nearly full: over 90% of maxmemory is in use. Raise it, shorten the life of keys, or choose with "
     "maxmemory-policy which of them may be evicted."},
    {had_high_peak,
     "High peak: at some time over 150% of what is in use now was. This is harmless; pages that were given "
     "back to the allocator are reused, and MEMORY PURGE gives them back to the system."},
    {has_high_rss,
     "High resident set: the process occupies over 140% of what is in use. After a peak this is to be "
     "expected; otherwise look at the other points."},
    {has_fragmented_heap,
     "Fragmentation: pages in use hold over 10% of free room. It is filled again as values of the same "
     "sizes come; there is nothing to be done about it at run time."},
    {has_unused_pages,
     "Unused pages: the allocator keeps over 10% more pages than it uses. MEMORY PURGE gives them back "
     "to the system."},
    {has_large_clients,
     "Large clients: they hold over 200 kB each on average. CLIENT LIST shows which do, by tot-mem, qbuf "
     "and omem: subscribers that don't keep up, long pipelines, large replies."},
};

void print_memory_report(const struct server *server, struct buf *out)
{
    struct memory_report report = memory_report(server);
    int count = 0;
    if (report.used < TOO_LITTLE) {
        buf_append_text(
            out, "So little memory is in use that there is nothing to tell. Ask again when there is data.\n");
        return;
    }
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        if (!rules[i].applies(&report, server))
            continue;
        if (count++ == 0)
            buf_append_text(out, "What was noticed about memory:\n\n");
        buf_printf(out, " * %s\n\n", rules[i].text);
    }
    if (count == 0)
        buf_append_text(out, "Nothing is wrong with the memory of this server.\n");
}
