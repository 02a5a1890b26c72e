/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration: a struct of plain fields that everybody reads, and the table of directives that says how
 * each of them is written, checked, shown and changed. Fields are written here alone: by the defaults, by
 * loading (config/config_file.h) and by config_set; the start also notes there what the system made of
 * `maxclients` and `supervised`. A directive is declared in config/directives.h and nowhere else. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/bytes.h"
#include "base/error.h"
#include <limits.h>
#include <stdint.h>

struct buf;

/* Directive flags. */
enum config_flag {
    CONFIG_IMMUTABLE = 1 << 0,   /* set by file and command line only */
    CONFIG_SENSITIVE = 1 << 1,   /* a secret: nobody logs its value */
    CONFIG_PROTECTED = 1 << 2,   /* CONFIG SET needs enable-protected-configs */
    CONFIG_NOT_LOADING = 1 << 3, /* CONFIG SET is refused while data is loaded */
    CONFIG_WORDS = 1 << 4,       /* takes several words */
    CONFIG_MULTI = 1 << 5,       /* further lines of a file add to it instead of replacing it */
    CONFIG_PARTIAL = 1 << 6,     /* a line sets a part of it and leaves the rest */
    CONFIG_VERBATIM = 1 << 7,    /* words may begin with #: no comment behind it */
    CONFIG_CLAMPED = 1 << 8,     /* a number out of range is moved into it */
    CONFIG_HIDDEN = 1 << 9,      /* CONFIG GET shows it only by its full name */
    CONFIG_FILE_ONLY = 1 << 10,  /* unknown to CONFIG GET and CONFIG SET */
    CONFIG_KEPT = 1 << 11,       /* accepted and shown, without effect so far */
    CONFIG_LATER = 1 << 12,      /* only the default is accepted: what it asks for is missing so far */
    CONFIG_IGNORED = 1 << 13,    /* accepted with a warning: it will never have an effect */
    CONFIG_PINNED = 1 << 14,     /* CONFIG REWRITE writes it even at its default */
    CONFIG_LIVE = 1 << 15,       /* changes though only files know it: CONFIG REWRITE writes it */
};

/* What directives of kind CHOICE hold; `loglevel` an enum log_level of base/log.h, `syslog_facility` a
 * LOG_LOCAL0 or the like. */
enum maxmemory_policy {
    MAXMEMORY_VOLATILE_LRU,
    MAXMEMORY_VOLATILE_LFU,
    MAXMEMORY_VOLATILE_RANDOM,
    MAXMEMORY_VOLATILE_TTL,
    MAXMEMORY_ALLKEYS_LRU,
    MAXMEMORY_ALLKEYS_LFU,
    MAXMEMORY_ALLKEYS_RANDOM,
    MAXMEMORY_NOEVICTION,
};
enum supervised { SUPERVISED_NO, SUPERVISED_AUTO, SUPERVISED_SYSTEMD, SUPERVISED_UPSTART };
enum protection { PROTECTION_NO, PROTECTION_YES, PROTECTION_LOCAL };
enum oom_score_adj { OOM_SCORE_ADJ_NO, OOM_SCORE_ADJ_RELATIVE, OOM_SCORE_ADJ_ABSOLUTE };
enum tls_clients { TLS_CLIENTS_NO, TLS_CLIENTS_YES, TLS_CLIENTS_OPTIONAL };
enum tls_clients_user { TLS_CLIENTS_USER_OFF, TLS_CLIENTS_USER_CN };
enum appendfsync { APPENDFSYNC_EVERYSEC, APPENDFSYNC_ALWAYS, APPENDFSYNC_NO };
enum sanitize { SANITIZE_NO, SANITIZE_YES, SANITIZE_CLIENTS };
enum pubsub_default { PUBSUB_DEFAULT_RESETCHANNELS, PUBSUB_DEFAULT_ALLCHANNELS };
enum diskless_load { DISKLESS_LOAD_DISABLED, DISKLESS_LOAD_ON_EMPTY_DB, DISKLESS_LOAD_SWAPDB };
enum propagation_error {
    PROPAGATION_ERROR_IGNORE,
    PROPAGATION_ERROR_PANIC,
    PROPAGATION_ERROR_PANIC_ON_REPLICAS
};
enum cluster_endpoint { CLUSTER_ENDPOINT_IP, CLUSTER_ENDPOINT_HOSTNAME, CLUSTER_ENDPOINT_UNKNOWN };

