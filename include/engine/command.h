/* SPDX-License-Identifier: BSD-3-Clause */
/* What a command is: one row beside its function. Arity, admission, keys, ACL categories, COMMAND INFO and
 * COMMAND DOCS all come out of the row; nothing about a command is declared anywhere else. */
#ifndef ENGINE_COMMAND_H
#define ENGINE_COMMAND_H

#include "access/category.h"
#include "base/bytes.h"
#include <stdbool.h>
#include <stdint.h>

struct buf;
struct call;
struct histogram;
struct key_positions;

enum command_flag {
    COMMAND_WRITE = 1 << 0,
    COMMAND_READONLY = 1 << 1,
    COMMAND_DENYOOM = 1 << 2,
    COMMAND_ADMIN = 1 << 3,
    COMMAND_PUBSUB = 1 << 4,
    COMMAND_NOSCRIPT = 1 << 5,
    COMMAND_BLOCKING = 1 << 6,
    COMMAND_LOADING = 1 << 7,
    COMMAND_STALE = 1 << 8,
    COMMAND_SKIP_MONITOR = 1 << 9,
    COMMAND_SKIP_SLOWLOG = 1 << 10,
    COMMAND_FAST = 1 << 11,
    COMMAND_NO_AUTH = 1 << 12,
    COMMAND_MAY_REPLICATE = 1 << 13,
    COMMAND_NO_MULTI = 1 << 14,
    COMMAND_ALLOW_BUSY = 1 << 15,
    COMMAND_NO_ASYNC_LOADING = 1 << 16,
    COMMAND_MOVABLE_KEYS = 1 << 17, /* follows from the key specs: rows needn't say it */
    COMMAND_NO_MANDATORY_KEYS = 1 << 18,
    COMMAND_TOUCHES_ARBITRARY_KEYS = 1 << 19,
    COMMAND_NEEDS_DEBUG = 1 << 20,      /* needs enable-debug-command */
    COMMAND_SENSITIVE = 1 << 21,        /* its arguments are not shown (MONITOR, SLOWLOG) */
    COMMAND_WHILE_SUBSCRIBED = 1 << 22, /* RESP2 clients may run it while they are subscribed */
    COMMAND_IS_EXEC = 1 << 23,          /* runs a transaction's queue: admission looks at what is in it */
    COMMAND_IN_MULTI = 1 << 24,         /* runs at once inside MULTI instead of being queued */
    COMMAND_SYSTEM = 1 << 25,           /* not meant for people: COMMAND DOCS says so */
    COMMAND_TAKES_PASSWORD = 1 << 26,   /* waits its turn after too many wrong ones */
    COMMAND_NEEDS_MODULE = 1 << 27,     /* needs enable-module-command */
};

/* Where a command's keys are, and what it does with them. */
enum key_flag {
    KEY_RO = 1 << 0,
    KEY_RW = 1 << 1,
    KEY_OW = 1 << 2,
    KEY_RM = 1 << 3,
    KEY_ACCESS = 1 << 4,
    KEY_UPDATE = 1 << 5,
    KEY_INSERT = 1 << 6,
    KEY_DELETE = 1 << 7,
    KEY_NOT_KEY = 1 << 8,
    KEY_INCOMPLETE = 1 << 9,
    KEY_VARIABLE_FLAGS = 1 << 10,
    KEY_CHANNEL = 1 << 11, /* of shard channels */
};

enum key_begin { KEY_BEGIN_NONE, KEY_BEGIN_INDEX, KEY_BEGIN_KEYWORD, KEY_BEGIN_UNKNOWN };
enum key_find { KEY_FIND_RANGE, KEY_FIND_KEYNUM, KEY_FIND_UNKNOWN };

struct key_spec {
    uint16_t flags;
    uint8_t begin, find;
    int16_t first; /* index, or where the search for `keyword` starts */
    const char *keyword;
    int16_t last, step; /* range: relative to the first; last < 0 counts from the end */
    int16_t limit;
    int16_t keynum_at, keys_from;
    const char *notes; /* what COMMAND INFO adds; NULL mostly */
};

#define KEY_SPECS_MAX 4
/* One key at `index`; keys from `index` to the end; keys from `index` to the end, every `gap`-th. */
#define KEY_AT(index, key_flags)                                                    \
    {                                                                               \
        .flags = (key_flags), .begin = KEY_BEGIN_INDEX, .first = (index), .step = 1 \
    }
#define KEYS_FROM(index, key_flags)                                                             \
    {                                                                                           \
        .flags = (key_flags), .begin = KEY_BEGIN_INDEX, .first = (index), .last = -1, .step = 1 \
    }
