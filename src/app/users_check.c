/* SPDX-License-Identifier: BSD-3-Clause */
/* Declares the users in a set that is there for this alone. */
#include "users_check.h"
#include "access/user_text.h"
#include "base/alloc.h"
#include "base/file.h"
#include "engine/acl.h"

struct users_check {
    const struct config *config;
    struct config_load *load;
    struct acl_catalog catalog;
    struct users *users;
};

static bool try_user(void *context, const struct bytes *words, size_t count, struct error *error)
{
    struct users_check *check = context;
    if (count != 1 || words[0].len > 0)
        return users_declare(check->users, words, count, error);
    /* Takes back what was declared so far. */
    users_free(check->users);
    check->users = users_new(&check->catalog);
    return true;
}

struct users_check *users_check_new(const struct config *config, const struct registry *registry,
                                    struct config_load *load)
{
    struct users_check *check = mem_zalloc(sizeof *check);
    check->config = config;
    check->load = load;
    acl_catalog_fill(&check->catalog, registry);
    check->users = users_new(&check->catalog);
    config_load_inspect(load, "user", try_user, check);
    return check;
}

static void check_file(const struct users_check *check)
{
    struct buf errors = {0};
    char *path = file_path_in(check->config->dir, bytes_of(check->config->aclfile));
    struct users *users = acl_read_file(&check->catalog, path, &errors);
    if (!users)
        config_load_refuse(check->load, "aclfile", buf_cstring(&errors),
                           "each of its lines is: user NAME RULE ...");
    users_free(users);
    mem_free(path);
    buf_clear(&errors);
}

void users_check_end(struct users_check *check)
{
    const struct config *config = check->config;
    if (config->aclfile[0] != '\0' && config->user.count > 0)
        config_load_refuse(check->load, "aclfile", ACL_FROM_BOTH, "move the users to the file");
    else if (config->aclfile[0] != '\0')
        check_file(check);
    users_free(check->users);
    mem_free(check->catalog.commands);
    mem_free(check);
}
