/* SPDX-License-Identifier: BSD-3-Clause */
#include "access/users.h"
#include "base/alloc.h"
#include "base/panic.h"

struct users *users_new(const struct acl_catalog *catalog)
{
    struct users *users = mem_zalloc(sizeof *users);
    users->catalog = catalog;
    users->default_user = user_new_default(catalog);
    users_add(users, users->default_user);
    return users;
}

void users_free(struct users *users)
{
    if (!users)
        return;
    for (size_t i = 0; i < users->count; i++)
        user_free(users->items[i]);
    mem_free(users->items);
    mem_free(users);
}

/* The first place whose user's name isn't before this one. */
static size_t place_of(const struct users *users, struct bytes name)
{
    size_t low = 0, high = users->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (bytes_compare(bytes_of(users->items[middle]->name), name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct user *users_find(const struct users *users, struct bytes name)
{
    size_t place = place_of(users, name);
    return place < users->count && bytes_is(name, users->items[place]->name) ? users->items[place] : NULL;
}

void users_add(struct users *users, struct user *user)
{
    size_t place = place_of(users, bytes_of(user->name));
    users->items = mem_realloc(users->items, (users->count + 1) * sizeof(struct user *));
    memmove(&users->items[place + 1], &users->items[place], (users->count - place) * sizeof(struct user *));
    users->items[place] = user;
    users->count++;
}

void users_remove(struct users *users, struct user *user)
{
    size_t place = place_of(users, bytes_of(user->name));
    ASSERT(users->items[place] == user && user != users->default_user);
    users->count--;
    memmove(&users->items[place], &users->items[place + 1], (users->count - place) * sizeof(struct user *));
}
