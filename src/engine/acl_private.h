/* SPDX-License-Identifier: BSD-3-Clause */
/* Between the files about users. */
#ifndef ENGINE_ACL_PRIVATE_H
#define ENGINE_ACL_PRIVATE_H

#include "engine/acl.h"

/* As acl_change, but for what it means for clients: that is left to acl_settle. */
void acl_mark_changed(struct user *known, struct user *changed);

/* These, taken over, are all users from now on; clients of those that are gone are closed. */
void acl_replace_all(struct server *server, struct users *users);

/* What text said about users, and what it says now: who was added, changed or taken away there is so here. */
void acl_follow(struct server *server, const struct users *before, const struct users *now);

#endif
