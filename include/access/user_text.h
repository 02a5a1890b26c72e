/* SPDX-License-Identifier: BSD-3-Clause */
/* Users as files have them: a line each, "user NAME RULE ...". */
#ifndef ACCESS_USER_TEXT_H
#define ACCESS_USER_TEXT_H

#include "access/users.h"
#include "base/error.h"

/* Adds the user to `users`, or gives its rules to the default one in place of those it has. False, with
 * `error` filled in Redis' words and without secrets, and nothing changed, when that is not possible.
 * The words are the name and the rules. */
bool users_declare(struct users *users, const struct bytes *words, size_t count, struct error *error);

/* Reads the text of the file at `path` (which is named in messages). NULL, with all that is wrong appended to
 * `errors` in Redis' words, when a line can't be read. The caller owns the result. */
struct users *users_read(const struct acl_catalog *catalog, const char *path, struct bytes text,
                         struct buf *errors);

/* Appends a line for each. */
void users_print(const struct users *users, struct buf *out);
/* "user NAME RULE ..." */
void user_print_line(const struct user *user, struct buf *out);

#endif
