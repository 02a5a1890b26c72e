/* SPDX-License-Identifier: BSD-3-Clause */
/* The oracle: what a server of this kind must answer, in the simplest way that can be right. Keys are an
 * array, values are bytes. It hears of each call behind the server, in the server's order and with the
 * server's time, but of what the client had sent; and of each removal that no command asked for, which it
 * allows or not. From that it knows each byte that a client must receive, or what an answer must be like
 * where several are right.
 *
 * A new command is a row in one of the tables of model_*.c; a new kind of value one of model_value.c. */
#ifndef SIM_MODEL_H
#define SIM_MODEL_H

#include "base/list.h"
#include "crowd.h"
#include "model_value.h"

enum {
    MODEL_DATABASES = 4,
    MODEL_KEYS = 50,
    MODEL_CHANNELS = 8,
    MODEL_PATTERNS = 4,
    MODEL_SESSIONS = 64,
    MODEL_ARGS = 520,
    SCRIPT_CALLS = 8,
    LATE_STREAMS = 3,
};

struct slot {
    bool is_there;
    bool is_expiring;          /* it went, and nobody was told yet */
    bool lost_fields, is_lost; /* the same of fields, and that they were the last */
    uint64_t untold_number;    /* of what went and wasn't told, in the order it went; 0: nothing */
    struct model_value value;
    int64_t deadline_ms; /* monotonic; MODEL_FOREVER: none */
    int64_t since_ms;    /* when it was written */
};

struct dataset {
    struct slot slots[MODEL_DATABASES][MODEL_KEYS];
    unsigned functions;      /* of libraries of model_script.c, those that are loaded */
    struct crowd_key *crowd; /* CROWD_MAX of them; NULL: none is there */
};

void dataset_clear(struct dataset *dataset);
void dataset_copy(struct dataset *to, const struct dataset *from);

struct request_text {
    struct list link;
    int argc;
    struct bytes argv[]; /* owned */
};

/* How far a reply was read that isn't whole yet. */
struct reply_scan {
    size_t at;
    uint64_t left; /* parts that are still to come */
};

/* What a client receives next: these bytes, or one reply that `is_right` (whose bytes these may be). */
struct expected {
    struct list link;
    struct buf bytes;
    size_t came; /* of them, and was right */
    bool (*is_right)(struct expected *expected, struct bytes reply);
    bool may_lack;   /* where it isn't right, it didn't come at all */
    int64_t wall_ms; /* when it was sent */
    struct reply_scan scan;
    struct list open;      /* among those whose keys are followed */
    int database;          /* wherever SWAPDB has put it */
    uint64_t must, may;    /* keys that are in the reply, that may be */
    uint64_t changes;      /* that were made before */
    struct choice *choice; /* parts that the reply is made of; NULL: it isn't told in parts */
};

/* Why a call is answered later: work goes on, whose outcome is known, or which changes data at its end;
 * others are waited for. */
enum lateness { LATE_NOTHING, LATE_WORK, LATE_EDIT, LATE_COPIES, LATE_KEYS };

struct late {
    enum lateness why;
    struct list answer, pushes;                /* what is known of it; what follows it */
    bool is_muted;                             /* nobody is told */
    int64_t began_ms;                          /* of a script that stands still */
    int64_t until_ms;                          /* of LATE_COPIES and LATE_KEYS; INT64_MAX: without end */
    uint64_t order, keys;                      /* of LATE_KEYS: when it came, and which it waits for ... */
    uint64_t missed;                           /* of these, those that came without a word, ... */
    enum model_kind wanted;                    /* ... to hold this; of streams, ... */
    int group;                                 /* ... what this group hasn't read (-1: no group), or ... */
    int stream_count, after_key[LATE_STREAMS]; /* ... what is behind these IDs */
    uint64_t after_ms[LATE_STREAMS], after_sequence[LATE_STREAMS];
};

/* What a client has read, and is told of, by itself or for another: see model_tracking.c. */
struct tracking_model {
    bool is_on, is_broadcast, no_loop, opt_in, opt_out, is_chosen;
    unsigned prefixes;            /* that it follows */
    uint64_t redirect;            /* id of who is told in its place; 0: nobody */
    uint64_t cached, stale;       /* keys; stale: from before tracking was off */
    bool hears;                   /* it may be told, of what others have read */
    bool must_hear_of_end;        /* that who is told in its place is gone; */
    unsigned ends_allowed;        /* ... so often it may */
    uint64_t must;                /* it has to be told of */
    unsigned allowed[MODEL_KEYS]; /* messages that may come */
    unsigned flushes_allowed;
    bool must_flush;
};

/* A scan of a collection's elements, part by part. */
struct element_scan {
    bool is_going;
    int database, key;
    enum model_kind kind;
    uint64_t cursor;
    struct model_value must; /* names that have to come yet */
};

