/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules that make a user. */
#include "user_rules.h"
#include "base/alloc.h"
#include "base/split.h"

/* ---- passwords ---- */

static void add_password(struct user *user, struct bytes digest)
{
    user->needs_password = true;
    (void)texts_put(&user->passwords, digest);
}

static enum rule_result remove_password(struct user *user, struct bytes digest)
{
    struct listed_text *known = texts_find(&user->passwords, digest);
    if (!known)
        return RULE_NO_SUCH_PASSWORD;
    texts_drop(&user->passwords, known);
    return RULE_OK;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool read_digest(struct bytes text, unsigned char digest[static SHA256_SIZE])
{
    if (text.len != SHA256_HEX_SIZE)
        return false;
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        int high = digit_value(text.data[2 * i]), low = digit_value(text.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        digest[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

/* >password <password #digest !digest */
static enum rule_result apply_password(struct user *user, char sign, struct bytes text)
{
    unsigned char digest[SHA256_SIZE];
    if (sign == '>' || sign == '<')
        digest_sha256(text, digest);
    else if (!read_digest(text, digest))
        return RULE_BAD_DIGEST;
    struct bytes password = bytes_make(digest, sizeof digest);
    if (sign == '<' || sign == '!')
        return remove_password(user, password);
    add_password(user, password);
    return RULE_OK;
}

void user_set_password(struct user *user, struct bytes password)
{
    texts_clear(&user->passwords);
    (void)apply_password(user, '>', password);
}

void user_drop_password(struct user *user)
{
    texts_clear(&user->passwords);
    user->needs_password = false;
}

/* ---- selectors ---- */

struct selector *user_add_selector(struct user *user)
{
    size_t count = user->selector_count++;
    user->selectors = mem_realloc(user->selectors, user->selector_count * sizeof *user->selectors);
    selector_init(&user->selectors[count], user->catalog);
    return &user->selectors[count];
}

static void drop_last_selector(struct user *user)
{
    selector_clear(&user->selectors[--user->selector_count]);
}

static enum rule_result apply_words(struct selector *selector, const struct split *words)
{
    enum rule_result result = RULE_OK;
    for (size_t i = 0; i < words->count && result == RULE_OK; i++)
        result = selector_apply(selector, words->arguments[i]);
    return result;
}

/* (+get ~a*) */
static enum rule_result apply_selector(struct user *user, struct bytes rule)
{
    struct split words;
    struct selector *selector = user_add_selector(user);
    /* With quotes that aren't closed it stays empty. */
    if (!split_arguments(bytes_make(rule.data + 1, rule.len - 2), &words))
        return RULE_OK;
    enum rule_result result = apply_words(selector, &words);
    split_clear(&words);
    if (result != RULE_OK)
        drop_last_selector(user);
    else if (selector_is_unlimited(selector))
        user->unlimited_count++;
    return result;
}

/* ---- words ---- */

static void enable(struct user *user)
{
    user->is_enabled = true;
}

static void disable(struct user *user)
{
    user->is_enabled = false;
}

static void reset_password(struct user *user)
{
    texts_clear(&user->passwords);
    user->needs_password = true;
}

static void check_payloads(struct user *user)
{
    user->skips_checks = false;
}

static void skip_checks(struct user *user)
{
    user->skips_checks = true;
}

static void clear_selectors(struct user *user)
{
    while (user->selector_count > 1)
        drop_last_selector(user);
    user->unlimited_count = 0;
}

static void reset(struct user *user)
{
    reset_password(user);
    disable(user);
    check_payloads(user);
    clear_selectors(user);
    drop_last_selector(user);
    user_add_selector(user);
}

static const struct {
    const char *word;
    void (*apply)(struct user *user);
} words[] = {
    {"on", enable},
    {"off", disable},
    {"nopass", user_drop_password},
    {"resetpass", reset_password},
    {"sanitize-payload", check_payloads},
    {"skip-sanitize-payload", skip_checks},
    {"clearselectors", clear_selectors},
    {"reset", reset},
};

static enum rule_result apply(struct user *user, struct bytes rule)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (bytes_is_nocase(rule, words[i].word)) {
            words[i].apply(user);
            return RULE_OK;
        }
    }
    if (rule.len > 0 && strchr("><#!", rule.data[0]) && rule.data[0])
        return apply_password(user, rule.data[0], bytes_make(rule.data + 1, rule.len - 1));
    if (rule.len > 1 && rule.data[0] == '(' && rule.data[rule.len - 1] == ')')
        return apply_selector(user, rule);
    return rule.len > 0 ? selector_apply(&user->selectors[0], rule) : RULE_OK;
}

enum rule_result user_apply(struct user *user, struct bytes rule)
{
    enum rule_result result = apply(user, rule);
    user->is_unlimited = user->unlimited_count > 0 || selector_is_unlimited(&user->selectors[0]);
    return result;
}
