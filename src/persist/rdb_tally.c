/* SPDX-License-Identifier: BSD-3-Clause */
#include "rdb_tally.h"
#include "persist/rdb_load.h"
#include <stdio.h>
#include <stdlib.h>

void rdb_tally_init(struct rdb_tally *tally, int64_t now_ms)
{
    memset(tally, 0, sizeof *tally);
    tally->now_ms = now_ms;
    prefix_table_init(&tally->classes);
}

unsigned rdb_tally_classify(struct rdb_tally *tally, struct bytes name)
{
    unsigned class = prefix_classify(&tally->classes, name);
    tally->classes.classes[class].entry_count++; /* so that nobody else is given the class */
    return class;
}

static void count(struct rdb_count *counted, uint64_t bytes)
{
    counted->keys++;
    counted->bytes += bytes;
}

void rdb_tally_key(struct rdb_tally *tally, const struct rdb_walk_key *key)
{
    uint64_t bytes = key->end - key->begin;
    count(&tally->all, bytes);
    count(&tally->types[rdb_codec_index(key->codec)], bytes);
    count(&tally->databases[key->database < RDB_TALLY_DATABASES ? key->database : RDB_TALLY_DATABASES],
          bytes);
    count(&tally->prefixes[key->class], bytes);
    if (key->expires_ms == RDB_NO_EXPIRY)
        return;
    tally->expiring++;
    tally->expired += key->expires_ms <= tally->now_ms;
}

/* ---- the report ---- */

static void print_count(struct buf *out, const char *name, struct rdb_count count)
{
    buf_printf(out, "  %-40s %12llu keys %16llu bytes\n", name, (unsigned long long)count.keys,
               (unsigned long long)count.bytes);
}

static void print_types(struct buf *out, const struct rdb_tally *tally)
{
    buf_append_text(out, "types\n");
    for (size_t i = 0; i < rdb_codec_count(); i++) {
        if (tally->types[i].keys > 0)
            print_count(out, rdb_codec_at(i)->name, tally->types[i]);
    }
}

static void print_databases(struct buf *out, const struct rdb_tally *tally)
{
    char name[32];
    buf_append_text(out, "databases\n");
    for (unsigned i = 0; i <= RDB_TALLY_DATABASES; i++) {
        (void)snprintf(name, sizeof name, i < RDB_TALLY_DATABASES ? "%u" : "%u and above", i);
        if (tally->databases[i].keys > 0)
            print_count(out, name, tally->databases[i]);
    }
}

struct prefix_count {
    unsigned class;
    struct rdb_count count;
};

static int compare_prefixes(const void *a, const void *b)
{
    const struct prefix_count *left = a, *right = b;
    if (left->count.bytes != right->count.bytes)
        return left->count.bytes < right->count.bytes ? 1 : -1;
    return left->class < right->class ? -1 : 1;
}

/* The largest first. */
static void print_prefixes(struct buf *out, const struct rdb_tally *tally)
{
    struct prefix_count order[PREFIX_CLASS_MAX + 1];
    for (unsigned i = 0; i <= PREFIX_CLASS_MAX; i++)
        order[i] = (struct prefix_count){i, tally->prefixes[i]};
    qsort(order, PREFIX_CLASS_MAX + 1, sizeof order[0], compare_prefixes);
    buf_append_text(out, "prefixes\n");
    for (unsigned i = 0; i <= PREFIX_CLASS_MAX && order[i].count.keys > 0; i++) {
        struct buf shown = {0};
        if (order[i].class == 0)
            buf_append_text(&shown, "(others)");
        else
            buf_append_quoted(&shown, prefix_text(&tally->classes, order[i].class));
        print_count(out, buf_cstring(&shown), order[i].count);
        buf_clear(&shown);
    }
}

void rdb_tally_print(const struct rdb_tally *tally, struct buf *out)
{
    buf_printf(out, "%llu keys, %llu with an expiry, %llu of these expired\n",
               (unsigned long long)tally->all.keys, (unsigned long long)tally->expiring,
               (unsigned long long)tally->expired);
    if (tally->functions > 0)
        buf_printf(out, "%llu libraries of functions\n", (unsigned long long)tally->functions);
    if (tally->module_facts > 0)
        buf_printf(out, "%llu facts of modules\n", (unsigned long long)tally->module_facts);
    if (tally->all.keys == 0)
        return;
    print_types(out, tally);
    print_databases(out, tally);
    print_prefixes(out, tally);
}
