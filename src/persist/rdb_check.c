/* SPDX-License-Identifier: BSD-3-Clause */
/* Reads the frame, passes over the values, and counts. Where the last whole piece ended is kept: up to there the file can be
 * salvaged. */
#include "persist/rdb_check.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "rdb_frame.h"
#include "rdb_salvage.h"
#include "rdb_type.h"
#include "store/prefix.h"
#include <stdio.h>
#include <stdlib.h>

#define SHOWN_MAX 64
/* Databases with higher numbers are counted as one. */
#define DATABASE_MAX 16

struct tally {
    uint64_t keys, bytes;
};

struct check {
    struct buf *out;
    int64_t now_ms;
    struct rdb_salvage_part whole;
    struct tally all, types[RDB_TYPE_MAX + 1], databases[DATABASE_MAX + 1], prefixes[PREFIX_CLASS_MAX + 1];
    uint64_t expiring, expired, functions, module_facts;
    struct prefix_table classes;
    char first_not_loadable[200]; /* empty: all is */
};

/* ---- counting ---- */

static void count(struct tally *tally, uint64_t bytes)
{
    tally->keys++;
    tally->bytes += bytes;
}

static void note_not_loadable(struct check *check, uint64_t offset, const char *what, struct bytes name)
{
    struct buf shown = {0};
    if (check->first_not_loadable[0])
        return;
    buf_append_quoted(&shown, bytes_make(name.data, name.len < SHOWN_MAX ? name.len : SHOWN_MAX));
    if (name.len == 0)
        shown.len = 0;
    (void)snprintf(check->first_not_loadable, sizeof check->first_not_loadable, "%s%s%.100s, at offset %llu",
                   what, shown.len ? " " : "", buf_cstring(&shown), (unsigned long long)offset);
    buf_clear(&shown);
}

static void count_prefix(struct check *check, struct bytes key, uint64_t bytes)
{
    unsigned class = prefix_classify(&check->classes, key);
    check->classes.classes[class].entry_count++; /* so that nobody else is given the class */
    count(&check->prefixes[class], bytes);
}

static bool count_value(void *context, struct rdb_reader *reader, const struct rdb_loaded_key *key,
                        unsigned type)
{
    struct check *check = context;
    if (!rdb_type_pass(reader, type))
        return false;
    uint64_t bytes = reader->offset - key->offset;
    count(&check->all, bytes);
    count(&check->types[type], bytes);
    count(&check->databases[key->database < DATABASE_MAX ? key->database : DATABASE_MAX], bytes);
    count_prefix(check, key->name, bytes);
    if (key->expires_ms != RDB_NO_EXPIRY) {
        check->expiring++;
        check->expired += key->expires_ms <= check->now_ms;
    }
    if (type != RDB_TYPE_STRING)
        note_not_loadable(check, key->offset, rdb_type_name(type), key->name);
    return true;
}

static bool count_extra(void *context, struct rdb_reader *reader, enum rdb_opcode opcode, uint64_t offset)
{
    struct check *check = context;
    switch (opcode) {
    case RDB_MODULE_AUX:
        check->module_facts++;
        note_not_loadable(check, offset, "data of a module", BYTES(""));
        return rdb_type_pass_module_aux(reader);
    case RDB_FUNCTION2:
        check->functions++;
        note_not_loadable(check, offset, "functions", BYTES(""));
        return rdb_type_pass(reader, RDB_TYPE_STRING);
    default:
        return rdb_reader_refuse(reader, offset,
                                 "functions of a 7.0 release candidate don't say where they end");
    }
}

static void note_version(void *context, unsigned version)
{
    struct check *check = context;
    check->whole.version = version;
    buf_printf(check->out, "RDB version %u\n", version);
}

static void note_piece(void *context, uint64_t end)
{
    struct check *check = context;
    check->whole.end = end;
}

static void print_aux(void *context, struct bytes name, struct bytes value)
{
    struct check *check = context;
    buf_append_text(check->out, "  ");
    buf_append_quoted(check->out, bytes_make(name.data, name.len < SHOWN_MAX ? name.len : SHOWN_MAX));
    buf_append_text(check->out, " ");
    buf_append_quoted(check->out, bytes_make(value.data, value.len < SHOWN_MAX ? value.len : SHOWN_MAX));
    buf_append_text(check->out, "\n");
}

/* ---- the report ---- */

static void print_tally(struct buf *out, const char *name, struct tally tally)
{
    buf_printf(out, "  %-40s %12llu keys %16llu bytes\n", name, (unsigned long long)tally.keys,
               (unsigned long long)tally.bytes);
}

