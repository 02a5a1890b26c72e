/* SPDX-License-Identifier: BSD-3-Clause */
/* All users, in the order of their names' bytes. There is always one called "default". */
#ifndef ACCESS_USERS_H
#define ACCESS_USERS_H

#include "access/user.h"
#include "base/table.h"

struct users {
    const struct acl_catalog *catalog;
    struct user **items; /* owned */
    size_t count, capacity;
    struct table by_name;
    struct user *default_user; /* among them */
    bool has_declared_default; /* its rules come from a line of a file */
};

/* With the default user alone, as it is at first. */
struct users *users_new(const struct acl_catalog *catalog);
void users_free(struct users *users);

/* NULL when there is none. */
struct user *users_find(const struct users *users, struct bytes name);
/* Takes over one whose name is new. */
void users_add(struct users *users, struct user *user);
/* The same for one of many: the order is made anew when all are there, by users_sort. */
void users_append(struct users *users, struct user *user);
void users_sort(struct users *users);
/* Frees all that are marked as leaving. The default one isn't. */
void users_remove_leaving(struct users *users);

#endif
