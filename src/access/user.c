/* SPDX-License-Identifier: BSD-3-Clause */
/* Passwords are compared by their digests: these are of one length whatever was given, and how many of
 * their bytes agree says nothing of the passwords. */
#include "access/user.h"
#include <string.h>

void user_init(struct user *user, const char *name)
{
    *user = (struct user){.name = name};
}

void user_set_password(struct user *user, struct bytes password)
{
    digest_sha256(password, user->password_digest);
    user->needs_password = true;
}

void user_drop_password(struct user *user)
{
    memset(user->password_digest, 0, sizeof user->password_digest);
    user->needs_password = false;
}

bool user_accepts(const struct user *user, struct bytes password)
{
    unsigned char digest[SHA256_SIZE];
    if (!user->needs_password)
        return true;
    digest_sha256(password, digest);
    return digest_equal(digest, user->password_digest, sizeof digest);
}
