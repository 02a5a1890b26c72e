/* SPDX-License-Identifier: BSD-3-Clause */
/* The border between the server and the model: hooks on the few functions through which all that happens
 * goes (the linker leads calls of them here), and the little of the server's state that the model is told. */
#ifndef SIM_REALITY_H
#define SIM_REALITY_H

#include "base/bytes.h"
#include <stdbool.h>
#include <stdint.h>

struct buf;
struct dataset;
struct server;
struct session;

/* The server that runs; NULL: none does, and what is still called is of one that is being taken apart. */
extern struct server *running;
void reality_set_server(struct server *server);

/* Its client was marked to be closed at once; it hears nothing and counts for nothing. */
bool reality_is_gone(const struct session *session);
/* It is closed when it has its replies; it hears nothing new. */
bool reality_is_closing(const struct session *session);
/* The call that runs, or the last one, made the server close somebody for want of memory. */
bool reality_dropped_somebody(void);

/* A session's connection is no more, whoever ended it. */
void reality_session_ended(struct session *session);

/* Number of the file of users that is there; 0: there is none. */
unsigned reality_user_file(void);

/* The server's keys and deadlines are the model's. */
void reality_compare(void);

struct value;
struct model_value;
bool reality_is_same_value(const struct value *value, const struct model_value *wanted);

/* The bytes of the string that the server has there; false: it has none. */
bool reality_text(int database, struct bytes key, struct buf *text);
/* What only the server knows: which members it has drawn. */
bool reality_set_has(int database, struct bytes key, struct bytes member);

/* ---- what was saved ---- */

/* The dataset that the file with this number holds; NULL: nobody began to write it. */
const struct dataset *saved_dataset(unsigned file_id, int64_t *wall_offset_ms);
/* A file of at least this number was promised to last. */
unsigned saved_promise(void);
/* The file that bears this name now holds the dataset, without its crowd, and was promised to last. */
void saved_by_other(const char *name, const struct dataset *dataset, int64_t wall_offset_ms);
void saved_forget(void);

#endif
