/* SPDX-License-Identifier: BSD-3-Clause */
/* The oracle: what a server of this kind must answer, in the simplest way that can be right. Keys are an
 * array, values are bytes. It hears of each call behind the server, in the server's order and with the
 * server's time, but of what the client had sent; and of each removal that no command asked for, which it
 * allows or not. From that it knows each byte that a client must receive, or what an answer must be like
 * where several are right.
 *
 * A new command is a row in one of the tables of model_*.c; a new kind of value a member of `struct slot`. */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include "base/buf.h"
#include "base/list.h"
#include <stdbool.h>
#include <stdint.h>

enum {
    MODEL_DATABASES = 4,
    MODEL_KEYS = 50,
    MODEL_CHANNELS = 8,
    MODEL_PATTERNS = 4,
    MODEL_SESSIONS = 64,
    MODEL_ARGS = 16,
};

#define MODEL_FOREVER INT64_MIN

struct slot {
    bool is_there;
    bool is_expiring; /* it went, and nobody was told yet */
    struct buf value;
    int64_t deadline_ms; /* monotonic; MODEL_FOREVER: none */
    int64_t since_ms;    /* when it was written */
};

struct dataset {
    struct slot slots[MODEL_DATABASES][MODEL_KEYS];
};

void dataset_clear(struct dataset *dataset);
void dataset_copy(struct dataset *to, const struct dataset *from);

struct request_text {
    struct list link;
    int argc;
    struct bytes argv[MODEL_ARGS]; /* owned */
};

/* What a client receives next: these bytes, or one reply that `is_right`. */
struct expected {
    struct list link;
    struct buf bytes;
    bool (*is_right)(struct expected *expected, struct bytes reply);
    struct list open;   /* among those whose keys are followed */
    int database;       /* wherever SWAPDB has put it */
    uint64_t must, may; /* keys that are in the reply, that may be */
    bool is_resp3;
};

struct session {
    bool is_used;
    int number;
    struct list sent;      /* requests that the server hasn't run yet */
    struct list expected;  /* what it must receive, in order */
    struct list deferred;  /* pushes behind the reply that is being made */
    int64_t late_from_ms;  /* when that may come */
    struct expected *late; /* the reply to a call that goes on */
    struct buf received;
    int database, protocol;
    bool is_in_multi, is_exec_aborted, is_watch_broken;
    struct list queue; /* of MULTI */
    uint64_t watched[MODEL_DATABASES], watched_dead[MODEL_DATABASES];
    uint32_t channels, patterns; /* subscribed to */
    bool may_end;                /* the server may close it */
    bool is_killed;
    bool is_checked; /* no longer when its peer broke off */
    bool is_garbage; /* what it sends isn't requests */
    int run_count;   /* by EXEC so far */
    uint64_t id;
    uint64_t scan_cursor, scan_must, scan_may;
    int scan_database;
    bool is_scanning;
};

struct model {
    struct dataset data;
    struct session sessions[MODEL_SESSIONS];
    struct session *current; /* whose call runs */
    int64_t now_ms;          /* what is dead, is so since then */
    int64_t clock_ms;        /* the call's time */
    int64_t wall_offset_ms;
    int64_t paused_until_ms;
    unsigned notify;
    struct list open; /* replies whose keys are followed */
    int key_count;
    struct bytes key_names[MODEL_KEYS];
    bool is_saving_configured;
    bool is_memory_limited;
    int64_t expiry_bound_ms; /* a key past its end is told of within this time, while nothing holds it */
    uint64_t expired_count, evicted_count; /* of this server */
    bool server_ends;                      /* by SHUTDOWN */
};

extern struct model model;

void model_init(int key_count, struct bytes (*name)(int index));
void model_clear(void);
/* Index of a key by its name; the run fails when there is no such. */
int model_key(struct bytes name);

/* ---- sessions ---- */

struct session *session_begin(void);
/* The server has closed it. */
void session_end(struct session *session);
void session_sent(struct session *session, int argc, const struct bytes *argv);
/* Compares what came with what must come. */
void session_received(struct session *session, struct bytes bytes);
bool session_is_owed(const struct session *session);
void request_text_free(struct request_text *request);

/* ---- what the hooks tell ---- */

/* Looks whether that is the request which is next; false: it may not run yet. */
struct request_text *model_next(struct session *session, int argc, const struct bytes *argv);
void model_call(struct session *session, int argc, const struct bytes *argv, bool is_late);
void model_late_done(struct session *session, int64_t now_ms);
/* The whole of a request was dealt with; `has_run`: by calls that model_call was told of. */
void model_done(struct session *session, struct request_text *request, bool has_run, bool is_queued);
/* Of one that a command came upon, others hear when the model's command comes upon it, too. */
void model_expired(int database, struct bytes key, int64_t now_ms, bool is_in_call);
void model_evicted(int database, struct bytes key);
/* The command is over: what it came upon is known. */
void model_settle_expired(void);
/* Behind each turn: nothing is overdue. */
void model_check_deadlines(int64_t now_ms);

/* ---- for the commands ---- */

struct model_call {
    struct session *session;
    int argc;
    const struct bytes *argv;
    bool is_late;
};

struct model_command {
    const char *name;
    int arity; /* as the server's */
    void (*run)(struct model_call *call);
    bool is_allowed_subscribed, is_not_for_multi, is_not_queued;
};

const struct model_command *model_command(struct bytes name);
bool call_word(const struct model_call *call, int index, const char *word);
/* One that is there: nothing else is generated. */
int model_database(const struct model_call *call, int index);
bool call_number(const struct model_call *call, int index, int64_t *number);

/* Live slots. NULL: there is none. */
struct slot *model_find(int database, int key);
struct slot *call_slot(const struct model_call *call, int index);
/* Makes or overwrites; the deadline is the caller's. */
struct slot *model_put(int database, int key, struct bytes value);
void model_remove(int database, int key);
uint64_t model_live(int database);

/* A change became known: WATCH, then notifications. */
void model_changed(int database, int key, char class, const char *event);
void model_notify(int database, int key, char class, const char *event);
void model_touched(int database, int key);
/* Returns how many received it. */
int64_t model_publish(struct bytes channel, struct bytes message);

/* ---- replies of the session whose call runs ---- */

void out_text(struct session *session, const char *text);
void out_ok(struct session *session);
void out_error(struct session *session, const char *format, ...) __attribute__((format(printf, 2, 3)));
void out_int(struct session *session, int64_t number);
void out_bulk(struct session *session, struct bytes bytes);
void out_null(struct session *session);
void out_array(struct session *session, int64_t count);
struct expected *out_any(struct session *session,
                         bool (*is_right)(struct expected *expected, struct bytes reply));
void expected_free(struct expected *expected);
/* Where a push goes. */
void push_bytes(struct session *session, struct bytes bytes);

/* The first whole reply in the bytes; 0: there is none yet. The run fails when it isn't RESP. */
size_t reply_length(struct bytes bytes);
/* Fills in the bulk strings of an array (and its arrays); returns how many there are. */
int reply_bulks(struct bytes reply, struct bytes *bulks, int max);

#endif