struct session {
    bool is_used;
    int number;
    struct list sent;     /* requests that the server hasn't run yet */
    struct list expected; /* what it must receive, in order */
    struct list deferred; /* pushes behind the reply that is being made */
    struct late late;     /* the call that goes on */
    struct buf received;
    int database, protocol;
    bool is_in_multi, is_exec_aborted, is_watch_broken;
    struct list queue; /* of MULTI */
    uint64_t watched[MODEL_DATABASES], watched_dead[MODEL_DATABASES];
    uint32_t channels, patterns; /* subscribed to */
    bool may_end;                /* the server may close it */
    bool is_killed;
    bool was_gone;   /* before the command that may close it */
    bool is_checked; /* no longer when its peer broke off */
    bool is_garbage; /* what it sends isn't requests */
    int run_count;   /* by EXEC so far */
    bool exec_rests; /* with a script that stands still */
    uint64_t id;
    uint64_t scan_cursor, scan_must, scan_may;
    int scan_database;
    bool is_scanning;
    struct element_scan elements;
    struct tracking_model tracking;
    bool is_silent, skips_next, is_muted; /* CLIENT REPLY OFF, SKIP; this request isn't answered */
    struct list muted;                    /* what it would be */
    bool is_monitor;
    int port; /* that it comes from */
    bool has_quit;
    bool slept; /* behind QUIT, the machine did: there may be no time left to read the replies */
    const struct model_user *user; /* NULL: the one who may do everything */
    bool is_known;                 /* it needs, or has said, a password */
    int64_t stranger_since_ms;     /* otherwise */
    bool was_known, went_as_stranger;
    int overdue_count; /* of tenths of a second in which it might have gone */
    int64_t overdue_ms;
};

struct model {
    struct dataset data;
    struct session sessions[MODEL_SESSIONS];
    struct session *current; /* whose call runs */
    int64_t now_ms;          /* what is dead, is so since then */
    int64_t clock_ms;        /* the call's time */
    int64_t wall_offset_ms;
    int64_t paused_until_ms;
    int64_t turn_ms, turn_before_ms; /* when this turn of the server began, and the one before it */
    unsigned notify;
    uint64_t turn_changed; /* keys */
    uint64_t changes;      /* of keys, so far */
    struct list open;      /* replies whose keys are followed */
    int key_count;
    struct bytes key_names[MODEL_KEYS];
    bool is_saving_configured;
    bool has_no_checksums; /* in snapshots */
    bool is_memory_limited;
    bool refuses_unsaved; /* writes, while saving fails */
    bool has_user_file;
    bool is_password_configured; /* to be said by who may do everything ... */
    bool has_password;           /* ... unless somebody has set it otherwise */
    bool drops_clients;          /* of its own accord: those that are idle, or take much memory */
    bool forgets_readers;        /* and tells them */
    int64_t expiry_bound_ms;     /* a key past its end is told of within this time, while nothing holds it */
    uint64_t expired_count, evicted_count, expired_fields; /* of this server */
    uint64_t arrivals;                                     /* of clients that wait for keys */
    uint64_t unblocked_id;                                 /* by the command that runs */
    int script_calls;                                      /* commands that the script ran which runs */
    bool script_failed;                                    /* there was no memory for it */
    struct session *standing;                              /* whose script stands still; NULL: none does */
    bool is_function_standing;
    struct session *executing; /* whose EXEC has begun, and isn't over */
    uint64_t undivided_count;  /* of these, that began */
    uint64_t undivided_before; /* the one that was under way when this turn began; 0: none */
    bool stood;                /* one did since deadlines were last checked */
    bool has_http_token, has_other_token, knows_http_host, moved_http; /* the last: its doors were closed */
    bool is_loading, is_draining;
    bool server_ends; /* by SHUTDOWN */
    bool call_failed; /* the server replied an error */
};

extern struct model model;

void model_init(int key_count, struct bytes (*name)(int index));
void model_clear(void);
/* Index of a key by its name; the run fails when there is no such. */
int model_key(struct bytes name);
/* -1: there is no such. */
int model_key_if_any(struct bytes name);

/* ---- sessions ---- */

struct session *session_begin(void);
/* The same client without its connection: nobody hears what its late call is answered. */
void session_detach(struct session *detached, struct session *session);
/* The server has closed it. */
void session_end(struct session *session);
void session_sent(struct session *session, int argc, const struct bytes *argv);
/* Compares what came with what must come. */
void session_received(struct session *session, struct bytes bytes);
bool session_is_owed(const struct session *session);
/* What it has read has changed, and it doesn't know. */
bool session_is_to_be_told(const struct session *session);
/* Nothing of it is under way. */
bool session_is_idle(const struct session *session);
void request_text_free(struct request_text *request);

/* ---- what the hooks tell ---- */

struct model_call {
    struct session *session;
    int argc;
    const struct bytes *argv;
    enum lateness late;
    bool is_nested; /* in a transaction, where nothing waits */
    bool has_failed;
    bool was_admitted; /* when it began: it is answered now */
    int served_key;    /* that it has waited for; -1: it hasn't */
};

/* Looks whether that is the request which is next; false: it may not run yet. */
struct request_text *model_next(struct session *session, int argc, const struct bytes *argv);
/* Who does several things at once, and is in the middle: until that is over nobody else does anything,
 * nothing goes by itself, and no snapshot is begun. NULL: nobody. */
