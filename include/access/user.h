/* SPDX-License-Identifier: BSD-3-Clause */
/* A user: a name, and what a client must know to be that user. Of a password only its digest is kept. */
#ifndef ACCESS_USER_H
#define ACCESS_USER_H

#include "base/bytes.h"
#include "base/digest.h"

struct user {
    const char *name; /* lent: outlives the user */
    bool needs_password;
    unsigned char password_digest[SHA256_SIZE];
};

/* Needs no password so far. */
void user_init(struct user *user, const char *name);

/* From now on this password and no other. */
void user_set_password(struct user *user, struct bytes password);
/* From now on any. */
void user_drop_password(struct user *user);

/* The time this takes tells nothing of the right password. */
bool user_accepts(const struct user *user, struct bytes password);

#endif