#define KEYS_EVERY(index, gap, key_flags)                                                           \
    {                                                                                               \
        .flags = (key_flags), .begin = KEY_BEGIN_INDEX, .first = (index), .last = -1, .step = (gap) \
    }

/* Which arguments are channels that one must have the right to; none: `first` is 0. */
struct channel_spec {
    uint8_t first;
    bool is_list;      /* up to the end */
    bool are_patterns; /* of channels */
};

/* What changed since a command appeared: version and sentence (COMMAND DOCS' history). */
struct command_history {
    const char *version, *change;
};

struct command {
    const char *name;               /* lower case */
    void (*run)(struct call *call); /* NULL for a container whose subcommands run */
    int16_t arity;                  /* with the name; negative: at least. Of a subcommand: with both names */
    uint32_t flags;
    uint32_t
        acl; /* enum acl_category that no flag implies; the others (read, write, fast, slow, dangerous ...)
                     are derived */
    struct key_spec keys[KEY_SPECS_MAX];
    /* Appends the keys of these arguments where `keys` doesn't tell everything (KEY_VARIABLE_FLAGS,
     * KEY_INCOMPLETE, unknown); NULL otherwise. False: the arguments make no sense. See engine/key_spec.h. */
    bool (*find_keys)(const struct bytes *argv, int argc, struct key_positions *positions);
    struct channel_spec channels;
    /* Whether it only reads with these arguments, though it is COMMAND_MAY_REPLICATE; NULL: never. */
    bool (*only_reads)(const struct call *call);
    const char
        *group; /* "string", "generic", "pubsub", "connection", "server", "transactions", "bitmap" ... */
    const char *since, *complexity, *summary;
    const char
        *synopsis; /* what a person reads, and the argument tree of COMMAND DOCS: see engine/synopsis.c */
    const struct command_history *history; /* ends with a {NULL, NULL} row; NULL when there is none */
    const char *const *tips;               /* NULL-terminated; NULL when there is none */
    const char *deprecated_since, *replaced_by;
    const struct command *subcommands; /* ends with a row without name */
};

/* A command as one server knows it: its row, its name there (rename-command), and what was counted. */
struct registered_command {
    const struct command *row;
    const struct registered_command *parent; /* of a subcommand */
    char *name;                              /* as clients call it, lower case; "config|get" is `full_name` */
    char *full_name;
    struct registered_command *subcommands;
    int subcommand_count;
    int id;       /* dense, from 0 */
    int key_at;   /* where the first key is among the arguments, if that is the same in all calls; else 0 */
    uint32_t acl; /* with what flags imply */
    uint64_t calls, ticks, rejected, failed;
    struct histogram *latency; /* NULL until its first call */
};

/* Appends the name of its row, "config|get" of a subcommand, whatever rename-command made of it. */
void command_print_name(const struct registered_command *command, struct buf *out);

struct command_family {
    const char *name;
    const struct command *commands; /* ends with a row without name */
};

struct registry;

/* Registers the families' commands. */
struct registry *registry_new(const struct command_family *const *families, int count);
void registry_free(struct registry *registry);

/* The top-level command of that name (any case), or NULL. */
struct registered_command *registry_find(const struct registry *registry, struct bytes name);
/* What argv names: a subcommand where argv[0] is a container and argv[1] one of its; the container itself
 * when argc is 1 or argv[1] is none of its (`*is_unknown_subcommand` set); NULL when there is no such
 * command. */
struct registered_command *registry_resolve(const struct registry *registry, const struct bytes *argv,
                                            int argc, bool *is_unknown_subcommand);
/* The same for a request with arguments, quicker: `readable` bytes from the name's first on may be read. */
struct registered_command *registry_resolve_within(struct registry *registry, const struct bytes *argv,
                                                   int argc, size_t readable, bool *is_unknown_subcommand);

/* What a full name stands for: "get", "config", "config|get" in any case; NULL when there is no such
 * command. */
struct registered_command *registry_find_full(const struct registry *registry, struct bytes full_name);

/* Renames a command, or with an empty name makes it unreachable. False when there is no `from`, or `to` is
 * taken. */
bool registry_rename(struct registry *registry, struct bytes from, struct bytes to);

int registry_count(const struct registry *registry); /* of top-level commands */
struct registered_command *registry_at(const struct registry *registry, int index);
/* Calls `visit` for every command and subcommand. */
void registry_each(const struct registry *registry,
                   void (*visit)(void *context, struct registered_command *command), void *context);
void registry_reset_stats(struct registry *registry);

#endif