const struct session *model_undivided(void);
void model_begins_undivided(struct session *session);
/* It is since an earlier turn. */
bool model_is_long_undivided(void);
/* Between these it may be that nothing is answered. */
void model_mute(struct session *session);
void model_unmute(struct session *session);
void model_call(struct model_call *call);
/* There was no memory for it: who reads for a group and can't wait is known to the group all the same. */
void model_refused(const struct model_call *call);
/* What it does is done when it is answered. */
void model_put_off(struct session *session);
/* The answer that was to come late comes now: of its own accord, ... */
void model_late_done(struct session *session, int64_t now_ms);
/* ... with what a key holds, ... */
void model_serve(struct model_call *call, struct bytes key);
/* ... or by CLIENT UNBLOCK; `error` may be NULL. */
void model_unblock(struct session *session, const char *error);
/* What is waited for may be in the key by now, but nobody is told. */
void model_came_unseen(int database, int key);
/* The whole of a request was dealt with; `has_run`: by calls that model_call was told of. */
void model_done(struct session *session, struct request_text *request, bool has_run, bool is_queued);
/* A command has read these keys. */
void model_has_read(struct session *session, uint64_t keys);
/* Of one that a command came upon, others hear when the model's command comes upon it, too. */
void model_expired(int database, struct bytes key, int64_t now_ms, bool is_in_call);
void model_fields_expired(int database, struct bytes key, int64_t now_ms, const struct bytes *names,
                          size_t count, bool with_key, bool is_in_call);
void model_evicted(int database, struct bytes key);
/* The command is over: what it came upon is known. */
void model_settle_expired(void);
/* The machine is suspended. */
void model_sleeps(void);
/* Behind each turn: nothing is overdue, and nobody waits for what is there. */
void model_check_deadlines(int64_t now_ms);
void model_check_waits(int64_t now_ms);

/* ---- for the commands ---- */

struct model_command {
    const char *name;
    int arity; /* as the server's */
    void (*run)(struct model_call *call);
    bool is_allowed_subscribed, is_not_for_multi, is_not_queued, is_for_strangers;
};

const struct model_command *model_command(struct bytes name);
/* What it did before it failed remains. */
bool model_is_script(struct bytes name);
/* It runs others. */
bool model_runs_script(struct bytes name);
bool call_word(const struct model_call *call, int index, const char *word);
/* One that is there: nothing else is generated. */
int model_database(const struct model_call *call, int index);
bool call_number(const struct model_call *call, int index, int64_t *number);

/* Live slots. NULL: there is none. */
struct slot *model_find(int database, int key);
struct slot *call_slot(const struct model_call *call, int index);
/* The same, of this kind; false, having replied, when the key holds another. */
bool call_value(const struct model_call *call, int index, enum model_kind kind, struct slot **slot);
/* Makes or overwrites; the deadline is the caller's. */
struct slot *model_put(int database, int key, struct bytes text);
/* The same with a value that is taken over. */
struct slot *model_put_value(int database, int key, struct model_value *value);
/* The collection that is there, or an empty one, to be edited; what model_edited follows. */
struct model_value *model_edit(int database, int key, enum model_kind kind);
/* Says so; an empty one goes. */
void model_edited(int database, int key, const char *event);
void model_remove(int database, int key);
uint64_t model_live(int database);

/* A change became known: WATCH, then notifications. */
void model_changed(int database, int key, char class, const char *event);
void model_notify(int database, int key, char class, const char *event);
void model_touched(int database, int key);
void model_watch_broken(int database, int key);
/* Returns how many received it. */
int64_t model_publish(struct bytes channel, struct bytes message);

/* ---- replies of the session whose call runs ---- */

void out_text(struct session *session, const char *text);
void out_bytes(struct session *session, struct bytes bytes);
void out_ok(struct session *session);
void out_error(struct session *session, const char *format, ...) __attribute__((format(printf, 2, 3)));
void out_wrong_type(struct session *session);
void out_int(struct session *session, int64_t number);
void out_bulk(struct session *session, struct bytes bytes);
void out_double(struct session *session, double number);
void out_null(struct session *session);
void out_null_array(struct session *session);
void out_array(struct session *session, int64_t count);
struct expected *out_any(struct session *session,
                         bool (*is_right)(struct expected *expected, struct bytes reply));
void expected_free(struct expected *expected);
/* Where a push goes. */
void push_bytes(struct session *session, struct bytes bytes);
struct expected *push_any(struct session *session,
                          bool (*is_right)(struct expected *expected, struct bytes reply));

/* Replies as bytes. */
void encode_bulk(struct buf *out, struct bytes bytes);
void encode_double(struct buf *out, int protocol, double number);

/* The first whole reply in the bytes; 0: there is none yet. The run fails when it isn't RESP. */
size_t reply_length(struct bytes bytes);
/* Fills in the bulk strings of an array (and its arrays); returns how many there are. */
int reply_bulks(struct bytes reply, struct bytes *bulks, int max);

#endif
