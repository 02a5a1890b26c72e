/* SPDX-License-Identifier: BSD-3-Clause */
/* Where memory goes. "Used" is what the allocator handed out plus the pages of entries; "overhead" is all
 * that isn't keys and values: what the server needed at its start, clients, and the tables that lead to
 * entries. */
#include "base/alloc.h"
#include "base/buf.h"
#include "engine/client_care.h"
#include "engine/metric_tables.h"
#include "engine/metrics.h"
#include "metrics/prometheus.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* Resident pages of the process; 0 when the system doesn't tell. */
static size_t resident_bytes(void)
{
    char text[128], *second = NULL;
    size_t resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    if (fgets(text, sizeof text, file))
        second = strchr(text, ' ');
    if (second)
        resident = strtoul(second, NULL, 10);
    (void)fclose(file);
    return resident * page_size();
}

struct memory_report memory_report(const struct server *server)
{
    const struct client_census *census = client_census(server);
    struct mem_allocator_stats allocator = mem_allocator_stats();
    struct store_memory entries = store_memory(server->store);
    size_t paged = mem_accounted(), sparse = entries.held - entries.used;
    struct memory_report report = {.used = mem_used(),
                                   .peak = sampler_memory_peak(server),
                                   .startup = sampler_memory_startup(server),
                                   .rss = resident_bytes()};
    report.messages = reply_pool_messages(server->reply_pool);
    report.overhead = report.startup + census->normal_bytes + census->pubsub_bytes + census->replica_bytes +
                      report.messages + reply_pool_unused(server->reply_pool);
    for (int i = 0; i < store_keyspace_count(server->store); i++)
        report.overhead += keyspace_index_memory(store_keyspace(server->store, i));
    report.dataset = report.used > report.overhead ? report.used - report.overhead : 0;
    /* Without figures of the allocator its memory counts as used exactly as it was asked for. */
    report.allocated = allocator.allocated ? allocator.allocated + paged : report.used;
    report.active = (allocator.active ? allocator.active + paged : report.allocated) + sparse;
    report.resident = allocator.resident ? allocator.resident + paged + sparse : report.active;
    return report;
}

/* Of two measures of memory, one in terms of the other. */
struct ratio_of_memory {
    const char *name;
    size_t a, b;
};

static double share(size_t part, size_t whole)
{
    return whole > 0 ? (double)part * 100 / (double)whole : 0;
}

static double ratio(size_t a, size_t b)
{
    return b > 0 ? (double)a / (double)b : 0;
}

static int64_t difference(size_t a, size_t b)
{
    return (int64_t)a - (int64_t)b;
}

static double dataset_share(const struct memory_report *report)
{
    return report->used > report->startup ? share(report->dataset, report->used - report->startup) : 0;
}

static void print_allocator(const struct server *server, struct buf *out)
{
    (void)server;
    buf_append_text(out, mem_allocator_name());
}

enum { RATIO_COUNT = 4 };

/* Each stands twice: as a ratio and as a difference. */
static void measure_ratios(const struct server *server, struct ratio_of_memory ratios[static RATIO_COUNT])
{
    struct memory_report report = memory_report(server);
    ratios[0] = (struct ratio_of_memory){"allocator_frag", report.active, report.allocated};
    ratios[1] = (struct ratio_of_memory){"allocator_rss", report.resident, report.active};
    ratios[2] = (struct ratio_of_memory){"rss_overhead", report.rss, report.resident};
    ratios[3] = (struct ratio_of_memory){"mem_fragmentation", report.rss, report.used};
}

static void print_ratios(const struct server *server, struct buf *out)
{
    struct ratio_of_memory ratios[RATIO_COUNT];
    measure_ratios(server, ratios);
    for (int i = 0; i < RATIO_COUNT; i++) {
        buf_printf(out, "%s_ratio:%.2f\r\n", ratios[i].name, ratio(ratios[i].a, ratios[i].b));
        buf_printf(out, "%s_bytes:%lld\r\n", ratios[i].name, (long long)difference(ratios[i].a, ratios[i].b));
    }
}

