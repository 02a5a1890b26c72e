/* SPDX-License-Identifier: BSD-3-Clause */
/* What a second server would have to run to hold the same data: the outermost call that changed something
 * leaves one record, its arguments or what it put in their place, and so does a key that went by itself. At
 * the tick's end the records go, as one group, to the sinks.
 *
 *     a command, an expiry  ->  unit: the records of one outermost call; MULTI and EXEC around several
 *                           ->  group: the units of one tick, in order  ->  each sink
 *
 * A record is a RESP request. SELECT stands in front of one that is for another database than the one before.
 * Times are absolute. While there is no sink nothing is recorded. */
#ifndef ENGINE_JOURNAL_H
#define ENGINE_JOURNAL_H

#include "base/buf.h"
#include "base/list.h"
#include "engine/call.h"

struct removed_parts;

struct journal_sink {
    struct list link;
    /* Gets the records of one tick, lent for the call. */
    void (*take)(struct journal_sink *sink, struct bytes group);
};

struct journal {
    struct list sinks;
    bool is_on;            /* there are sinks */
    int selected_database; /* by the latest record; -1: the next one selects its own */
    size_t unit_count;     /* records in the unit */
    bool is_unit_open;     /* more of it comes in later ticks */
    struct buf unit, group;
};

void journal_init(struct journal *journal);
void journal_clear(struct journal *journal);

/* From now on the sink gets what changes. Its first record selects its database. */
void journal_add_sink(struct server *server, struct journal_sink *sink);
void journal_remove_sink(struct server *server, struct journal_sink *sink);

/* ---- for commands ----
 * In place of the call's arguments; several are several records. To be called when the call has changed
 * something. */
void call_record(struct call *call, int argc, const struct bytes *argv);
/* Nothing is recorded of the call: a second server can do without its change. */
void call_record_nothing(struct call *call);
/* The record "WORD key". */
void call_record_words(struct call *call, const char *word, struct bytes key);
/* The record "WORD key time", with the deadline in ms since 1970. */
void call_record_deadline(struct call *call, const char *word, struct bytes key, struct deadline deadline);

/* ---- for the engine ---- */

/* The call has run: records its arguments if it changed something and recorded nothing itself. Behind the
 * outermost one (server->current_command is NULL) the unit is complete. */
void journal_call_done(struct call *call);
/* A key went by itself. */
void journal_removed(struct server *server, int database, struct bytes key);
void journal_parts_removed(struct server *server, int database, struct bytes key,
                           const struct removed_parts *parts);
/* Hands what was recorded to the sinks. */
void journal_flush(struct server *server);

#endif
