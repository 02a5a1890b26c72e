/* SPDX-License-Identifier: BSD-3-Clause */
/* Users come from the configuration's `user` lines or from a file of their own, never from both. */
#include "access/user_text.h"
#include "acl_private.h"
#include "base/alloc.h"
#include "base/file.h"
#include "base/log.h"
#include "base/panic.h"
#include "base/split.h"
#include "engine/acl.h"
#include "engine/server.h"
#include <errno.h>

enum { FILE_SIZE_MAX = 64 * 1024 * 1024, FILE_MODE = 0600 };

bool acl_declare_line(struct users *users, const char *line, struct error *error)
{
    struct split words;
    if (!split_arguments(bytes_of(line), &words)) {
        error_set(error, "Unbalanced quotes in configuration line");
        return false;
    }
    bool is_right = users_declare(users, words.arguments, words.count, error);
    split_clear(&words);
    return is_right;
}

static bool declare_all(struct users *users, const struct config_words *lines, struct error *error)
{
    for (size_t i = 0; i < lines->count; i++) {
        if (!acl_declare_line(users, lines->items[i], error))
            return false;
    }
    return true;
}

struct users *acl_read_file(const struct acl_catalog *catalog, const char *path, struct buf *errors)
{
    struct buf text = {0};
    struct error error;
    if (!file_read_all(path, &text, FILE_SIZE_MAX, &error)) {
        buf_printf(errors, "Error loading ACLs, opening file '%s': %s", path, strerror(errno));
        return NULL;
    }
    struct users *users = users_read(catalog, path, buf_bytes(&text), errors);
    buf_clear(&text);
    return users;
}

/* It can't log in: that may be meant, or not. */
static void tell_of_disabled(const struct users *users)
{
    for (size_t i = 0; i < users->count; i++) {
        if (!users->items[i]->is_enabled)
            log_notice("The user '%s' is disabled (there is no 'on' modifier in the user description). Make "
                       "sure this is not a configuration error.",
                       users->items[i]->name);
    }
}

static void keep_text(struct server *server, const struct users *users)
{
    server->acl.file_text.len = 0;
    users_print(users, &server->acl.file_text);
}

/* ---- the start ---- */

static bool load_file_at_start(struct server *server, struct error *error)
{
    struct buf errors = {0};
    struct users *users = acl_read_file(&server->acl.catalog, server->config->aclfile, &errors);
    if (users) {
        keep_text(server, users);
        acl_replace_all(server, users);
    } else {
        error_set(error, "Aborting Redis startup because of ACL errors: %s", buf_cstring(&errors));
    }
    buf_clear(&errors);
    return users;
}

bool acl_load_configured(struct server *server, struct error *error)
{
    const struct config *config = server->config;
    struct users *users = server->acl.users;
    bool has_file = config->aclfile[0] != '\0';
    if (has_file && config->user.count > 0) {
        error_set(error, ACL_FROM_BOTH);
        return false;
    }
    if (has_file)
        return load_file_at_start(server, error);
    if (!declare_all(users, &config->user, error))
        return false;
    tell_of_disabled(users);
    users->default_user->change = USER_CHANGED;
    acl_settle(server);
    return true;
}

/* ---- aclfile ---- */

/* NULL with the reason appended. */
static struct users *read_file_again(const struct server *server, struct buf *errors)
{
    size_t begin = errors->len;
    struct users *users = acl_read_file(&server->acl.catalog, server->config->aclfile, errors);
    if (!users) {
        if (!bytes_starts_with(bytes_make(errors->data + begin, errors->len - begin),
                               BYTES("Error loading ACLs")))
            buf_append_text(errors, "WARNING: ACL errors detected, no change to the previously active ACL "
                                    "rules was performed");
        return NULL;
    }
    tell_of_disabled(users);
    return users;
}

bool acl_load_file(struct server *server, struct buf *errors)
{
    struct users *users = read_file_again(server, errors);
    if (!users)
        return false;
    keep_text(server, users);
    acl_replace_all(server, users);
    return true;
}

bool acl_reload_file(struct server *server, struct buf *errors)
{
    const char *path = server->config->aclfile;
    if (path[0] == '\0')
        return true;
    struct users *now = read_file_again(server, errors);
    if (!now)
        return false;
    struct users *before = users_read(&server->acl.catalog, path, buf_bytes(&server->acl.file_text), errors);
    ASSERT(before); /* it was printed by us */
    acl_follow(server, before, now);
    keep_text(server, now);
    users_free(before);
    users_free(now);
    return true;
}

bool acl_save_file(struct server *server, struct error *error)
{
    struct buf text = {0};
    users_print(server->acl.users, &text);
    bool is_written = file_write_atomic(server->config->aclfile, buf_bytes(&text), FILE_MODE, error);
    buf_clear(&text);
    if (is_written)
        keep_text(server, server->acl.users);
    return is_written;
}

/* ---- lines of the configuration ---- */

/* The users that the lines and the password make. */
static struct users *users_of_lines(const struct server *server, const struct config_words *lines)
{
    const struct config_secret *password = &server->config->requirepass;
    struct users *users = users_new(&server->acl.catalog);
    struct error error;
    if (password->data)
        user_set_password(users->default_user, bytes_make(password->data, password->len));
    (void)declare_all(users, lines, &error);
    return users;
}

void acl_reload_lines(struct server *server, const struct config_words *lines)
{
    struct bytes *texts = mem_alloc((lines->count + 1) * sizeof *texts);
    struct users *before = users_of_lines(server, &server->config->user);
    struct users *now = users_of_lines(server, lines);
    for (size_t i = 0; i < lines->count; i++)
        texts[i] = bytes_of(lines->items[i]);
    acl_follow(server, before, now);
    config_set_lines(server->config, "user", texts, lines->count);
    users_free(before);
    users_free(now);
    mem_free(texts);
}

/* ---- CONFIG REWRITE ---- */

static bool is_same(const struct users *a, const struct users *b)
{
    struct buf text_a = {0}, text_b = {0};
    users_print(a, &text_a);
    users_print(b, &text_b);
    bool is_same = bytes_equal(buf_bytes(&text_a), buf_bytes(&text_b));
    buf_clear(&text_a);
    buf_clear(&text_b);
    return is_same;
}

static void put_lines(struct server *server, struct bytes text)
{
    static const size_t keyword = sizeof "user " - 1;
    struct bytes *lines = mem_alloc((server->acl.users->count + 1) * sizeof *lines);
    size_t count = 0;
    while (text.len > 0) {
        size_t len = bytes_index_of(text, '\n');
        lines[count++] = bytes_make(text.data + keyword, len - keyword);
        text = bytes_make(text.data + len + 1, text.len - len - 1);
    }
    config_set_lines(server->config, "user", lines, count);
    mem_free(lines);
}

void acl_update_config(struct server *server)
{
    if (server->config->aclfile[0] != '\0')
        return;
    struct users *configured = users_of_lines(server, &server->config->user);
    struct buf text = {0};
    if (!is_same(configured, server->acl.users)) {
        users_print(server->acl.users, &text);
        put_lines(server, buf_bytes(&text));
    }
    buf_clear(&text);
    users_free(configured);
}
