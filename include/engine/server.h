/* SPDX-License-Identifier: BSD-3-Clause */
/* The one state of a server, made in app and passed to everybody. Subsystems that stand higher appear as
 * pointers to incomplete types. Two servers in one process are two of these. */
#ifndef ENGINE_SERVER_H
#define ENGINE_SERVER_H

#include "base/clock.h"
#include "base/list.h"
#include "base/table.h"
#include "config/config.h"
#include "engine/acl.h"
#include "engine/blocking.h"
#include "engine/client.h"
#include "engine/command.h"
#include "engine/compaction.h"
#include "engine/handshakes.h"
#include "engine/journal.h"
#include "engine/memory_limit.h"
#include "engine/slices.h"
#include "engine/timeouts.h"
#include "metrics/counters.h"
#include "sessions/session_stats.h"
#include "store/store.h"

/* Packed collections that a call may edit at once. */
enum { EDITS_MAX = 4 };

struct batch;
struct client_part;
struct loop;
struct monitors;
struct auth_throttle;
struct client_care;
struct client_limit;
struct slowlog;
struct latency_monitor;
struct metrics;
struct sampler;
struct scripting;
struct scripts;
struct save_state;
struct snapshot;
struct tracking;
struct watches;
struct error_stats;
struct http;
struct tls;
struct worker;

#define SESSIOND_VERSION "0.1.0"
#define REDIS_VERSION    "7.2.6"

/* What admission reads; written by whoever knows. */
struct status {
    bool is_loading;
    bool is_snapshot_failed;
    bool is_script_busy;    /* one stands still in the middle: nothing else may look at data or change it */
    bool is_function_busy;  /* it is a function */
    int memory_level;       /* percent of maxmemory that were warned of: 80, 90, 95; 0: less is in use */
    int64_t pause_until_ms; /* CLIENT PAUSE; monotonic, 0: not paused */
    bool pauses_writes_only;
    bool has_timed_fields; /* there are hashes with fields that have deadlines */
};

/* INFO debug: of the event loop. */
struct tick_extremes {
    uint64_t tick_us_max, commands_max; /* the longest turn, the most commands in one */
    uint64_t cron_us;                   /* spent on tasks that come round */
};

struct server {
    struct config *config;
    struct clock clock;
    struct loop *loop;
    struct worker *worker;
    struct store *store;
    struct session_stats *sessions; /* the store's figures of each prefix class */
    struct registry *registry;
    struct pubsub *pubsub;
    struct reply_pool *reply_pool;
    struct batch *batch; /* requests gathered, not yet run */
    struct counters counters;
    struct status status;
    struct journal journal;
    struct buf edit_buffers[EDITS_MAX]; /* where packed collections are edited */
    int64_t tick_begin_us;              /* monotonic; while the tick goes on, server->clock runs on */
    int64_t served_us;                  /* monotonic: when commands last ran (busy-poll-us) */
    struct tick_extremes extremes;
    struct slices slices;
    struct timeouts timeouts; /* of clients that wait */
    struct blocking blocking; /* on keys */

    const struct client_part *const *client_parts; /* what a client consists of (engine/client_part.h) */

    struct list clients; /* all, oldest first */
    size_t client_count, blocked_count;
    struct handshakes handshakes; /* clients that aren't in yet */
    uint64_t next_client_id;
    struct table client_ids; /* id -> client */
    struct list runnable;    /* clients with unrun input that needs no read */
    struct list pending_writers;
    struct list closing;
    struct list listeners;
    struct list cron_tasks;
    int64_t cron_next_ms;   /* monotonic */
    bool is_cron_paused;    /* DEBUG PAUSE-CRON */
    bool skips_checksums;   /* DEBUG SET-SKIP-CHECKSUM-VALIDATION: of what RESTORE is given */
    bool scripts_may_all;   /* DEBUG SET-DISABLE-DENY-SCRIPTS: run what isn't for scripts */
    int64_t expire_next_ms; /* when expiry looks for due entries again; monotonic */
    uint64_t expire_us;     /* spent on it so far */
    struct memory_limit memory_limit;
    struct compaction compaction;
    bool has_background_work; /* the last tick's slices were not done: the next one doesn't wait */
    struct loop_watch *worker_watch;
    struct worker *file_worker; /* for files that are written in the background: they may take long */
    struct loop_watch *file_worker_watch;
    struct snapshot *snapshot;
    struct save_state *save; /* how saving and loading went (persist/save_state.h) */

    size_t heeded_keys;        /* watched, or waited for; 1 more while clients cache keys */
    struct watches *watches;   /* WATCH: who watches which key */
    struct tracking *tracking; /* CLIENT TRACKING */
    struct monitors *monitors;
    struct slowlog *slowlog;
    struct latency_monitor *latency;
    uint64_t slow_ticks; /* a call that takes as long goes to one of the two; UINT64_MAX: none does */
    struct metrics *metrics;
    struct sampler *sampler; /* rates and peaks */
    struct auth_throttle *auth_throttle;
    struct list pushed_to; /* clients with pushes that wait; see push_limit.h */
    struct list paused;    /* who waits for the end of a pause; see pause.c */
    struct client_limit *client_limit;
    struct client_care *client_care;
    struct error_stats *error_stats;
    struct http *http;
    struct tls *tls;           /* how tls-port shows who it is; NULL: it doesn't. The application's */
    int64_t certificate_end_s; /* of the certificate in use, since 1970; 0: none is */
    struct scripts *scripts;   /* NULL: none has been run (script/script.h) */
    const struct scripting *scripting;
    unsigned notify_classes; /* notify-keyspace-events as bits of enum event_class */

    char run_id[41];
    char replication_id[41];
    struct acl acl; /* users */
    int64_t start_mono_ms, start_wall_ms;
    uint64_t dirty;                /* changes since the last save */
    struct client *current_client; /* whose command runs, of nested ones the outermost; NULL between them */
    struct registered_command *current_command;
    uint64_t call_ticks;          /* clock_ticks when the last command ended, or the batch began */
    int nesting;                  /* EXEC: 1 while its queue runs */
    struct reply deferred_pushes; /* to current_client, behind the reply of its command */

    /* Called again and again while something holds up the loop for long; NULL: nobody wants to know. */
    void (*alive)(const struct server *server);

    bool is_shutting_down;
    int exit_code;
};

/* A server over `config` (owned from then on) with everything but listeners and commands' families, which the
 * caller gives. Nothing has run yet. */
struct server *server_new(struct config *config, const struct command_family *const *families,
                          int family_count);
void server_free(struct server *server);

/* The tick runs until server->is_shutting_down. */
void server_run(struct server *server);

#endif
