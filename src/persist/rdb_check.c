/* SPDX-License-Identifier: BSD-3-Clause */
/* The report on all that can be read of the file, and on what is wrong with it. */
#include "persist/rdb_check.h"
#include "base/alloc.h"
#include "base/clock.h"
#include "rdb_salvage.h"
#include "rdb_tally.h"
#include "rdb_value.h"
#include "rdb_walk.h"
#include <stdio.h>

/* More damages are counted, not shown. */
#define SHOWN_DAMAGES 20
/* That of redis-server 7.0. */
#define VERSION_READ_BY_MOST 10

struct check {
    struct buf *out;
    struct rdb_tally tally;
    const struct rdb_check_libraries *libraries; /* NULL: none is tried */
    struct rdb_ranges library_places;
    bool salvages;
    struct rdb_salvage salvage;
    struct buf damages; /* lines of the report */
    uint64_t damage_count, flaw_count, passed_over;
    char first_not_loadable[200]; /* empty: all is */
};

/* ---- what is found ---- */

static void note_not_loadable(struct check *check, uint64_t offset, const char *what, struct bytes name)
{
    struct buf shown = {0};
    if (check->first_not_loadable[0])
        return;
    buf_append_quoted(&shown, name);
    if (name.len == 0)
        shown.len = 0;
    (void)snprintf(check->first_not_loadable, sizeof check->first_not_loadable, "%s%s%.100s, at offset %llu",
                   what, shown.len ? " " : "", buf_cstring(&shown), (unsigned long long)offset);
    buf_clear(&shown);
}

static void print_version(void *context, enum rdb_dialect dialect, unsigned version)
{
    struct check *check = context;
    buf_printf(check->out, "RDB version %u%s\n", version, dialect == RDB_VALKEY ? ", of Valkey" : "");
}

static unsigned classify(void *context, struct bytes name)
{
    struct check *check = context;
    return rdb_tally_classify(&check->tally, name);
}

static void note_key(void *context, const struct rdb_walk_key *key)
{
    struct check *check = context;
    rdb_tally_key(&check->tally, key);
    if (!rdb_value_has_place(key->codec))
        note_not_loadable(check, key->begin, key->codec->name, bytes_make(key->shown, key->shown_len));
    else if (key->needs_module)
        note_not_loadable(check, key->begin, "data of a module attached to key",
                          bytes_make(key->shown, key->shown_len));
    if (check->salvages)
        rdb_salvage_key(&check->salvage, key);
}

static void note_fact(void *context, unsigned opcode, uint64_t begin, uint64_t end)
{
    struct check *check = context;
    if (opcode == RDB_MODULE_AUX) {
        check->tally.module_facts++;
        note_not_loadable(check, begin, "data of a module", BYTES(""));
    } else if (opcode == RDB_FUNCTION2) {
        check->tally.functions++;
        rdb_ranges_add(&check->library_places, begin, end);
    }
    if (check->salvages)
        rdb_salvage_fact(&check->salvage, opcode, begin, end);
}

static void append_short(struct buf *out, struct bytes text)
{
    buf_append_quoted(out,
                      bytes_make(text.data, text.len < RDB_WALK_SHOWN_MAX ? text.len : RDB_WALK_SHOWN_MAX));
}

static void print_aux(void *context, struct bytes name, struct bytes value)
{
    struct check *check = context;
    buf_append_text(check->out, "  ");
    append_short(check->out, name);
    buf_append_text(check->out, " ");
    append_short(check->out, value);
    buf_append_text(check->out, "\n");
}

static void note_damage(void *context, const char *text, uint64_t passed)
{
    struct check *check = context;
    check->passed_over += passed;
    if (check->damage_count++ + check->flaw_count >= SHOWN_DAMAGES)
        return;
    buf_printf(&check->damages, "DAMAGED %s\n", text);
    if (passed > 0)
        buf_printf(&check->damages, "  %llu bytes passed over\n", (unsigned long long)passed);
}

static void note_flaw(void *context, const char *text)
{
    struct check *check = context;
    if (check->damage_count + check->flaw_count++ < SHOWN_DAMAGES)
        buf_printf(&check->damages, "DAMAGED %s\n  one piece left out\n", text);
}

/* ---- libraries of functions ---- */

/* Such as can be printed: what is refused may be quoted there. */
static void make_printable(char *text)
{
    for (; *text; text++) {
        if (*text < ' ' || *text > '~')
            *text = '?';
    }
}

/* Of a whole file all is kept: another server may take it. */
static void refuse_library(struct check *check, bool is_whole, struct rdb_range place, struct error *why)
{
    struct error text;
    make_printable(why->text);
    if (is_whole) {
        note_not_loadable(check, place.begin, why->text, BYTES(""));
        return;
    }
    error_set(&text, "at offset %llu: %s", (unsigned long long)place.begin, why->text);
    note_flaw(check, text.text);
    if (check->salvages)
        rdb_salvage_cut(&check->salvage, place);
}

/* False: it can't be read again. */
static bool try_library(struct check *check, struct rdb_reader *reader, bool is_whole)
{
    uint64_t begin = reader->offset;
    unsigned opcode;
    struct buf code = {0};
    struct error why;
    bool is_read = rdb_reader_byte(reader, "an opcode", &opcode) &&
                   rdb_reader_text(reader, "a library of functions", &code);
    if (is_read && !check->libraries->add(check->libraries->context, buf_bytes(&code), &why))
        refuse_library(check, is_whole, (struct rdb_range){begin, reader->offset}, &why);
    buf_clear(&code);
    return is_read;
}

