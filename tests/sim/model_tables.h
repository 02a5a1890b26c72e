/* SPDX-License-Identifier: BSD-3-Clause */
/* The commands that the model knows, by family, and what its files share. */
#ifndef SIM_MODEL_TABLES_H
#define SIM_MODEL_TABLES_H

#include "model.h"

extern const struct model_command model_string_commands[], model_key_commands[], model_session_commands[],
    model_server_commands[], model_list_commands[], model_block_commands[], model_hash_commands[],
    model_field_commands[], model_set_commands[], model_zset_commands[], model_range_commands[],
    model_sort_commands[], model_element_commands[], model_script_commands[], model_stream_commands[],
    model_group_commands[], model_condition_commands[], model_bits_commands[], model_user_commands[],
    model_monitor_commands[], model_guest_commands[], model_hyperloglog_commands[];

extern const char *const model_channels[MODEL_CHANNELS], *const model_patterns[MODEL_PATTERNS];

/* A command's second word. */
struct model_subcommand {
    const char *name; /* NULL: the last row, which stands for all others */
    void (*run)(struct model_call *call);
};
void model_run_subcommand(const struct model_subcommand *rows, struct model_call *call);
/* Its answer only must not do harm. */
void model_answers_anything(struct model_call *call);

unsigned model_notify_classes(struct bytes letters);

/* What was pushed to a client during its command follows the reply. */
void model_end_deferred(struct session *session);
/* A key's value changed: what scans of its elements are owed follows. */
void model_scans_look(int database, int key);
/* A scan that was under way is of another database now. */
void model_scans_swapped(int a, int b);

void model_client(struct model_call *call);

/* There are too many. */
void model_turn_away(struct session *session);
/* DUMP. */
void model_dump(struct model_call *call);
/* DEBUG RELOAD. */
void model_reload(struct model_call *call);

/* CLIENT TRACKING and CLIENT CACHING. */
void model_tracking(struct model_call *call);
void model_caching(struct model_call *call);
void model_end_tracking(struct session *session);
/* A key changed, or a database was emptied. */
void model_invalidate(int key);
void model_invalidate_all(void);
/* CLIENT CACHING held for one command. */
void model_choice_ends(struct session *session);
void model_getredir(struct model_call *call);
void model_trackinginfo(struct model_call *call);
/* A message of it may begin with these bytes. */
bool model_may_begin_notice(struct bytes came);
/* How much of what came surely is no begin of one of which more will come. */
size_t model_length_without_notice(const struct session *session, struct bytes came);
/* Takes the one that begins there; returns its length, 0 when it isn't whole yet. */
size_t model_take_notice(struct session *session, struct bytes came);

struct model_user {
    const char *name, *password;
    const char *const *denied;
    const char *keys;    /* how the names of its keys begin */
    const char *channel; /* the only one; NULL: all */
    bool is_enabled;
};

/* One that comes and goes; its name is NULL when it isn't there. In its states it is numbered, 0: it isn't
 * there. */
extern struct model_user model_guest;
int model_guest_count(void);
/* What the configuration says of it. */
void model_guest_line(int guest, struct buf *out);
/* The server starts with this file; 0: with lines of the configuration, without it. */
void model_guest_begin(unsigned file_id);
void model_user_file_made(unsigned id, int guest);
/* What the server was told of it when it last read, or wrote, the users, is otherwise now. */
void model_users_edited(int guest);
/* CONFIG REWRITE has put all users into the lines. */
void model_users_written(void);

/* True: it is that user from now on; else it has been told. */
bool model_log_in(struct session *session, struct bytes name, struct bytes password);
/* `full_name` in small letters; of a container with its subcommand. */
bool model_denies(const struct session *session, struct bytes full_name, int argc, const struct bytes *argv);
/* False: there is none of that name. */
bool model_user(struct bytes name, const struct model_user **user);
/* It is anybody, as who has just come. */
void model_begin_user(struct session *session);
/* The password is asked for from now on, or no longer. */
void model_set_password(bool is_asked_for);
/* Who doesn't say who it is goes, not before its time, and not long behind it. */
bool model_may_lose_stranger(const struct session *session, int64_t now_ms);
void model_check_strangers(int64_t now_ms);
/* What the configuration says of the users. */
void model_user_lines(struct buf *out);

/* In small letters; of a container with its subcommand. */
void model_full_name(int argc, const struct bytes *argv, struct buf *name);

/* Monitors see what ran: a command, a script (unless it never began) before what it runs, what it runs. */
void model_show(const struct session *by, int argc, const struct bytes *argv);
void model_show_script(const struct session *by, int argc, const struct bytes *argv, bool has_surely_begun);
void model_show_in_script(const struct session *by, int argc, const struct bytes *argv);
/* Monitors may not run it. */
bool model_touches_keys(const struct model_command *command, struct bytes full_name);

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
/* What was queued may be denied since then: it is told so in its place. */
void model_exec_passes_denied(struct session *session);
/* The one that runs was queued behind those that have run. */
void model_exec_runs(const struct session *session, int argc, const struct bytes *argv);
bool model_is_exec(const struct request_text *request);
void model_exec_ends(struct session *session, bool has_begun);

#endif
