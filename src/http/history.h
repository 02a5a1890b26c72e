/* SPDX-License-Identifier: BSD-3-Clause */
/* What the live page draws: a sample a second of the last minutes, and the minutes of the last day, kept here
 * so that the page shows a past when it is opened, and so that many who look cost no more than one. */
#ifndef HTTP_HISTORY_H
#define HTTP_HISTORY_H

#include "engine/server.h"
#include "json.h"

/* One sample. What happens often is a rate: so much a second since the sample before. */
#define HISTORY_FIELDS(X)                                              \
    X(time_ms)    /* wall clock */                                     \
    X(operations) /* commands */                                       \
    X(hits)                                                            \
    X(misses)                                                          \
    X(input)     /* bytes */                                           \
    X(output)    /* bytes */                                           \
    X(published) /* messages */                                        \
    X(delivered) /* messages, once for each receiver */                \
    X(sessions)  /* keys that are there, from here on: as it is now */ \
    X(memory)    /* bytes */                                           \
    X(clients)                                                         \
    X(p50) /* of the commands of this second: microseconds */          \
    X(p99)                                                             \
    X(p999)

struct history;

struct history *history_new(const struct server *server);
void history_free(struct history *history);

/* To be called a few times a second: takes a sample when one is due, and catches up with minutes that are
 * over. */
void history_run(struct history *history);

/* Write members into the object that is open: "columns", and "samples" with those numbered from `since` on,
 * oldest first; "next" is what to ask for the next time. */
void history_print_samples(const struct history *history, uint64_t since, struct json *json);

/* The same of whole minutes of all sessions, as "minute_columns", "minutes" and "next_minute"; "minute_ms" is
 * the wall clock at the end of the last one. */
void history_print_minutes(const struct history *history, uint64_t since, struct json *json);

#endif
