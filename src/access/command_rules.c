/* SPDX-License-Identifier: BSD-3-Clause */
/* The bits decide; the text only tells. A rule that covers an earlier one ("+config" "+config|get") takes its
 * place in the text, so that it doesn't grow however often rules are changed. */
#include "command_rules.h"
#include "base/alloc.h"

static size_t word_count(const struct acl_catalog *catalog)
{
    return (size_t)catalog->count / 64 + 1;
}

void command_rules_init(struct command_rules *rules, const struct acl_catalog *catalog)
{
    *rules = (struct command_rules){.catalog = catalog};
    rules->bits = mem_zalloc(word_count(catalog) * sizeof *rules->bits);
}

static void drop_first_arguments(struct command_rules *rules)
{
    for (size_t i = 0; i < rules->first_argument_count; i++)
        mem_free(rules->first_arguments[i].text);
    mem_free(rules->first_arguments);
    rules->first_arguments = NULL;
    rules->first_argument_count = 0;
}

void command_rules_clear(struct command_rules *rules)
{
    drop_first_arguments(rules);
    mem_free(rules->bits);
    buf_clear(&rules->text);
}

static void add_first_argument(struct command_rules *rules, int command, struct bytes text)
{
    size_t count = rules->first_argument_count;
    rules->first_arguments = mem_realloc(rules->first_arguments, (count + 1) * sizeof(struct first_argument));
    rules->first_arguments[count] = (struct first_argument){command, bytes_to_cstring(text)};
    rules->first_argument_count++;
}

void command_rules_copy(struct command_rules *to, const struct command_rules *from)
{
    command_rules_init(to, from->catalog);
    to->allows_all = from->allows_all;
    to->allows_others = from->allows_others;
    memcpy(to->bits, from->bits, word_count(from->catalog) * sizeof *from->bits);
    for (size_t i = 0; i < from->first_argument_count; i++)
        add_first_argument(to, from->first_arguments[i].command, bytes_of(from->first_arguments[i].text));
    buf_append_bytes(&to->text, buf_bytes(&from->text));
}

/* ---- the text ---- */

/* Whether `rule` is `name` or speaks of a part of it: "config|get" of "config". */
static bool is_covered(struct bytes rule, struct bytes name)
{
    return rule.len >= name.len && bytes_equal_nocase(bytes_make(rule.data, name.len), name) &&
           (rule.len == name.len || rule.data[name.len] == '|');
}

static void append_rule(struct buf *text, struct bytes rule)
{
    if (text->len > 0)
        buf_append_char(text, ' ');
    buf_append_bytes(text, rule);
}

static void note_rule(struct command_rules *rules, bool is_allowed, struct bytes name)
{
    struct buf text = {0};
    struct bytes rest = buf_bytes(&rules->text);
    while (rest.len > 0) {
        size_t len = bytes_index_of(rest, ' ');
        size_t taken = len < rest.len ? len + 1 : len;
        if (!is_covered(bytes_make(rest.data + 1, len - 1), name))
            append_rule(&text, bytes_make(rest.data, len));
        rest = bytes_make(rest.data + taken, rest.len - taken);
    }
    append_rule(&text, is_allowed ? BYTES("+") : BYTES("-"));
    for (size_t i = 0; i < name.len; i++)
        buf_append_char(&text, (char)(name.data[i] >= 'A' && name.data[i] <= 'Z' ? name.data[i] - 'A' + 'a'
                                                                                 : name.data[i]));
    buf_clear(&rules->text);
    rules->text = text;
}

void command_rules_print(const struct command_rules *rules, struct buf *out)
{
    buf_append_text(out, rules->allows_others ? "+@all" : "-@all");
    if (rules->text.len > 0)
        buf_append_char(out, ' ');
    buf_append_bytes(out, buf_bytes(&rules->text));
}

/* ---- the bits ---- */