static void print_types(const struct check *check)
{
    buf_append_text(check->out, "types\n");
    for (unsigned type = 0; type <= RDB_TYPE_MAX; type++) {
        if (check->types[type].keys > 0)
            print_tally(check->out, rdb_type_name(type), check->types[type]);
    }
}

static void print_databases(const struct check *check)
{
    char name[32];
    buf_append_text(check->out, "databases\n");
    for (unsigned i = 0; i <= DATABASE_MAX; i++) {
        (void)snprintf(name, sizeof name, i < DATABASE_MAX ? "%u" : "%u and above", i);
        if (check->databases[i].keys > 0)
            print_tally(check->out, name, check->databases[i]);
    }
}

struct prefix_tally {
    unsigned class;
    struct tally tally;
};

static int compare_prefixes(const void *a, const void *b)
{
    const struct prefix_tally *left = a, *right = b;
    if (left->tally.bytes != right->tally.bytes)
        return left->tally.bytes < right->tally.bytes ? 1 : -1;
    return left->class < right->class ? -1 : 1;
}

/* The largest first. */
static void print_prefixes(const struct check *check)
{
    struct prefix_tally order[PREFIX_CLASS_MAX + 1];
    for (unsigned i = 0; i <= PREFIX_CLASS_MAX; i++)
        order[i] = (struct prefix_tally){i, check->prefixes[i]};
    qsort(order, PREFIX_CLASS_MAX + 1, sizeof order[0], compare_prefixes);
    buf_append_text(check->out, "prefixes\n");
    for (unsigned i = 0; i <= PREFIX_CLASS_MAX && order[i].tally.keys > 0; i++) {
        struct buf shown = {0};
        if (order[i].class == 0)
            buf_append_text(&shown, "(others)");
        else
            buf_append_quoted(&shown, prefix_text(&check->classes, order[i].class));
        print_tally(check->out, buf_cstring(&shown), order[i].tally);
        buf_clear(&shown);
    }
}

static void print_counts(const struct check *check)
{
    buf_printf(check->out, "%llu keys, %llu with an expiry, %llu of these expired\n",
               (unsigned long long)check->all.keys, (unsigned long long)check->expiring,
               (unsigned long long)check->expired);
    if (check->functions > 0)
        buf_printf(check->out, "%llu libraries of functions\n", (unsigned long long)check->functions);
    if (check->module_facts > 0)
        buf_printf(check->out, "%llu facts of modules\n", (unsigned long long)check->module_facts);
    if (check->all.keys == 0)
        return;
    print_types(check);
    print_databases(check);
    print_prefixes(check);
}

static enum rdb_checked print_verdict(const struct check *check, bool is_good, const struct error *error)
{
    if (!is_good) {
        buf_printf(check->out, "DAMAGED %s\n", error->text);
        return RDB_CHECKED_DAMAGED;
    }
    if (check->first_not_loadable[0]) {
        buf_printf(check->out, "whole, but sessiond does not load all of it: %s is the first\n",
                   check->first_not_loadable);
        return RDB_CHECKED_NOT_LOADABLE;
    }
    buf_append_text(check->out, "whole\n");
    return RDB_CHECKED_GOOD;
}

static bool salvage(struct check *check, const struct rdb_reader *reader, const char *path)
{
    struct error error;
    if (check->whole.end == 0) {
        buf_append_text(check->out, "there is nothing to salvage\n");
        return false;
    }
    if (!rdb_salvage(reader->fd, &check->whole, path, &error)) {
        buf_printf(check->out, "%s\n", error.text);
        return false;
    }
    buf_printf(check->out, "wrote %llu keys to %s\n", (unsigned long long)check->all.keys, path);
    return true;
}

enum rdb_checked rdb_check(const char *path, const char *salvage_path, struct buf *out)
{
    struct error error;
    struct rdb_reader reader;
    if (!rdb_reader_open(&reader, path, &error)) {
        buf_printf(out, "%s\n", error.text);
        return RDB_CHECKED_DAMAGED;
    }
    struct check *check = mem_zalloc(sizeof *check);
    check->out = out;
    check->now_ms = clock_wall_us() / 1000;
    prefix_table_init(&check->classes);
    const struct rdb_frame_handler handler = {.value = count_value,
                                              .extra = count_extra,
                                              .aux = print_aux,
                                              .version = note_version,
                                              .piece = note_piece,
                                              .context = check};
    buf_printf(out, "%s: %llu bytes\n", path, (unsigned long long)reader.size);
    bool is_good = rdb_frame_read(&reader, &handler);
    print_counts(check);
    enum rdb_checked result = print_verdict(check, is_good, &error);
    if (salvage_path && !salvage(check, &reader, salvage_path))
        result = RDB_CHECKED_DAMAGED;
    rdb_reader_close(&reader);
    mem_free(check);
    return result;
}
