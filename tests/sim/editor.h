/* SPDX-License-Identifier: BSD-3-Clause */
/* Somebody edits the file of users, or the configuration's lines of them, and the server reads it again. */
#ifndef SIM_EDITOR_H
#define SIM_EDITOR_H

#include "chance.h"

struct server;

#define USER_FILE "users.acl"

/* A file of users that lasts. */
void editor_make_user_file(int guest);
void editor_changes_users(struct server *server, struct chance *chance);

#endif
