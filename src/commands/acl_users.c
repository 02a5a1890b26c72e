/* SPDX-License-Identifier: BSD-3-Clause */
/* Users: showing, making, changing and removing them, and the file of users. */
#include "access/user_text.h"
#include "acl.h"
#include "base/log.h"
#include "engine/client.h"
#include "engine/server.h"

static const struct users *users_of(const struct call *call)
{
    return call->server->acl.users;
}

/* ---- showing ---- */

void cmd_acl_whoami(struct call *call)
{
    reply_bulk_text(call->reply, call->client->user->name);
}

void cmd_acl_users(struct call *call)
{
    const struct users *users = users_of(call);
    reply_array(call->reply, users->count);
    for (size_t i = 0; i < users->count; i++)
        reply_bulk_text(call->reply, users->items[i]->name);
}

void cmd_acl_list(struct call *call)
{
    const struct users *users = users_of(call);
    struct buf line = {0};
    reply_array(call->reply, users->count);
    for (size_t i = 0; i < users->count; i++) {
        line.len = 0;
        user_print_line(users->items[i], &line);
        reply_bulk(call->reply, buf_bytes(&line));
    }
    buf_clear(&line);
}

static void reply_printed(struct reply *reply, const char *name, const struct selector *selector,
                          void (*print)(const struct selector *selector, struct buf *out))
{
    struct buf text = {0};
    print(selector, &text);
    reply_bulk_text(reply, name);
    reply_bulk(reply, buf_bytes(&text));
    buf_clear(&text);
}

static void reply_selector(struct reply *reply, const struct selector *selector)
{
    reply_printed(reply, "commands", selector, selector_print_commands);
    reply_printed(reply, "keys", selector, selector_print_keys);
    reply_printed(reply, "channels", selector, selector_print_channels);
}

static void reply_flags(struct reply *reply, const struct user *user)
{
    size_t count = 0;
    while (user_flag(user, count))
        count++;
    reply_bulk_text(reply, "flags");
    reply_set(reply, count);
    for (size_t i = 0; i < count; i++)
        reply_bulk_text(reply, user_flag(user, i));
}

static void reply_passwords(struct reply *reply, const struct user *user)
{
    char password[SHA256_HEX_SIZE + 1];
    reply_bulk_text(reply, "passwords");
    reply_array(reply, user->passwords.count);
    for (const struct listed_text *known = user->passwords.first; known; known = known->next) {
        user_print_password(known, password);
        reply_bulk_text(reply, password);
    }
}

void cmd_acl_getuser(struct call *call)
{
    const struct user *user = users_find(users_of(call), call->argv[2]);
    struct reply *reply = call->reply;
    if (!user) {
        reply_null(reply);
        return;
    }
    reply_map(reply, 6);
    reply_flags(reply, user);
    reply_passwords(reply, user);
    reply_selector(reply, &user->selectors[0]);
    reply_bulk_text(reply, "selectors");
    reply_array(reply, user->selector_count - 1);
    for (size_t i = 1; i < user->selector_count; i++) {
        reply_map(reply, 3);
        reply_selector(reply, &user->selectors[i]);
    }
}

/* ---- changing ---- */

static bool apply_rules(struct call *call, struct user *user, const struct rule_list *rules)
{
    for (size_t i = 0; i < rules->count; i++) {
        struct bytes rule = rules->items[i];
        enum rule_result result = user_apply(user, rule);
        if (result == RULE_OK)
            continue;
        call_error_format(call, "ERR Error in ACL SETUSER modifier '%.*s': %s", (int)rule.len, rule.data,
                          rule_error_text(result));
        return false;
    }
    return true;
}

/* The new rules are tried on a copy. */
static void set_user(struct call *call, struct bytes name, const struct rule_list *rules)
{
    struct users *users = call->server->acl.users;
    struct user *known = users_find(users, name);
    struct user *changed = known ? user_dup(known) : user_new(name, users->catalog);
    if (!apply_rules(call, changed, rules)) {
        user_free(changed);
        return;
    }
    if (known)
        acl_change(call->server, known, changed);
    else
        users_add(users, changed);
    reply_ok(call->reply);
}

void cmd_acl_setuser(struct call *call)
{
    struct bytes name = call->argv[2];
    struct rule_list rules;
    size_t unmatched;
    if (has_blanks(name)) {
        call_error_format(call, "ERR Usernames can't contain spaces or null characters");
        return;
    }
    if (!rule_list_make(call->argv + 3, (size_t)call->argc - 3, &rules, &unmatched)) {
        struct bytes word = call->argv[3 + unmatched];
        call_error_format(call, "ERR Unmatched parenthesis in acl selector starting at '%.*s'.",
                          (int)word.len, word.data);
        return;
    }
    set_user(call, name, &rules);
    rule_list_clear(&rules);
}

void cmd_acl_deluser(struct call *call)
{
    int64_t count = 0;
    for (int i = 2; i < call->argc; i++) {
        if (bytes_is(call->argv[i], users_of(call)->default_user->name)) {
            call_error_format(call, "ERR The 'default' user cannot be removed");
            return;
        }
    }
    for (int i = 2; i < call->argc; i++) {
        struct user *user = users_find(users_of(call), call->argv[i]);
        if (!user || user->change == USER_LEAVING)
            continue;
        user->change = USER_LEAVING;
        count++;
    }
    acl_settle(call->server);
    reply_int(call->reply, count);
}

/* ---- the file ---- */

static bool has_file(struct call *call)
{
    if (call->server->config->aclfile[0] != '\0')
        return true;
    call_error_format(call, "ERR This Redis instance is not configured to use an ACL file. You may want to "
                            "specify users via the ACL SETUSER command and then issue a CONFIG REWRITE "
                            "(assuming you have a Redis configuration file set) in order to store users in "
                            "the Redis configuration.");
    return false;
}

void cmd_acl_load(struct call *call)
{
    struct buf errors = {0};
    if (!has_file(call))
        return;
    if (acl_load_file(call->server, &errors))
        reply_ok(call->reply);
    else
        call_error_format(call, "ERR %s", buf_cstring(&errors));
    buf_clear(&errors);
}

void cmd_acl_save(struct call *call)
{
    struct error error;
    if (!has_file(call))
        return;
    if (acl_save_file(call->server, &error)) {
        reply_ok(call->reply);
        return;
    }
    log_warning("ACL SAVE failed: %s", error.text);
    call_error_format(call, "ERR There was an error trying to save the ACLs. Please check the server logs "
                            "for more information");
}
