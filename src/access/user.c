/* SPDX-License-Identifier: BSD-3-Clause */
/* What users are made of, and what they may do. */
#include "access/user.h"
#include "base/alloc.h"
#include "user_rules.h"

/* ---- making ---- */

struct user *user_new(struct bytes name, const struct acl_catalog *catalog)
{
    struct user *user = mem_zalloc(sizeof *user);
    user->name = bytes_to_cstring(name);
    user->catalog = catalog;
    user->needs_password = true;
    user_add_selector(user);
    return user;
}

struct user *user_new_default(const struct acl_catalog *catalog)
{
    static const char *const rules[] = {"on", "nopass", "+@all", "~*", "&*"};
    struct user *user = user_new(BYTES("default"), catalog);
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
        (void)user_apply(user, bytes_of(rules[i]));
    return user;
}

struct user *user_dup(const struct user *user)
{
    struct user *copy = mem_alloc(sizeof *copy);
    *copy = *user;
    copy->name = mem_strdup(user->name);
    texts_copy(&copy->passwords, &user->passwords);
    copy->selectors = mem_alloc(user->selector_count * sizeof *copy->selectors);
    for (size_t i = 0; i < user->selector_count; i++)
        selector_copy(&copy->selectors[i], &user->selectors[i]);
    return copy;
}

void user_free(struct user *user)
{
    if (!user)
        return;
    for (size_t i = 0; i < user->selector_count; i++)
        selector_clear(&user->selectors[i]);
    mem_free(user->selectors);
    texts_clear(&user->passwords);
    mem_free(user->name);
    mem_free(user);
}

void user_swap_rules(struct user *a, struct user *b)
{
    struct user kept = *a;
    char *name = b->name;
    *a = *b;
    a->name = kept.name;
    *b = kept;
    b->name = name;
}

/* ---- passwords ---- */

/* Passwords are compared by their digests: these are of one length whatever was given, and how many of their
 * bytes agree says nothing of the passwords. All are looked at, whether an earlier one was right or not. */
bool user_accepts(const struct user *user, struct bytes password)
{
    unsigned char digest[SHA256_SIZE];
    bool is_right = false;
    if (!user->needs_password)
        return user->is_enabled;
    digest_sha256(password, digest);
    for (const struct listed_text *known = user->passwords.first; known; known = known->next)
        is_right |= digest_equal(digest, known->data, sizeof digest);
    return is_right && user->is_enabled;
}

bool user_admits_anybody(const struct user *user)
{
    return user->is_enabled && !user->needs_password;
}

void user_print_password(const struct listed_text *password, char out[static SHA256_HEX_SIZE + 1])
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        unsigned char byte = (unsigned char)password->data[i];
        out[2 * i] = digits[byte >> 4];
        out[2 * i + 1] = digits[byte & 15];
    }
    out[SHA256_HEX_SIZE] = 0;
}

/* ---- what is permitted ---- */

bool user_minds_keys(const struct user *user)
{
    for (size_t i = 0; i < user->selector_count; i++) {
        if (!user->selectors[i].has_all_keys)
            return true;
    }
    return false;
}

/* Told is what the selector that came furthest objects to. */
enum permission user_check(const struct user *user, const struct acl_request *request, int *index)
{
    enum permission worst = DENIED_COMMAND;
    *index = 0;
    for (size_t i = 0; i < user->selector_count; i++) {
        int at;
        enum permission permission = selector_check(&user->selectors[i], request, &at);
        if (permission == PERMITTED)
            return PERMITTED;
        if (permission > worst || (permission == worst && at > *index)) {
            worst = permission;
            *index = at;
        }
    }
    return worst;
}

bool user_has_every_key(const struct user *user, const struct acl_request *request, unsigned access)
{
    for (size_t i = 0; i < user->selector_count; i++) {
        if (selector_has_every_key(&user->selectors[i], request, access))
            return true;
    }
    return false;
}

bool user_permits_channel(const struct user *user, struct bytes channel, bool is_pattern)
{
    for (size_t i = 0; i < user->selector_count; i++) {
        if (selector_permits_channel(&user->selectors[i], channel, is_pattern))
            return true;
    }
    return false;
}

/* ---- telling ---- */

const char *user_flag(const struct user *user, size_t index)
{
    const char *flags[4];
    size_t count = 0;
    flags[count++] = user->is_enabled ? "on" : "off";
    if (!user->needs_password)
        flags[count++] = "nopass";
    flags[count++] = user->skips_checks ? "skip-sanitize-payload" : "sanitize-payload";
    return index < count ? flags[index] : NULL;
}

/* Within parentheses words are split again: none may end like them, or have something to be unquoted. */
static bool is_misread(struct bytes word)
{
    for (size_t i = 0; i < word.len; i++) {
        if (strchr("\"'\\", word.data[i]))
            return true;
    }
    return word.len > 0 && word.data[word.len - 1] == ')';
}

static void print_in_parentheses(const struct selector *selector, struct buf *out)
{
    struct buf text = {0};
    char before = '(';
    selector_print(selector, &text);
    buf_append_char(out, ' ');
    for (struct bytes rest = buf_bytes(&text); rest.len > 0;) {
        size_t len = bytes_index_of(rest, ' ');
        size_t taken = len < rest.len ? len + 1 : len;
        struct bytes word = bytes_make(rest.data, len);
        buf_append_char(out, before);
        before = ' ';
        if (is_misread(word))
            buf_append_quoted(out, word);
        else
            buf_append_bytes(out, word);
        rest = bytes_make(rest.data + taken, rest.len - taken);
    }
    buf_append_char(out, ')');
    buf_clear(&text);
}

void user_print_rules(const struct user *user, struct buf *out)
{
    for (size_t i = 0; user_flag(user, i); i++) {
        buf_append_text(out, user_flag(user, i));
        buf_append_char(out, ' ');
    }
    for (const struct listed_text *known = user->passwords.first; known; known = known->next) {
        char password[SHA256_HEX_SIZE + 1];
        user_print_password(known, password);
        buf_printf(out, "#%s ", password);
    }
    selector_print(&user->selectors[0], out);
    for (size_t i = 1; i < user->selector_count; i++)
        print_in_parentheses(&user->selectors[i], out);
}
