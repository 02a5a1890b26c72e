/* SPDX-License-Identifier: BSD-3-Clause */
/* Whether the users that a configuration declares can be: for the start, --check and a reload. */
#ifndef APP_USERS_CHECK_H
#define APP_USERS_CHECK_H

#include "config/config_file.h"
#include "engine/command.h"

struct users_check;

/* Before the load begins: each `user` line is tried when its turn comes. */
struct users_check *users_check_new(const struct config *config, const struct registry *registry,
                                    struct config_load *load);
/* When all lines are known: the file of users. Relative paths mean the directory `dir`. */
void users_check_end(struct users_check *check);

#endif