/* Bits of shutdown-on-sigint and shutdown-on-sigterm; none of them: save if there are save points. */
enum signal_action {
    SIGNAL_SAVE = 1 << 0,
    SIGNAL_NOSAVE = 1 << 1,
    SIGNAL_NOW = 1 << 2,
    SIGNAL_FORCE = 1 << 3,
};

/* What directives of the other kinds hold. */
struct config_secret {
    char *data; /* any bytes; NULL: none */
    size_t len;
};
struct config_words {
    char **items;
    size_t count;
};
struct config_save_point {
    int64_t seconds, changes;
};
struct config_save_points {
    struct config_save_point *items;
    size_t count;
};
struct config_buffer_limit {
    int64_t hard_bytes, soft_bytes, soft_seconds;
};
struct config_buffer_limits {
    struct config_buffer_limit of_class[3]; /* normal, replica, pubsub */
};
struct config_scores {
    int primary, replica, background;
};
struct config_percentiles {
    double *items;
    size_t count;
};
struct config_primary {
    char *host; /* NULL: none */
    int port;
};
struct config_rename {
    char *from, *to; /* to "": taken away */
};
struct config_renames {
    struct config_rename *items;
    size_t count;
};

/* The kinds of directives: the type of the field, and in src/config/kinds.c how it is read and shown. */
#define CONFIG_KINDS(KIND)                                                                   \
    KIND(BOOL, bool)                                                                         \
    KIND(INT, int)                                                                           \
    KIND(LONG, int64_t)                                                                      \
    KIND(BYTES, int64_t)                                                                     \
    KIND(MEMORY, int64_t) /* bytes; given as a percentage, it is of this machine's memory */ \
    KIND(SHARE, int64_t)  /* bytes, or negative: a percentage */                             \
    KIND(OCTAL, int)                                                                         \
    KIND(STRING, char *)   /* never NULL */                                                  \
    KIND(OPTIONAL, char *) /* NULL instead of empty */                                       \
    KIND(SECRET, struct config_secret)                                                       \
    KIND(FILE_NAME, char *)          /* a STRING without slashes */                          \
    KIND(REQUIRED_FILE_NAME, char *) /* not empty either */                                  \
    KIND(REQUIRED_DIR_NAME, char *)                                                          \
    KIND(HOST_NAME, char *)     /* OPTIONAL */                                               \
    KIND(NODE_NAME, char *)     /* OPTIONAL */                                               \
    KIND(PROCESS_TITLE, char *) /* STRING */                                                 \
    KIND(DIRECTORY, char *)     /* absolute path of one that exists */                       \
    KIND(CHOICE, int)                                                                        \
    KIND(SIGNAL_ACTIONS, int)                                                                \
    KIND(EVENTS, char *) /* letters, in Redis' order */                                      \
    KIND(ADDRESSES, struct config_words)                                                     \
    KIND(PREFIXES, struct config_words)                                                      \
    KIND(SAVE_POINTS, struct config_save_points)                                             \
    KIND(BUFFER_LIMITS, struct config_buffer_limits)                                         \
    KIND(SCORES, struct config_scores)                                                       \
    KIND(PERCENTILES, struct config_percentiles)                                             \
    KIND(PRIMARY, struct config_primary)                                                     \
    KIND(RENAMES, struct config_renames)                                                     \
    KIND(LINES, struct config_words) /* the words of each line, quoted where needed */

#define CONFIG_TYPE(kind, type) typedef type config_type_##kind;
CONFIG_KINDS(CONFIG_TYPE)
#undef CONFIG_TYPE

/* `config->port`, `config->maxmemory_policy`: every directive's name with underscores. Strings and lists are
 * the configuration's and live until the next change of their directive. */
struct config {
#define DIRECTIVE(kind, field, name, default_text, flags, help)        config_type_##kind field;
#define NUMBER(kind, field, name, default_text, min, max, flags, help) config_type_##kind field;
#define CHOICE(kind, choices, field, name, default_text, flags, help)  config_type_##kind field;
#include "config/directives.h"
    char *path;                       /* of the configuration file, absolute; NULL without one */
    char *include_directory;          /* what names in `include` lines are relative to; NULL: where we are */
    struct config_watchers *watchers; /* see config_watch; NULL without any */
};

