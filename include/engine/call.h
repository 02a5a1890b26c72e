/* SPDX-License-Identifier: BSD-3-Clause */
/* A command being run: what every command function gets. Helpers here that can fail have already replied when
 * they return false, so that commands read straight down. */
#ifndef ENGINE_CALL_H
#define ENGINE_CALL_H

#include "engine/command.h"
#include "engine/errors.h"
#include "proto/resp_write.h"
#include "store/keyspace.h"

struct client;
struct late_call;
struct server;

struct call {
    struct server *server;
    struct client *client;
    struct keyspace *keyspace; /* the client's selected database */
    struct registered_command *command;
    struct reply *reply;
    int argc;
    const struct bytes *argv; /* views into the client's input, valid until the command returns */
    struct key first_key;     /* hashed ahead; first_key.name.data is argv[first_key_index].data */
    int first_key_index;      /* 0: none */
    struct blob
        *big_argument;  /* holds the bytes of one large argument, when it was read into a blob of its own */
    bool has_failed;    /* an error was replied */
    bool has_changed;   /* the dataset; and what it recorded of that in place of its arguments */
    bool is_recorded;   /* something */
    uint8_t edit_count; /* of packed collections that it edits (engine/edit.h) */
    bool may_wait;      /* others may be served before it is answered: see call_may_wait (engine/wait.h) */
    struct late_call *late; /* it is answered later (engine/wait.h); NULL: when its command returns */
};

/* ---- keys ---- */
/* The key at argv[index]. */
static inline struct key call_key(const struct call *call, int index)
{
    return index == call->first_key_index && index > 0 ? call->first_key : key_of(call->argv[index]);
}

/* Finds for reading, counting a hit or a miss; NULL when there is none. */
const struct entry *call_find(struct call *call, struct key key);
/* The same without stamping the access clock: for commands that look at the key, not at its value (EXISTS,
 * TYPE, TTL). */
const struct entry *call_peek(struct call *call, struct key key);
/* Finds a string: false, having replied WRONGTYPE, when the key holds another type. `*entry` NULL: no key. */
bool call_find_string(struct call *call, struct key key, const struct entry **entry);
/* The same for commands that go on to edit it, which are neither reads nor misses. */
bool call_string_to_edit(struct call *call, struct key key, const struct entry **entry);

/* Notifies of what is no change of the dataset: a miss, or a second event of one change. What changes it goes
 * through engine/edit.h. */
void call_notify(struct call *call, struct keyspace *keyspace, struct key key, unsigned event_class,
                 const char *event);

/* The blob that argv[index] was read into and is all of, when nobody else has it; NULL: it lies elsewhere. */
struct blob *call_own_blob(const struct call *call, int index);

/* A value made from argv[index] that can be set without fail: a large argument's blob is shared, other large
 * bytes are copied into one. Whoever doesn't set it after all releases it. False, having replied, when there
 * is no memory. */
bool call_string_value(struct call *call, int index, struct value *value);

/* Whether `size` bytes may be taken that aren't its arguments', by what doesn't return when there is no
 * memory (base/alloc.h); false, having replied. */
bool call_has_room(struct call *call, size_t size);

/* Whether it changes nothing with these arguments, though its row says that it may. */
static inline bool call_only_reads(const struct call *call)
{
    const struct command *row = call->command->row;
    return row->only_reads && row->only_reads(call);
}

/* ---- arguments ---- */
bool call_int(struct call *call, int index, int64_t *out); /* ERR_NOT_INTEGER */
bool call_int_in(struct call *call, int index, int64_t min, int64_t max,
                 int64_t *out); /* ERR_OUT_OF_RANGE-style texts */
bool call_double(struct call *call, int index, double *out);
bool call_long_double(struct call *call, int index, long double *out);
bool call_arg_is(const struct call *call, int index, const char *word); /* any case; false past the end */
/* True when bytes of this length may be a value (proto-max-bulk-len); replies the error otherwise. */
bool call_length_ok(struct call *call, uint64_t length);

/* ---- errors ---- */
void call_error(struct call *call, enum error_code code);
void call_error_format(struct call *call, const char *format, ...) __attribute__((format(printf, 2, 3)));
void call_syntax_error(struct call *call);
/* The text that Redis has for a wrong number of arguments of this command. */
void call_arity_error(struct call *call);

/* A subcommand was given more arguments than it takes, which Redis says in other words. */
void call_subcommand_error(struct call *call);

/* Replies with HELP lines: "name <subcommand> ..." heading, `lines` (NULL-terminated), and HELP itself. */
void call_help(struct call *call, const char *const *lines);

/* ---- running ---- */
/* Runs the command, which was looked up and admitted: times it, counts it, shows it to who watches. */
void call_run(struct call *call);

/* The one way for the server itself to run a command for a client, with a reply of its own: looks the command
 * up and admits it. False, with nothing replied, when it would have to wait (CLIENT PAUSE, passwords). */
bool call_run_as(struct client *client, int argc, const struct bytes *argv, struct reply *reply);

#endif