static void forget_first_arguments(struct command_rules *rules, int command)
{
    size_t kept = 0;
    for (size_t i = 0; i < rules->first_argument_count; i++) {
        if (rules->first_arguments[i].command == command)
            mem_free(rules->first_arguments[i].text);
        else
            rules->first_arguments[kept++] = rules->first_arguments[i];
    }
    rules->first_argument_count = kept;
}

/* With its subcommands. */
static void set_command(struct command_rules *rules, int command, bool is_allowed)
{
    int last = command + rules->catalog->commands[command].subcommand_count;
    for (int i = command; i <= last; i++) {
        uint64_t bit = UINT64_C(1) << (i % 64);
        if (is_allowed)
            rules->bits[i / 64] |= bit;
        else
            rules->bits[i / 64] &= ~bit;
        forget_first_arguments(rules, i);
    }
    rules->allows_all &= is_allowed;
}

static void set_category(struct command_rules *rules, uint32_t category, bool is_allowed)
{
    for (int i = 0; i < rules->catalog->count; i++) {
        if (rules->catalog->commands[i].categories & category)
            set_command(rules, i, is_allowed);
    }
}

void command_rules_set_all(struct command_rules *rules, bool is_allowed)
{
    memset(rules->bits, is_allowed ? 0xff : 0, word_count(rules->catalog) * sizeof *rules->bits);
    rules->allows_all = rules->allows_others = is_allowed;
    drop_first_arguments(rules);
    rules->text.len = 0;
}

/* ---- rules ---- */

static enum rule_result apply_command(struct command_rules *rules, bool is_allowed, struct bytes name)
{
    int command = acl_catalog_find(rules->catalog, name);
    if (command < 0)
        return RULE_UNKNOWN_COMMAND;
    set_command(rules, command, is_allowed);
    note_rule(rules, is_allowed, bytes_of(rules->catalog->commands[command].name));
    return RULE_OK;
}

static size_t last_bar(struct bytes name)
{
    size_t at = name.len;
    while (at > 0 && name.data[at - 1] != '|')
        at--;
    return at > 0 ? at - 1 : name.len;
}

static bool has_first_argument(const struct command_rules *rules, int command, struct bytes text)
{
    for (size_t i = 0; i < rules->first_argument_count; i++) {
        if (rules->first_arguments[i].command == command &&
            bytes_is_nocase(text, rules->first_arguments[i].text))
            return true;
    }
    return false;
}

/* "config|get" is a subcommand, "select|0" a command with its first argument. */
static enum rule_result allow_part(struct command_rules *rules, struct bytes name, size_t bar)
{
    int command = acl_catalog_find(rules->catalog, bytes_make(name.data, bar));
    struct bytes part = bytes_make(name.data + bar + 1, name.len - bar - 1);
    if (command < 0)
        return RULE_UNKNOWN_COMMAND;
    if (rules->catalog->commands[command].is_subcommand)
        return RULE_ARGUMENT_OF_SUBCOMMAND;
    if (part.len == 0 || has_blanks(part))
        return RULE_SYNTAX;
    if (rules->catalog->commands[command].subcommand_count > 0)
        return apply_command(rules, true, name);
    if (!has_first_argument(rules, command, part))
        add_first_argument(rules, command, part);
    note_rule(rules, true, name);
    return RULE_OK;
}

enum rule_result command_rules_apply(struct command_rules *rules, bool is_allowed, struct bytes name)
{
    if (name.len > 0 && name.data[0] == '@') {
        uint32_t category = acl_category_by_name(bytes_make(name.data + 1, name.len - 1));
        if (!category)
            return RULE_UNKNOWN_COMMAND;
        note_rule(rules, is_allowed, name);
        set_category(rules, category, is_allowed);
        return RULE_OK;
    }
    size_t bar = last_bar(name);
    if (is_allowed && bar < name.len)
        return allow_part(rules, name, bar);
    return apply_command(rules, is_allowed, name);
}

bool command_rules_permit(const struct command_rules *rules, int command, const struct bytes *argument)
{
    return rules->allows_all || (rules->bits[command / 64] >> (command % 64) & 1) ||
           (argument && has_first_argument(rules, command, *argument));
}
