/* SPDX-License-Identifier: BSD-3-Clause */
/* The command line: `sessiond [FILE] [--directive value ...] [-]`, and what it may ask for besides a
 * server. */
#ifndef APP_OPTIONS_H
#define APP_OPTIONS_H

#include "base/buf.h"
#include "config/config_file.h"

enum options_action {
    OPTIONS_RUN,
    OPTIONS_CHECK,        /* --check: load the configuration and say what is wrong with it */
    OPTIONS_CHECK_RDB,    /* --check-rdb: the same of a snapshot file */
    OPTIONS_GEN_PASSWORD, /* --gen-password: for a server with this configuration */
    OPTIONS_VERSION,
    OPTIONS_HELP,
    OPTIONS_MEMORY_TEST, /* which there is none of */
};

struct options {
    enum options_action action;
    bool is_called_redis;      /* started by a name such as redis-server */
    const char *path;          /* of the configuration file; NULL without one */
    bool reads_standard_input; /* after the file */
    const char *rdb_path;      /* of OPTIONS_CHECK_RDB: the file; NULL: what was asked for makes no sense */
    const char *salvage_path;  /* and where the good part of it goes; NULL: nowhere */
    struct buf directives;     /* from the command line, written as in a file; they come last and win */
};

/* Takes the command line apart the way redis-server does; `argv` must outlive the result. Whether the
 * directives make sense shows when they are loaded. */
void options_init(struct options *options, int argc, char **argv);
void options_clear(struct options *options);

/* Loads file, standard input and directives into the configuration, and notes the file's path in it. `load`
 * is of no further use than to tell its problems. */
void options_load(const struct options *options, struct config *config, struct config_load *load);

/* The answers to --version, --help and --test-memory. */
void options_print_answer(const struct options *options, struct buf *out);

/* All that is wrong, a line each, and how much it is. */
void options_print_check(const struct options *options, const struct config_load *load, struct buf *out);

/* The error that keeps the server from starting, as redis-server words it. */
void options_print_fatal(const struct options *options, const struct config_problem *problem,
                         struct buf *out);

/* The same for what has no line: `reason` came up when the configuration was put into effect. */
void options_print_error(const char *reason, struct buf *out);

#endif
