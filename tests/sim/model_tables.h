/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands that the model knows, by family, and what its files share. */
#ifndef SIM_MODEL_TABLES_H
#define SIM_MODEL_TABLES_H

#include "model.h"

extern const struct model_command model_string_commands[], model_key_commands[], model_session_commands[],
    model_server_commands[], model_list_commands[], model_block_commands[], model_hash_commands[],
    model_field_commands[], model_set_commands[], model_zset_commands[], model_range_commands[],
    model_sort_commands[], model_element_commands[], model_script_commands[], model_stream_commands[],
    model_group_commands[], model_condition_commands[], model_bits_commands[], model_user_commands[];

extern const char *const model_channels[MODEL_CHANNELS], *const model_patterns[MODEL_PATTERNS];

unsigned model_notify_classes(struct bytes letters);

/* What was pushed to a client during its command follows the reply. */
void model_end_deferred(struct session *session);
/* A key's value changed: what scans of its elements are owed follows. */
void model_scans_look(int database, int key);
/* A scan that was under way is of another database now. */
void model_scans_swapped(int a, int b);

/* CLIENT TRACKING and CLIENT CACHING. */
void model_tracking(struct model_call *call);
void model_caching(struct model_call *call);
void model_end_tracking(struct session *session);
/* A key changed, or a database was emptied. */
void model_invalidate(int key);
void model_invalidate_all(void);
/* CLIENT CACHING held for one command. */
void model_choice_ends(struct session *session);
#define MODEL_INVALIDATION ">2\r\n$10\r\ninvalidate\r\n"
size_t model_take_invalidation(struct session *session, struct bytes came, bool *may_be);

/* True: it is that user from now on; else it has been told. */
bool model_log_in(struct session *session, struct bytes name, struct bytes password);
/* `full_name` in small letters; of a container with its subcommand. */
bool model_denies(const struct session *session, struct bytes full_name, int argc, const struct bytes *argv);
/* What the configuration says of the users. */
void model_user_lines(struct buf *out);

/* Options of SET and its kin: the deadline they give. */
struct model_lifetime {
    bool is_given, is_kept, is_none;
    int64_t deadline_ms;
};

/* The words EX, PX, EXAT, PXAT with their time, KEEPTTL, PERSIST at `*index`; false when there is none of
 * them. */
bool model_lifetime(const struct model_call *call, int *index, struct model_lifetime *lifetime);
/* argv[key_index] holds argv[value_index] from now on. */
void model_set(const struct model_call *call, int key_index, int value_index, struct model_lifetime lifetime);
/* Milliseconds (`unit` 1) or seconds (1000) from now, or of the wall clock. */
int64_t model_deadline(int64_t number, int64_t unit, bool is_absolute);

/* EXEC's first word is said when it is known what it does. */
void model_end_transaction(struct session *session);
void model_exec_begins(struct session *session);
bool model_is_exec(const struct request_text *request);
void model_exec_ends(struct session *session, bool has_begun);

#endif
