/* SPDX-License-Identifier: BSD-3-Clause */
#include "access/users.h"
#include "base/alloc.h"
#include "base/hash.h"
#include "base/panic.h"
#include <stdlib.h>

/* ---- by name ---- */

static uint64_t hash_of_name(void *context, const void *item)
{
    const struct user *user = item;
    (void)context;
    return hash_bytes(user->name, strlen(user->name));
}

static bool has_name(const void *item, const void *wanted)
{
    return bytes_is(*(const struct bytes *)wanted, ((const struct user *)item)->name);
}

struct user *users_find(const struct users *users, struct bytes name)
{
    return table_slot_item(table_find(&users->by_name, hash_bytes(name.data, name.len), has_name, &name));
}

/* ---- all of them ---- */

struct users *users_new(const struct acl_catalog *catalog)
{
    static const struct table_type names = {hash_of_name, NULL};
    struct users *users = mem_zalloc(sizeof *users);
    users->catalog = catalog;
    table_init(&users->by_name, &names, NULL);
    users->default_user = user_new_default(catalog);
    users_append(users, users->default_user);
    return users;
}

void users_free(struct users *users)
{
    if (!users)
        return;
    for (size_t i = 0; i < users->count; i++)
        user_free(users->items[i]);
    table_clear(&users->by_name);
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

static void insert_at(struct users *users, size_t place, struct user *user)
{
    if (users->count == users->capacity) {
        users->capacity = 2 * users->capacity + 1;
        users->items = mem_realloc(users->items, users->capacity * sizeof(struct user *));
    }
    memmove(&users->items[place + 1], &users->items[place], (users->count - place) * sizeof(struct user *));
    users->items[place] = user;
    users->count++;
    (void)table_insert(&users->by_name, hash_of_name(NULL, user), user);
}

void users_add(struct users *users, struct user *user)
{
    insert_at(users, place_of(users, bytes_of(user->name)), user);
}

void users_append(struct users *users, struct user *user)
{
    insert_at(users, users->count, user);
}

static int compare_names(const void *a, const void *b)
{
    const struct user *const *one = a, *const *other = b;
    return bytes_compare(bytes_of((*one)->name), bytes_of((*other)->name));
}

void users_sort(struct users *users)
{
    qsort(users->items, users->count, sizeof(struct user *), compare_names);
}

void users_remove_leaving(struct users *users)
{
    size_t kept = 0;
    ASSERT(users->default_user->change != USER_LEAVING);
    for (size_t i = 0; i < users->count; i++) {
        struct user *user = users->items[i];
        if (user->change != USER_LEAVING) {
            users->items[kept++] = user;
            continue;
        }
        table_remove(&users->by_name, table_locate(&users->by_name, hash_of_name(NULL, user), user));
        user_free(user);
    }
    users->count = kept;
}
