/* SPDX-License-Identifier: BSD-3-Clause */
#include "access/selector.h"
#include "base/alloc.h"
#include "command_rules.h"
#include "patterns.h"

void selector_init(struct selector *selector, const struct acl_catalog *catalog)
{
    *selector = (struct selector){.commands = mem_alloc(sizeof *selector->commands),
                                  .has_all_channels = catalog->gives_channels};
    command_rules_init(selector->commands, catalog);
}

void selector_clear(struct selector *selector)
{
    command_rules_clear(selector->commands);
    mem_free(selector->commands);
    texts_clear(&selector->keys);
    texts_clear(&selector->channels);
}

void selector_copy(struct selector *to, const struct selector *from)
{
    *to = (struct selector){.commands = mem_alloc(sizeof *to->commands),
                            .has_all_keys = from->has_all_keys,
                            .has_all_channels = from->has_all_channels};
    command_rules_copy(to->commands, from->commands);
    texts_copy(&to->keys, &from->keys);
    texts_copy(&to->channels, &from->channels);
}

/* ---- rules ---- */

static void set_all_keys(struct selector *selector, bool is_permitted)
{
    selector->has_all_keys = is_permitted;
    texts_clear(&selector->keys);
}

static void set_all_channels(struct selector *selector, bool is_permitted)
{
    selector->has_all_channels = is_permitted;
    texts_clear(&selector->channels);
}

static void set_all_commands(struct selector *selector, bool is_permitted)
{
    command_rules_set_all(selector->commands, is_permitted);
}

static const struct {
    const char *word;
    void (*set)(struct selector *selector, bool is_permitted);
    bool is_permitted;
} words[] = {
    {"~*", set_all_keys, true},
    {"allkeys", set_all_keys, true},
    {"resetkeys", set_all_keys, false},
    {"&*", set_all_channels, true},
    {"allchannels", set_all_channels, true},
    {"resetchannels", set_all_channels, false},
    {"+@all", set_all_commands, true},
    {"allcommands", set_all_commands, true},
    {"-@all", set_all_commands, false},
    {"nocommands", set_all_commands, false},
};

/* The length of "~", "%R~", "%W~" or "%RW~" at the beginning, and what it gives; 0 for anything else. */
static size_t read_key_sign(struct bytes rule, unsigned *access)
{
    size_t at = 1;
    *access = ACCESS_ALL;
    if (rule.data[0] == '~')
        return 1;
    for (*access = 0; at < rule.len && rule.data[at] != '~'; at++) {
        unsigned one = rule.data[at] == 'R' || rule.data[at] == 'r'   ? ACCESS_READ
                       : rule.data[at] == 'W' || rule.data[at] == 'w' ? ACCESS_WRITE
                                                                      : 0;
        if (!one || (*access & one))
            return 0;
        *access |= one;
    }
    if (*access == 0)
        return 0;
    /* Without a ~ it is the pattern that only the empty key matches. */
    return at < rule.len ? at + 1 : at;
}

static enum rule_result add_keys(struct selector *selector, struct bytes rule)
{
    unsigned access;
    size_t sign = read_key_sign(rule, &access);
    if (selector->has_all_keys)
        return RULE_NEEDLESS_KEYS;
    struct bytes pattern = bytes_make(rule.data + sign, rule.len - sign);
    if (sign == 0 || has_blanks(pattern))
        return RULE_SYNTAX;
    patterns_add(&selector->keys, pattern, access);
    return RULE_OK;
}

static enum rule_result add_channels(struct selector *selector, struct bytes pattern)
{
    if (selector->has_all_channels)
        return RULE_NEEDLESS_CHANNELS;
    if (has_blanks(pattern))
        return RULE_SYNTAX;
    patterns_add(&selector->channels, pattern, ACCESS_ALL);
    return RULE_OK;
}

enum rule_result selector_apply(struct selector *selector, struct bytes rule)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (bytes_is_nocase(rule, words[i].word)) {
            words[i].set(selector, words[i].is_permitted);
            return RULE_OK;
        }
    }
    if (rule.len == 0)
        return RULE_SYNTAX;
    struct bytes behind = bytes_make(rule.data + 1, rule.len - 1);
    switch (rule.data[0]) {
    case '~':
    case '%':
        return add_keys(selector, rule);
    case '&':
        return add_channels(selector, behind);
    case '+':
    case '-':
        return command_rules_apply(selector->commands, rule.data[0] == '+', behind);
    default:
        return RULE_SYNTAX;
    }
}

bool selector_is_unlimited(const struct selector *selector)
{
    return selector->commands->allows_all && selector->has_all_keys && selector->has_all_channels;
}

/* ---- telling ---- */

void selector_print_commands(const struct selector *selector, struct buf *out)
{
    command_rules_print(selector->commands, out);
}

void selector_print_keys(const struct selector *selector, struct buf *out)
{
    if (selector->has_all_keys)
        buf_append_text(out, "~*");
    else
        patterns_print(&selector->keys, '~', out);
}

void selector_print_channels(const struct selector *selector, struct buf *out)
{
    if (selector->has_all_channels)
        buf_append_text(out, "&*");
    else
        patterns_print(&selector->channels, '&', out);
}

void selector_print(const struct selector *selector, struct buf *out)
{
    size_t begin = out->len;
    selector_print_keys(selector, out);
    if (out->len > begin)
        buf_append_char(out, ' ');
    if (!selector->has_all_channels)
        buf_append_text(out, "resetchannels ");
    begin = out->len;
    selector_print_channels(selector, out);
    if (out->len > begin)
        buf_append_char(out, ' ');
    selector_print_commands(selector, out);
}

/* ---- asking ---- */

static bool permits_command(const struct selector *selector, const struct acl_request *request)
{
    const struct acl_command *command = &selector->commands->catalog->commands[request->command];
    int first = command->is_subcommand ? 2 : 1;
    return request->is_for_everybody ||
           command_rules_permit(selector->commands, request->command,
                                first < request->argc ? &request->argv[first] : NULL);
}

bool selector_permits_channel(const struct selector *selector, struct bytes channel, bool is_pattern)
{
    return selector->has_all_channels ||
           (is_pattern ? patterns_have(&selector->channels, channel, ACCESS_ALL)
                       : patterns_match(&selector->channels, channel, ACCESS_ALL));
}

enum permission selector_check(const struct selector *selector, const struct acl_request *request, int *index)
{
    *index = 0;
    if (!permits_command(selector, request))
        return DENIED_COMMAND;
    for (int i = 0; i < request->key_count && !selector->has_all_keys; i++) {
        const struct acl_key *key = &request->keys[i];
        if (!patterns_match(&selector->keys, request->argv[key->index], key->access)) {
            *index = key->index;
            return DENIED_KEY;
        }
    }
    for (int i = 0; i < request->channel_count; i++) {
        int at = request->first_channel + i;
        if (!selector_permits_channel(selector, request->argv[at], request->are_patterns)) {
            *index = at;
            return DENIED_CHANNEL;
        }
    }
    return PERMITTED;
}

bool selector_has_every_key(const struct selector *selector, const struct acl_request *request,
                            unsigned access)
{
    int index;
    return selector_check(selector, request, &index) == PERMITTED &&
           (selector->has_all_keys || patterns_have(&selector->keys, BYTES("*"), access));
}
