/* SPDX-License-Identifier: BSD-3-Clause */
/* The users of a server, what each may do, and who was denied what. A user keeps its address while its rules
 * change: clients point to it. */
#ifndef ENGINE_ACL_H
#define ENGINE_ACL_H

#include "access/denials.h"
#include "access/users.h"
#include "base/buf.h"
#include "base/error.h"

struct call;
struct client;
struct config_words;
struct registered_command;
struct registry;
struct server;

struct acl {
    struct acl_catalog catalog;
    struct users *users;
    struct buf file_text; /* what `aclfile` said when it was last read or written; of passwords the digests */
    struct denials denials;
};

/* What rules may speak of; the commands of the catalogue are to be freed. */
void acl_catalog_fill(struct acl_catalog *catalog, const struct registry *registry);

/* The server has its commands and its configuration. */
void acl_init(struct server *server);
/* Nobody is anybody's client any more. */
void acl_clear(struct server *server);

/* ---- asking ---- */

/* `*index` is the argument that it is denied for: 0 for the command itself. */
enum permission acl_check(const struct user *user, const struct registered_command *command,
                          const struct bytes *argv, int argc, int *index);
/* Appends why, in Redis' words; `shows_argument` names the key or the channel. */
void acl_print_denial(enum permission permission, const struct user *user,
                      const struct registered_command *command, struct bytes argument, bool shows_argument,
                      struct buf *out);

/* Whether the call's client lacks the right to run it: one test where its user may do everything. */
bool acl_denies(const struct call *call);
/* Counts and remembers that the call, which is denied, was; returns for what. */
enum permission acl_note_denial(const struct call *call);
/* The same, and appends why. */
void acl_explain_denial(const struct call *call, struct buf *out);
/* The call's client, whatever may have changed meanwhile, may have this access (enum access) to every key. */
bool acl_has_every_key(const struct call *call, unsigned access);

/* A name and a password that don't go together. */
void acl_note_login(struct client *client, struct bytes name, struct bytes by);

/* ---- changing ---- */

/* `known`, one of the server's, gets the rules of `changed`, which is freed. Who listens to a channel that is
 * denied now is closed. */
void acl_change(struct server *server, struct user *known, struct user *changed);
/* What users are marked with has come to pass: their clients have other rights, those of who leaves are
 * closed, and the user is gone. */
void acl_settle(struct server *server);

/* ---- files ---- */

#define ACL_FROM_BOTH                                                                                 \
    "Configuring Redis with users defined in redis.conf and at the same setting an ACL file path is " \
    "invalid. This setup is very likely to lead to configuration errors and security holes, please "  \
    "define either an ACL file or declare users directly in your redis.conf, but not both."

/* For those who look at a configuration before there is a server. The line is that of a `user` directive;
 * the file's users are the caller's, NULL with the reasons appended to `errors`. */
bool acl_declare_line(struct users *users, const char *line, struct error *error);
struct users *acl_read_file(const struct acl_catalog *catalog, const char *path, struct buf *errors);

/* The users of the configuration's lines, or of its file; at the start. False with the reason. */
bool acl_load_configured(struct server *server, struct error *error);
/* Reads `aclfile` again: all users are those of the file, then. False, with nothing changed and the reason
 * appended, when something in it is wrong. */
bool acl_load_file(struct server *server, struct buf *errors);
bool acl_save_file(struct server *server, struct error *error);
/* Whom these `user` lines have otherwise than the configuration's, whose place they take, is added, changed
 * or removed; whoever was changed by commands alone stays. They can be read. */
void acl_reload_lines(struct server *server, const struct config_words *lines);
/* The same with `aclfile`, if there is one, and what it said before. False as with acl_load_file. */
bool acl_reload_file(struct server *server, struct buf *errors);
/* Puts the users into the configuration's lines, for CONFIG REWRITE. */
void acl_update_config(struct server *server);

/* ---- clients ---- */

/* The client is that user from now on. */
void client_become(struct client *client, const struct user *user);

#endif
