/* SPDX-License-Identifier: BSD-3-Clause */
/* Users: who a client says it is, and what it may do then. Their rules are there from the start, and stay. */
#include "model_tables.h"

static const char *const denied_to_reader[] = {"set",         "del",   "hset",   "rpush",    "zadd",
                                               "flushall",    "eval",  "fcall",  "function", "debug",
                                               "client|kill", "multi", "swapdb", NULL};
static const char *const denied_to_keeper[] = {"eval", "fcall",   "function", "debug",      "command",
                                               "sort", "sort_ro", "acl",      "psubscribe", NULL};

static const struct model_user {
    const char *name, *password;
    const char *const *denied;
    const char *keys; /* how the names of its keys begin */
} users[] = {
    {"reader", "sesame", denied_to_reader, ""},
    {"keeper", "open", denied_to_keeper, "k"},
};

static const struct model_user *find_user(struct bytes name, struct bytes password)
{
    for (size_t i = 0; i < sizeof users / sizeof users[0]; i++) {
        if (bytes_is(name, users[i].name) && bytes_is(password, users[i].password))
            return &users[i];
    }
    return NULL;
}

bool model_log_in(struct session *session, struct bytes name, struct bytes password)
{
    const struct model_user *user = find_user(name, password);
    bool is_default = bytes_is(name, "default");
    if (user || is_default)
        session->user = user;
    else
        out_text(session, "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
    return user || is_default;
}

/* "client" stands for all of its subcommands. */
static bool is_of(const char *denied, struct bytes full_name)
{
    size_t len = strlen(denied);
    return bytes_starts_with(full_name, bytes_of(denied)) &&
           (full_name.len == len || full_name.data[len] == '|');
}

static bool is_denied_key(const struct model_user *user, struct bytes name)
{
    return model_key_if_any(name) >= 0 && !bytes_starts_with(name, bytes_of(user->keys));
}

bool model_denies(const struct session *session, struct bytes full_name, int argc, const struct bytes *argv)
{
    const struct model_user *user = session->user;
    if (!user)
        return false;
    for (const char *const *denied = user->denied; *denied; denied++) {
        if (is_of(*denied, full_name))
            return true;
    }
    for (int i = 1; i < argc; i++) {
        if (is_denied_key(user, argv[i]))
            return true;
    }
    return false;
}

void model_user_lines(struct buf *out)
{
    for (size_t i = 0; i < sizeof users / sizeof users[0]; i++) {
        buf_printf(out, "user %s on >%s ~%s* &* +@all", users[i].name, users[i].password, users[i].keys);
        for (const char *const *denied = users[i].denied; *denied; denied++)
            buf_printf(out, " -%s", *denied);
        buf_append_text(out, "\n");
    }
}

static void run_auth(struct model_call *call)
{
    if (call->argc == 2)
        out_error(call->session, "ERR AUTH <password> called without any password configured for the default "
                                 "user. Are you sure your configuration is correct?");
    else if (model_log_in(call->session, call->argv[1], call->argv[2]))
        out_ok(call->session);
}

const struct model_command model_user_commands[] = {
    {.name = "auth", .arity = -2, .run = run_auth},
    {.name = NULL},
};
