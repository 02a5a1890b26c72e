/* SPDX-License-Identifier: BSD-3-Clause */
/* A file of users is read as a whole: one mistake, and none of it counts. Words in it stand between blanks;
 * there are no quotes and no comments, as in Redis. */
#include "access/user_text.h"
#include "base/alloc.h"

/* ---- declarations of a configuration ---- */

/* Every other user is there because it was declared. */
static bool was_declared(const struct users *users, struct bytes name)
{
    const struct user *known = users_find(users, name);
    if (known == users->default_user)
        return users->has_declared_default;
    return known;
}

/* False, with the error set, when the user can't be declared (once more). */
static bool check_name(const struct users *users, struct bytes name, struct error *error)
{
    if (has_blanks(name))
        error_set(error, "Spaces not allowed in ACL usernames");
    else if (was_declared(users, name))
        error_set(error, "Duplicate user found. A user can only be defined once in config files");
    else
        return true;
    return false;
}

/* What may be shown of a rule: passwords may not. */
static bool is_secret(struct bytes rule)
{
    return rule.len > 0 && (rule.data[0] == '>' || rule.data[0] == '<' || rule.data[0] == '#' ||
                            rule.data[0] == '!' || rule.data[0] == '(');
}

static bool apply_all(struct user *user, const struct rule_list *rules, struct error *error)
{
    for (size_t i = 0; i < rules->count; i++) {
        struct bytes rule = rules->items[i];
        enum rule_result result = user_apply(user, rule);
        if (result == RULE_OK)
            continue;
        if (is_secret(rule))
            rule.len = 1;
        error_set(error, "Error in user declaration '%.*s': %s", (int)rule.len, rule.data,
                  rule_error_text(result));
        return false;
    }
    return true;
}

/* Takes the place of the default user. */
static void take_default(struct users *users, struct user *user)
{
    struct user *known = users->default_user;
    users->has_declared_default = true;
    user_swap_rules(known, user);
    user_free(user);
}

bool users_declare(struct users *users, const struct bytes *words, size_t count, struct error *error)
{
    struct rule_list rules;
    size_t unmatched;
    if (count == 0) {
        error_set(error, "wrong number of arguments");
        return false;
    }
    if (!check_name(users, words[0], error))
        return false;
    if (!rule_list_make(words + 1, count - 1, &rules, &unmatched)) {
        error_set(error, "Unmatched parenthesis in selector definition");
        return false;
    }
    struct user *user = user_new(words[0], users->catalog);
    bool is_right = apply_all(user, &rules, error);
    rule_list_clear(&rules);
    if (!is_right)
        user_free(user);
    else if (users_find(users, words[0]))
        take_default(users, user);
    else
        users_add(users, user);
    return is_right;
}

/* ---- files ---- */

struct reading {
    const char *path;
    int line;
    struct users *users;
    struct buf *errors;
};

/* Blanks between words; the list is the caller's. */
static struct bytes *split_words(struct bytes line, size_t *count)
{
    struct bytes *words = mem_alloc((line.len / 2 + 1) * sizeof *words);
    *count = 0;
    for (size_t at = 0; at < line.len;) {
        size_t begin = at;
        while (at < line.len && !has_blanks(bytes_make(line.data + at, 1)))
            at++;
        if (at > begin)
            words[(*count)++] = bytes_make(line.data + begin, at - begin);
        else
            at++;
    }
    return words;
}

/* A command that isn't known is told by its name; of other mistakes the first is enough, as others may
 * follow from it. */
static void apply_line(const struct reading *reading, struct user *user, const struct rule_list *rules)
{
    bool has_told = false;
    for (size_t i = 0; i < rules->count; i++) {
        enum rule_result result = user_apply(user, rules->items[i]);
        if (result == RULE_UNKNOWN_COMMAND)
            buf_printf(reading->errors, "%s:%d: Error in applying operation '%.*s': %s. ", reading->path,
                       reading->line, (int)rules->items[i].len, rules->items[i].data,
                       rule_error_text(result));
        else if (result != RULE_OK && !has_told)
            buf_printf(reading->errors, "%s:%d: %s. ", reading->path, reading->line, rule_error_text(result));
        has_told |= result != RULE_OK && result != RULE_UNKNOWN_COMMAND;
    }
}

static void read_rules(struct reading *reading, const struct bytes *words, size_t count)
{
    struct rule_list rules;
    size_t unmatched;
    if (!rule_list_make(words + 1, count - 1, &rules, &unmatched)) {
        buf_printf(reading->errors, "%s:%d: Unmatched parenthesis in selector definition.", reading->path,
                   reading->line);
        return;
    }
    struct user *user = user_new(words[0], reading->users->catalog);
    apply_line(reading, user, &rules);
    rule_list_clear(&rules);
    if (users_find(reading->users, words[0]))
        take_default(reading->users, user);
    else
        users_append(reading->users, user);
}

static void read_user(struct reading *reading, const struct bytes *words, size_t count)
{
    if (has_blanks(words[0])) {
        buf_printf(reading->errors, "'%s:%d: username '%.*s' contains invalid characters. ", reading->path,
                   reading->line, (int)words[0].len, words[0].data);
    } else if (was_declared(reading->users, words[0])) {
        buf_printf(reading->errors, "WARNING: Duplicate user '%.*s' found on line %d. ", (int)words[0].len,
                   words[0].data, reading->line);
    } else {
        read_rules(reading, words, count);
    }
}

static void read_line(struct reading *reading, struct bytes line)
{
    size_t count;
    struct bytes *words = split_words(line, &count);
    if (count > 1 && bytes_is(words[0], "user"))
        read_user(reading, words + 1, count - 1);
    else if (count > 0)
        buf_printf(reading->errors, "%s:%d should start with user keyword followed by the username. ",
                   reading->path, reading->line);
    mem_free(words);
}

struct users *users_read(const struct acl_catalog *catalog, const char *path, struct bytes text,
                         struct buf *errors)
{
    struct reading reading = {.path = path, .users = users_new(catalog), .errors = errors};
    size_t begin = errors->len;
    while (text.len > 0) {
        size_t len = bytes_index_of(text, '\n');
        size_t taken = len < text.len ? len + 1 : len;
        reading.line++;
        read_line(&reading, bytes_make(text.data, len));
        text = bytes_make(text.data + taken, text.len - taken);
    }
    users_sort(reading.users);
    if (errors->len == begin)
        return reading.users;
    users_free(reading.users);
    return NULL;
}

/* ---- telling ---- */

void user_print_line(const struct user *user, struct buf *out)
{
    buf_printf(out, "user %s ", user->name);
    user_print_rules(user, out);
}

void users_print(const struct users *users, struct buf *out)
{
    for (size_t i = 0; i < users->count; i++) {
        user_print_line(users->items[i], out);
        buf_append_char(out, '\n');
    }
}
