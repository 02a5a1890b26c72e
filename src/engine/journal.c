/* SPDX-License-Identifier: BSD-3-Clause */
/* Records are encoded once, where they are made; a sink gets bytes. */
#include "engine/journal.h"
#include "base/number.h"
#include "engine/server.h"

/* A buffer that once took a large record is given back. */
#define BUFFER_KEEP ((size_t)256 << 10)

void journal_init(struct journal *journal)
{
    *journal = (struct journal){.selected_database = -1};
    list_init(&journal->sinks);
}

void journal_clear(struct journal *journal)
{
    buf_clear(&journal->unit);
    buf_clear(&journal->group);
}

void journal_add_sink(struct server *server, struct journal_sink *sink)
{
    struct journal *journal = &server->journal;
    journal_flush(server);
    list_append(&journal->sinks, &sink->link);
    journal->is_on = true;
    journal->selected_database = -1;
}

void journal_remove_sink(struct server *server, struct journal_sink *sink)
{
    journal_flush(server);
    list_remove(&sink->link);
    server->journal.is_on = !list_is_empty(&server->journal.sinks);
}

/* ---- records ---- */

static void append_request(struct buf *out, int argc, const struct bytes *argv)
{
    buf_printf(out, "*%d\r\n", argc);
    for (int i = 0; i < argc; i++) {
        buf_printf(out, "$%zu\r\n", argv[i].len);
        buf_append_bytes(out, argv[i]);
        buf_append_text(out, "\r\n");
    }
}

static void select_database(struct journal *journal, int database)
{
    if (journal->selected_database == database)
        return;
    journal->selected_database = database;
    char digits[NUMBER_I64_SIZE];
    struct bytes argv[] = {BYTES("SELECT"), bytes_make(digits, print_i64(digits, database))};
    append_request(&journal->unit, 2, argv);
}

static void record(struct journal *journal, int database, int argc, const struct bytes *argv)
{
    select_database(journal, database);
    append_request(&journal->unit, argc, argv);
    journal->unit_count++;
}

void call_record(struct call *call, int argc, const struct bytes *argv)
{
    struct journal *journal = &call->server->journal;
    if (!journal->is_on)
        return;
    record(journal, keyspace_index(call->keyspace), argc, argv);
    call->is_recorded = true;
}

void call_record_nothing(struct call *call)
{
    call->is_recorded = true;
}

void call_record_words(struct call *call, const char *word, struct bytes key)
{
    struct bytes argv[] = {bytes_of(word), key};
    call_record(call, 2, argv);
}

void call_record_deadline(struct call *call, const char *word, struct bytes key, struct deadline deadline)
{
    char digits[NUMBER_I64_SIZE];
    int64_t wall_ms = deadline.at_ms + call->server->clock.wall_offset_ms;
    struct bytes argv[] = {bytes_of(word), key, bytes_make(digits, print_i64(digits, wall_ms))};
    call_record(call, 3, argv);
}

/* ---- units and groups ---- */

/* The outermost call, or what happened outside of any, is done: its records belong together. */
static void end_unit(struct journal *journal)
{
    static const struct bytes multi = {"MULTI", 5}, exec = {"EXEC", 4};
    bool is_several = journal->unit_count > 1;
    if (journal->unit_count == 0 || journal->is_unit_open)
        return;
    if (is_several)
        append_request(&journal->group, 1, &multi);
    buf_append_bytes(&journal->group, buf_bytes(&journal->unit));
    if (is_several)
        append_request(&journal->group, 1, &exec);
    journal->unit_count = 0;
    journal->unit.len = 0;
}

void journal_call_done(struct call *call)
{
    if (call->has_changed && !call->is_recorded)
        call_record(call, call->argc, call->argv);
    if (!call->server->current_command)
        end_unit(&call->server->journal);
}

static void record_removal(struct server *server, int database, int argc, const struct bytes *argv)
{
    struct journal *journal = &server->journal;
    record(journal, database, argc, argv);
    /* What a command finds dead belongs to its unit. */
    if (!server->current_command)
        end_unit(journal);
}

void journal_removed(struct server *server, int database, struct bytes key)
{
    struct bytes argv[] = {BYTES("DEL"), key};
    if (server->journal.is_on)
        record_removal(server, database, 2, argv);
}

void journal_parts_removed(struct server *server, int database, struct bytes key,
                           const struct removed_parts *parts)
{
    for (size_t i = 0; i < parts->count && server->journal.is_on; i++)
        record_removal(server, database, 3, (struct bytes[]){BYTES("HDEL"), key, parts->names[i]});
}

static void give_back_large(struct buf *buf)
{
    buf->len = 0;
    if (buf->capacity > BUFFER_KEEP)
        buf_clear(buf);
}

void journal_flush(struct server *server)
{
    struct journal *journal = &server->journal;
    if (journal->group.len == 0)
        return;
    LIST_EACH(link, &journal->sinks) {
        struct journal_sink *sink = LIST_ENTRY(link, struct journal_sink, link);
        sink->take(sink, buf_bytes(&journal->group));
    }
    give_back_large(&journal->group);
    give_back_large(&journal->unit);
}
