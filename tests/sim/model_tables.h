/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands that the model knows, by family, and what its files share. */
#ifndef SIM_MODEL_TABLES_H
#define SIM_MODEL_TABLES_H

#include "model.h"

extern const struct model_command model_string_commands[], model_key_commands[], model_session_commands[],
    model_server_commands[];

extern const char *const model_channels[MODEL_CHANNELS], *const model_patterns[MODEL_PATTERNS];

unsigned model_notify_classes(struct bytes letters);

/* Options of SET and its kin: the deadline they give. */
struct model_lifetime {
    bool is_given, is_kept, is_none;
    int64_t deadline_ms;
};

/* The words EX, PX, EXAT, PXAT with their time, KEEPTTL, PERSIST at `*index`; false when there is none of
 * them. */
bool model_lifetime(const struct model_call *call, int *index, struct model_lifetime *lifetime);
/* Milliseconds (`unit` 1) or seconds (1000) from now, or of the wall clock. */
int64_t model_deadline(int64_t number, int64_t unit, bool is_absolute);

/* EXEC's first word is said when it is known what it does. */
void model_end_transaction(struct session *session);
void model_exec_begins(struct session *session);
bool model_is_exec(const struct request_text *request);
void model_exec_ends(struct session *session, bool has_begun);

#endif
