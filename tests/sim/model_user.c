/* SPDX-License-Identifier: BSD-3-Clause */
/* Users: who a client says it is, and what it may do then. Their rules are there from the start, and stay. */
#include "model_tables.h"
#include "reality.h"
#include "world.h"

#define PASSWORD    "letmein"
#define STRANGER_MS 5000

static const char *const denied_to_reader[] = {"set",         "del",   "hset",   "rpush",    "zadd",
                                               "flushall",    "eval",  "fcall",  "function", "debug",
                                               "client|kill", "multi", "swapdb", NULL};
static const char *const denied_to_keeper[] = {"eval", "fcall",   "function", "debug",      "command",
                                               "sort", "sort_ro", "acl",      "psubscribe", NULL};

static const struct model_user users[] = {
    {"reader", "sesame", denied_to_reader, "", NULL, true},
    {"keeper", "open", denied_to_keeper, "k", NULL, true},
};

static const struct model_user *user_by_name(struct bytes name)
{
    for (size_t i = 0; i < sizeof users / sizeof users[0]; i++) {
        if (bytes_is(name, users[i].name))
            return &users[i];
    }
    return model_guest.name && bytes_is(name, model_guest.name) ? &model_guest : NULL;
}

static const struct model_user *find_user(struct bytes name, struct bytes password)
{
    const struct model_user *user = user_by_name(name);
    return user && user->is_enabled && bytes_is(password, user->password) ? user : NULL;
}

bool model_user(struct bytes name, const struct model_user **user)
{
    *user = user_by_name(name);
    return *user || bytes_is(name, "default");
}

bool model_log_in(struct session *session, struct bytes name, struct bytes password)
{
    const struct model_user *user = find_user(name, password);
    bool is_default = bytes_is(name, "default") && (!model.has_password || bytes_is(password, PASSWORD));
    if (user || is_default) {
        session->user = user;
        session->is_known = true;
    } else {
        out_text(session, "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
    }
    return user || is_default;
}

/* ---- a password for everybody ---- */

/* Clients are looked at in turn, a tenth of them in each tenth of a second. */
enum { LOOKS_MOST = 30, LOOK_MS = 100 };

void model_begin_user(struct session *session)
{
    session->user = NULL;
    if (session->is_known || session->stranger_since_ms == 0)
        session->stranger_since_ms = model.clock_ms;
    session->was_known |= session->is_known;
    session->is_known = !model.has_password;
}

void model_set_password(bool is_asked_for)
{
    model.has_password = is_asked_for;
    for (int i = 0; i < MODEL_SESSIONS && !is_asked_for; i++) {
        struct session *session = &model.sessions[i];
        bool is_accepted = session->id != 0;
        session->is_known |= session->is_used && is_accepted && !reality_is_closing(session);
    }
}

static bool is_stranger_too_long(const struct session *session, int64_t now_ms)
{
    return !session->is_known && session->id != 0 && now_ms - session->stranger_since_ms > STRANGER_MS;
}

/* Much that it was sent before it was one, and hasn't read, is more than strangers may leave. */
bool model_may_lose_stranger(const struct session *session, int64_t now_ms)
{
    return is_stranger_too_long(session, now_ms) ||
           (!session->is_known && session->was_known && !list_is_empty(&session->expected));
}

void model_check_strangers(int64_t now_ms)
{
    for (int i = 0; i < MODEL_SESSIONS; i++) {
        struct session *session = &model.sessions[i];
        if (!session->is_used || reality_is_closing(session) || !is_stranger_too_long(session, now_ms) ||
            now_ms - session->overdue_ms < LOOK_MS)
            continue;
        session->overdue_ms = now_ms;
        if (++session->overdue_count > LOOKS_MOST)
            world_fail("client %d doesn't say who it is, and stays", session->number);
    }
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

static bool names_other_channel(const char *channel, struct bytes full_name, int argc,
                                const struct bytes *argv)
{
    bool is_publish = bytes_is(full_name, "publish"), is_denied = bytes_is(full_name, "psubscribe");
    if (!is_publish && !is_denied && !bytes_is(full_name, "subscribe"))
        return false;
    for (int i = 1; i < (is_publish ? 2 : argc); i++)
        is_denied |= !bytes_is(argv[i], channel);
    return is_denied;
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
    /* These name keys, and commands, to talk of them. */
    bool talks = bytes_starts_with(full_name, BYTES("command|")) ||
                 bytes_starts_with(full_name, BYTES("acl|")) || bytes_is(full_name, "debug");
    for (int i = 1; i < argc && !talks; i++) {
        if (is_denied_key(user, argv[i]))
            return true;
    }
    return user->channel && names_other_channel(user->channel, full_name, argc, argv);
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
    if (call->argc == 2 && !model.has_password)
        out_error(call->session, "ERR AUTH <password> called without any password configured for the default "
                                 "user. Are you sure your configuration is correct?");
    else if (model_log_in(call->session, call->argc == 2 ? BYTES("default") : call->argv[1],
                          call->argv[call->argc - 1]))
        out_ok(call->session);
}

const struct model_command model_user_commands[] = {
    {.name = "auth", .arity = -2, .run = run_auth, .is_for_strangers = true},
    {.name = NULL},
};