/* In the file's order, as they would be loaded; several may lie at one place. */
static void try_libraries(struct check *check, struct rdb_reader *reader, bool is_whole)
{
    bool goes_on = check->libraries;
    for (size_t i = 0; goes_on && i < check->library_places.count; i++) {
        rdb_reader_seek(reader, check->library_places.at[i].begin);
        while (goes_on && reader->offset < check->library_places.at[i].end)
            goes_on = try_library(check, reader, is_whole);
    }
}

/* ---- the report ---- */

static void print_damages(struct check *check, const struct rdb_walked *walked)
{
    uint64_t count = check->damage_count + check->flaw_count;
    buf_append_bytes(check->out, buf_bytes(&check->damages));
    if (count > SHOWN_DAMAGES)
        buf_printf(check->out, "DAMAGED at %llu more places\n", (unsigned long long)(count - SHOWN_DAMAGES));
    buf_printf(check->out, "damaged: %llu places, %llu bytes passed over, %llu broken pieces left out\n",
               (unsigned long long)check->damage_count, (unsigned long long)check->passed_over,
               (unsigned long long)check->flaw_count);
    if (walked->is_only_wrong)
        buf_append_text(check->out, "all could be read, but something in it is not what was written\n");
    else if (check->passed_over > 0)
        buf_append_text(check->out, "keys behind damage are put in the database that was last selected\n");
}

static enum rdb_checked print_verdict(struct check *check, const struct rdb_walked *walked)
{
    if (!walked->is_whole) {
        print_damages(check, walked);
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

/* Of a damaged file the version may be what is wrong: the least that will do is read by most. */
static unsigned version_of(const struct check *check, const struct rdb_walked *walked)
{
    unsigned needed = check->salvage.version_needed;
    if (walked->is_whole || walked->dialect == RDB_VALKEY)
        return walked->version;
    if (needed < VERSION_READ_BY_MOST)
        needed = VERSION_READ_BY_MOST;
    return walked->version < needed ? walked->version : needed;
}

static bool salvage(struct check *check, const struct rdb_reader *reader, const struct rdb_walked *walked,
                    const char *path)
{
    struct error error;
    struct rdb_salvage *kept = &check->salvage;
    if (!walked->has_header && kept->key_count == 0) {
        buf_append_text(check->out, "there is nothing to salvage\n");
        return false;
    }
    rdb_salvage_settle(kept, !walked->is_whole);
    if (!rdb_salvage_write(kept, reader->source, walked->dialect, version_of(check, walked), path, &error)) {
        buf_printf(check->out, "%s\n", error.text);
        return false;
    }
    if (kept->keys_repeated > 0)
        buf_printf(check->out, "%llu keys left out that are there more than once\n",
                   (unsigned long long)kept->keys_repeated);
    if (kept->database_max >= RDB_TALLY_DATABASES)
        buf_printf(check->out, "to load it a server needs `databases` %llu\n",
                   (unsigned long long)kept->database_max + 1);
    buf_printf(check->out, "wrote %llu keys to %s\n", (unsigned long long)kept->keys_written, path);
    return true;
}

/* Forgets what was found and said since `out` was `said` long. */
static void begin(struct check *check, size_t said)
{
    check->out->len = said;
    check->damages.len = 0;
    check->damage_count = check->flaw_count = check->passed_over = 0;
    check->first_not_loadable[0] = '\0';
    rdb_salvage_clear(&check->salvage);
    rdb_ranges_clear(&check->library_places);
    rdb_tally_init(&check->tally, clock_wall_us() / 1000);
}

static enum rdb_checked check_open(struct check *check, struct rdb_reader *reader, const char *salvage_path)
{
    size_t said = check->out->len;
    const struct rdb_walk_handler handler = {.version = print_version,
                                             .aux = print_aux,
                                             .classify = classify,
                                             .key = note_key,
                                             .fact = note_fact,
                                             .damage = note_damage,
                                             .flaw = note_flaw,
                                             .context = check};
    struct rdb_walked walked;
    begin(check, said);
    rdb_walk(reader, &handler, false, &walked);
    if (!walked.is_whole && check->tally.all.keys > 0) {
        begin(check, said);
        rdb_walk(reader, &handler, true, &walked);
    }
    try_libraries(check, reader, walked.is_whole);
    rdb_tally_print(&check->tally, check->out);
    enum rdb_checked result = print_verdict(check, &walked);
    if (salvage_path && !salvage(check, reader, &walked, salvage_path))
        result = RDB_CHECKED_DAMAGED;
    return result;
}

enum rdb_checked rdb_check(const char *path, const char *salvage_path,
                           const struct rdb_check_libraries *libraries, struct buf *out)
{
    struct error error;
    struct source source;
    struct rdb_reader reader;
    if (!source_open_file(&source, path, &error)) {
        buf_printf(out, "%s\n", error.text);
        return RDB_CHECKED_DAMAGED;
    }
    rdb_reader_init(&reader, &source, &error);
    struct check *check = mem_zalloc(sizeof *check);
    check->out = out;
    check->libraries = libraries;
    check->salvages = salvage_path;
    buf_printf(out, "%s: %llu bytes\n", path, (unsigned long long)reader.size);
    enum rdb_checked result = check_open(check, &reader, salvage_path);
    rdb_reader_clear(&reader);
    source_close(&source);
    rdb_salvage_clear(&check->salvage);
    rdb_ranges_clear(&check->library_places);
    buf_clear(&check->damages);
    mem_free(check);
    return result;
}
