/* SPDX-License-Identifier: BSD-3-Clause */
/* What the store tells of itself: databases, what expired, what waits to be freed. */
#include "base/buf.h"
#include "engine/metric_tables.h"
#include "engine/metrics.h"
#include "metrics/prometheus.h"
#include <stdio.h>

static void print_databases(const struct server *server, struct buf *out)
{
    for (int i = 0; i < store_keyspace_count(server->store); i++) {
        const struct keyspace *keyspace = store_keyspace(server->store, i);
        size_t count = keyspace_count(keyspace);
        if (count > 0)
            buf_printf(out, "db%d:keys=%zu,expires=%zu,avg_ttl=%lld\r\n", i, count,
                       keyspace_deadline_count(keyspace), (long long)keyspace_mean_ttl_ms(keyspace));
    }
}

static double read_keys(const struct keyspace *keyspace)
{
    return (double)keyspace_count(keyspace);
}

static double read_expiring_keys(const struct keyspace *keyspace)
{
    return (double)keyspace_deadline_count(keyspace);
}

static double read_mean_ttl_s(const struct keyspace *keyspace)
{
    return (double)keyspace_mean_ttl_ms(keyspace) / 1000;
}

static void series_of_databases(const void *context, struct buf *out)
{
    static const struct {
        const char *name, *help;
        double (*read)(const struct keyspace *keyspace);
    } families[] = {
        {"sessiond_db_keys", "Keys of each database.", read_keys},
        {"redis_db_keys", "Keys of each database.", read_keys},
        {"sessiond_db_keys_expiring", "Keys with a deadline of each database.", read_expiring_keys},
        {"redis_db_keys_expiring", "Keys with a deadline of each database.", read_expiring_keys},
        {"sessiond_db_ttl_mean_seconds", "Mean time to live of the keys with a deadline.", read_mean_ttl_s},
        {"redis_db_avg_ttl_seconds", "Mean time to live of the keys with a deadline.", read_mean_ttl_s},
    };
    const struct server *server = context;
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++) {
        prometheus_family(out, families[i].name, "gauge", families[i].help);
        for (int db = 0; db < store_keyspace_count(server->store); db++) {
            const struct keyspace *keyspace = store_keyspace(server->store, db);
            char name[16];
            int len = snprintf(name, sizeof name, "db%d", db);
            struct prometheus_label label = {"db", bytes_make(name, (size_t)len)};
            if (db == 0 || keyspace_count(keyspace) > 0)
                prometheus_sample(out, families[i].name, "", &label, 1, families[i].read(keyspace));
        }
    }
}

static const struct store_stats *stats_of(const struct server *server)
{
    return store_stats(server->store);
}

#define STORE_METRICS(ROW)                                                                                  \
    ROW(INTEGER, "Stats", expired_keys, COUNTER, stats_of(server)->expired, "Keys that reached their end.", \
        .exporter_name = "expired_keys_total")                                                              \
    ROW(INTEGER, "Stats", expired_subkeys, COUNTER, stats_of(server)->expired_parts,                        \
        "Fields of hashes that reached their end.")                                                         \
    ROW(CONSTANT, "Stats", expired_stale_perc, GAUGE, "0.00", "Keys past their end: none stays.",           \
        .exporter_name = "expired_stale_percentage")                                                        \
    ROW(CONSTANT, "Stats", expired_time_cap_reached_count, COUNTER, "0", "Of no meaning here.",             \
        .exporter_name = "expired_time_cap_reached_total")                                                  \
    ROW(INTEGER, "Stats", expire_cycle_cpu_milliseconds, COUNTER, server->expire_us / 1000,                 \
        "Time spent removing keys past their end.")                                                         \
    ROW(INTEGER, "Stats", expire_lag_max_usec, GAUGE, stats_of(server)->expiry_lag_us_max,                  \
        "The latest that a key was removed after its end.")                                                 \
    ROW(INTEGER, "Memory", lazyfree_pending_objects, GAUGE, stats_of(server)->lazy_pending,                 \
        "Entries that wait to be freed.", .exporter_name = "lazyfree_pending_objects")                      \
    ROW(INTEGER, "Memory", lazyfreed_objects, COUNTER, stats_of(server)->lazy_freed,                        \
        "Entries of databases that were emptied without waiting for their memory.")                         \
    ROW(TEXT, "Keyspace", db, LINES, print_databases, "Databases that are not empty.",                      \
        .series = series_of_databases)

METRIC_TABLE(add_store_metrics, STORE_METRICS)
