/* SPDX-License-Identifier: BSD-3-Clause */
#ifndef ACCESS_USER_RULES_H
#define ACCESS_USER_RULES_H

#include "access/user.h"

/* A new selector behind the others. */
struct selector *user_add_selector(struct user *user);

#endif