static void print_series(struct buf *out, const char *prefix, const struct ratio_of_memory *memory)
{
    char name[64];
    (void)snprintf(name, sizeof name, "%s%s_ratio", prefix, memory->name);
    prometheus_family(out, name, "gauge", "Of two measures of memory, one in terms of the other.");
    prometheus_sample(out, name, "", NULL, 0, ratio(memory->a, memory->b));
    (void)snprintf(name, sizeof name, "%s%s_bytes", prefix, memory->name);
    prometheus_family(out, name, "gauge", "Of two measures of memory, the difference.");
    prometheus_sample(out, name, "", NULL, 0, (double)difference(memory->a, memory->b));
}

static void series_of_ratios(const void *context, struct buf *out)
{
    struct ratio_of_memory ratios[RATIO_COUNT];
    measure_ratios(context, ratios);
    for (int i = 0; i < RATIO_COUNT; i++) {
        print_series(out, "sessiond_", &ratios[i]);
        print_series(out, "redis_", &ratios[i]);
    }
}

static double read_peak_share(const struct server *server)
{
    return share(mem_used(), sampler_memory_peak(server));
}

static double read_dataset_share(const struct server *server)
{
    struct memory_report report = memory_report(server);
    return dataset_share(&report);
}

#define MEMORY_METRICS(ROW)                                                                               \
    ROW(BYTES, "Memory", used_memory, GAUGE, mem_used(), "Bytes in use.",                                 \
        .exporter_name = "memory_used_bytes")                                                             \
    ROW(BYTES, "Memory", used_memory_rss, GAUGE, resident_bytes(), "Resident bytes of the process.",      \
        .exporter_name = "memory_used_rss_bytes")                                                         \
    ROW(BYTES, "Memory", used_memory_peak, GAUGE, sampler_memory_peak(server), "Most bytes ever in use.", \
        .exporter_name = "memory_used_peak_bytes")                                                        \
    ROW(PERCENT, "Memory", used_memory_peak_perc, GAUGE, read_peak_share(server), "In use, of the most.") \
    ROW(INTEGER, "Memory", used_memory_overhead, GAUGE, memory_report(server).overhead,                   \
        "Bytes that hold no keys and values.", .exporter_name = "memory_used_overhead_bytes")             \
    ROW(INTEGER, "Memory", used_memory_startup, GAUGE, sampler_memory_startup(server),                    \
        "Bytes in use when the server had started.", .exporter_name = "memory_used_startup_bytes")        \
    ROW(INTEGER, "Memory", used_memory_dataset, GAUGE, memory_report(server).dataset,                     \
        "Bytes of keys and values.", .exporter_name = "memory_used_dataset_bytes")                        \
    ROW(PERCENT, "Memory", used_memory_dataset_perc, GAUGE, read_dataset_share(server),                   \
        "The same, of all that came after the start.")                                                    \
    ROW(INTEGER, "Memory", allocator_allocated, GAUGE, memory_report(server).allocated,                   \
        "Bytes handed out by the allocators.", .exporter_name = "allocator_allocated_bytes")              \
    ROW(INTEGER, "Memory", allocator_active, GAUGE, memory_report(server).active, "Bytes of used pages.", \
        .exporter_name = "allocator_active_bytes")                                                        \
    ROW(INTEGER, "Memory", allocator_resident, GAUGE, memory_report(server).resident,                     \
        "Bytes of pages that are kept.", .exporter_name = "allocator_resident_bytes")                     \
    ROW(BYTES, "Memory", total_system_memory, GAUGE, (size_t)sysconf(_SC_PHYS_PAGES) * page_size(),       \
        "Bytes of this machine.")                                                                         \
    ROW(TEXT, "Memory", ratios, LINES, print_ratios, "Fragmentation.", .series = series_of_ratios)        \
    ROW(CONSTANT, "Memory", mem_replication_backlog, GAUGE, "0", "Bytes of the backlog.")                 \
    ROW(CONSTANT, "Memory", mem_total_replication_buffers, GAUGE, "0", "Bytes queued for replicas.")      \
    ROW(CONSTANT, "Memory", mem_cluster_links, GAUGE, "0", "There is no cluster bus.")                    \
    ROW(CONSTANT, "Memory", mem_aof_buffer, GAUGE, "0", "Bytes to be appended.")                          \
    ROW(TEXT, "Memory", mem_allocator, FACT, print_allocator, "The allocator.")

METRIC_TABLE(add_memory_metrics, MEMORY_METRICS)