/* All defaults; `dir` is the working directory. Owned by the caller. */
struct config *config_new(void);
void config_free(struct config *config);

/* One row of the table. */
struct directive {
    const char *name;
    const char *default_text; /* as a user would write it */
    const char *help;
    const struct config_kind *kind;
    const struct config_choice
        *choices;     /* words and what they mean, ended by a NULL word; NULL for other kinds */
    int64_t min, max; /* of numbers */
    unsigned flags;   /* enum config_flag */
    int line;         /* in config/directives.h: tells its section */
    size_t offset;    /* of the field */
};
struct config_choice {
    const char *word;
    int value;
};

/* The table in the order of the manual, without older names. */
extern const struct directive config_directives[];
extern const size_t config_directive_count;

/* The directive of that name, in any case and also by an older name; NULL when there is none. */
const struct directive *config_find(struct bytes name);

/* Its older name, or NULL; the heading it stands under; and of a CONFIG_LATER directive, what is missing
 * ("replication"). */
const char *config_alias(const struct directive *directive);
const char *config_section(const struct directive *directive);
const char *config_missing(const struct directive *directive);

/* Appends what its values look like, to follow "write": "yes or no", "a whole number, from 0 to 65535", "one
 * of a, b". Nothing where any text will do. */
void config_print_expected(const struct directive *directive, struct buf *out);

/* Appends the value as CONFIG GET shows it. */
void config_print(const struct config *config, const struct directive *directive, struct buf *out);

/* Whether two configurations say the same of a directive. */
bool config_is_equal(const struct config *a, const struct config *b, const struct directive *directive);

/* Whether config_set by a caller on this machine could change it while the server runs. */
bool config_may_change(const struct config *config, const struct directive *directive);

/* The word for the value of a directive of kind CHOICE, such as "noeviction" of "maxmemory-policy". */
const char *config_choice_word(const struct config *config, const char *name);

/* What CONFIG GET shows: a name as it was asked for, or as it is declared. */
struct config_item {
    struct bytes name; /* a view of the pattern or of the table */
    const struct directive *directive;
};

/* The directives that the names and glob patterns select, each name once. Returns an array for mem_free,
 * `*count` long; never NULL. */
struct config_item *config_select(const struct bytes *patterns, size_t pattern_count, size_t *count);

/* True when the value of this name must not be logged, be it known or not. */
bool config_is_sensitive(struct bytes name);

/* Whether an action guarded by such a setting is open to a client. */
static inline bool config_permits(int protection, bool is_local)
{
    return protection == PROTECTION_YES || (protection == PROTECTION_LOCAL && is_local);
}

struct config_change {
    struct bytes name, value;
};

enum config_result {
    CONFIG_SET_OK,
    CONFIG_SET_UNKNOWN, /* no such directive: `culprit` */
    CONFIG_SET_FAILED,  /* `culprit` and `error` say why */
    CONFIG_SET_LOADING, /* not while data is loaded */
};

/* Who asks for a change. */
struct config_caller {
    bool is_local;   /* from this machine */
    bool is_loading; /* the server loads data */
};

/* Sets all of them or none, and runs the watchers of what changed. When one of these objects, all is as
 * before, and those that ran, itself included, run again for the old values. `culprit` views the name to be
 * blamed, in `changes` or in the table. */
enum config_result config_set(struct config *config, const struct config_change *changes, size_t count,
                              struct config_caller caller, struct bytes *culprit, struct error *error);

/* Replaces all lines of a directive of kind LINES, without running watchers. Blanks separate the words. */
void config_set_lines(struct config *config, const char *name, const struct bytes *lines, size_t count);

/* After a change of the directive `name` by config_set, `apply` puts it into effect. It returns false, with
 * `error` filled, when it can't; it is called again then, to put the restored value into effect. Loading a
 * file runs no watchers. A function registered with the same context for several directives runs once a
 * config_set. */
typedef bool config_apply(void *context, struct error *error);
void config_watch(struct config *config, const char *name, config_apply *apply, void *context);

#endif
