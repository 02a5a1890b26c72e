/* SPDX-License-Identifier: BSD-3-Clause */
/* Two readings of the same text are compared, the last one and a new one: whom they differ in was changed by
 * whoever edited it. So what ACL SETUSER made of others stays. */
#include "access/user_text.h"
#include "acl_private.h"
#include "base/log.h"
#include "engine/server.h"

static bool is_same(const struct user *a, const struct user *b)
{
    struct buf text_a = {0}, text_b = {0};
    user_print_line(a, &text_a);
    user_print_line(b, &text_b);
    bool is_same = bytes_equal(buf_bytes(&text_a), buf_bytes(&text_b));
    buf_clear(&text_a);
    buf_clear(&text_b);
    return is_same;
}

static void take_over(struct server *server, const struct user *user)
{
    struct user *known = users_find(server->acl.users, bytes_of(user->name));
    if (known)
        acl_mark_changed(known, user_dup(user));
    else
        users_add(server->acl.users, user_dup(user));
    log_notice("The user '%s' was %s.", user->name, known ? "changed" : "added");
}

static void take_away(const struct server *server, const char *name)
{
    struct user *known = users_find(server->acl.users, bytes_of(name));
    if (!known)
        return;
    known->change = USER_LEAVING;
    log_notice("The user '%s' was removed.", name);
}

void acl_follow(struct server *server, const struct users *before, const struct users *now)
{
    for (size_t i = 0; i < now->count; i++) {
        const struct user *old = users_find(before, bytes_of(now->items[i]->name));
        if (!old || !is_same(old, now->items[i]))
            take_over(server, now->items[i]);
    }
    for (size_t i = 0; i < before->count; i++) {
        if (!users_find(now, bytes_of(before->items[i]->name)))
            take_away(server, before->items[i]->name);
    }
    acl_settle(server);
}
