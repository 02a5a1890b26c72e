/* SPDX-License-Identifier: BSD-3-Clause */
/* The bits decide; the notes only tell. A rule that covers an earlier one ("+config" "+config|get") takes its
 * place, so that they don't grow however often rules are changed. */
#include "command_rules.h"
#include "base/alloc.h"

static size_t word_count(const struct acl_catalog *catalog)
{
    return (size_t)catalog->count / 64 + 1;
}

void command_rules_init(struct command_rules *rules, const struct acl_catalog *catalog)
{
    *rules = (struct command_rules){.catalog = catalog, .notes = {.ignores_case = true}};
    rules->bits = mem_zalloc(word_count(catalog) * sizeof *rules->bits);
}

static struct argument_rules *arguments_of(const struct command_rules *rules, int command)
{
    return rules->arguments ? rules->arguments[command] : NULL;
}

static struct argument_rules *need_arguments(struct command_rules *rules, int command)
{
    if (!rules->arguments)
        rules->arguments = mem_zalloc((size_t)rules->catalog->count * sizeof *rules->arguments);
    if (!rules->arguments[command]) {
        struct argument_rules *arguments = mem_alloc(sizeof *arguments);
        *arguments =
            (struct argument_rules){.allowed = {.ignores_case = true}, .noted = {.ignores_case = true}};
        rules->arguments[command] = arguments;
    }
    return rules->arguments[command];
}

static void drop_arguments(struct command_rules *rules)
{
    for (int i = 0; rules->arguments && i < rules->catalog->count; i++) {
        if (!rules->arguments[i])
            continue;
        texts_clear(&rules->arguments[i]->allowed);
        texts_clear(&rules->arguments[i]->noted);
        mem_free(rules->arguments[i]);
    }
    mem_free(rules->arguments);
    rules->arguments = NULL;
}

void command_rules_clear(struct command_rules *rules)
{
    drop_arguments(rules);
    mem_free(rules->bits);
    texts_clear(&rules->notes);
}

void command_rules_copy(struct command_rules *to, const struct command_rules *from)
{
    command_rules_init(to, from->catalog);
    to->allows_all = from->allows_all;
    to->allows_others = from->allows_others;
    memcpy(to->bits, from->bits, word_count(from->catalog) * sizeof *from->bits);
    for (int i = 0; i < from->catalog->count; i++) {
        const struct argument_rules *arguments = arguments_of(from, i);
        if (!arguments)
            continue;
        texts_copy(&need_arguments(to, i)->allowed, &arguments->allowed);
        texts_copy(&to->arguments[i]->noted, &arguments->noted);
    }
    texts_copy(&to->notes, &from->notes);
}

/* ---- the notes ---- */

static void forget_note(struct command_rules *rules, struct bytes name)
{
    struct listed_text *note = texts_find(&rules->notes, name);
    if (note)
        texts_drop(&rules->notes, note);
}

static void note_rule(struct command_rules *rules, bool is_allowed, struct bytes name)
{
    forget_note(rules, name);
    texts_put(&rules->notes, name)->mark = is_allowed;
}

/* What was said of its parts, "config|get" of "config", counts no more either. */
static void note_command(struct command_rules *rules, bool is_allowed, int command)
{
    const struct acl_command *row = &rules->catalog->commands[command];
    struct argument_rules *arguments = arguments_of(rules, command);
    for (int i = 1; i <= row->subcommand_count; i++)
        forget_note(rules, bytes_of(row[i].name));
    for (struct listed_text *noted = arguments ? arguments->noted.first : NULL; noted; noted = noted->next)
        forget_note(rules, listed_bytes(noted));
    if (arguments)
        texts_clear(&arguments->noted);
    note_rule(rules, is_allowed, bytes_of(row->name));
}

void command_rules_print(const struct command_rules *rules, struct buf *out)
{
    buf_append_text(out, rules->allows_others ? "+@all" : "-@all");
    for (const struct listed_text *note = rules->notes.first; note; note = note->next) {
        buf_append_text(out, note->mark ? " +" : " -");
        buf_append_bytes(out, listed_bytes(note));
    }
}

/* ---- the bits ---- */

static void forget_arguments(struct command_rules *rules, int command)
{
    struct argument_rules *arguments = arguments_of(rules, command);
    if (arguments)
        texts_clear(&arguments->allowed);
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
        forget_arguments(rules, i);
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
    drop_arguments(rules);
    texts_clear(&rules->notes);
}

/* ---- rules ---- */

static enum rule_result apply_command(struct command_rules *rules, bool is_allowed, struct bytes name)
{
    int command = acl_catalog_find(rules->catalog, name);
    if (command < 0)
        return RULE_UNKNOWN_COMMAND;
    set_command(rules, command, is_allowed);
    note_command(rules, is_allowed, command);
    return RULE_OK;
}

static size_t last_bar(struct bytes name)
{
    size_t at = name.len;
    while (at > 0 && name.data[at - 1] != '|')
        at--;
    return at > 0 ? at - 1 : name.len;
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
    struct argument_rules *arguments = need_arguments(rules, command);
    (void)texts_put(&arguments->allowed, part);
    (void)texts_put(&arguments->noted, name);
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

static bool permits_argument(const struct command_rules *rules, int command, struct bytes argument)
{
    const struct argument_rules *arguments = arguments_of(rules, command);
    return arguments && texts_find(&arguments->allowed, argument);
}

bool command_rules_permit(const struct command_rules *rules, int command, const struct bytes *argument)
{
    return rules->allows_all || (rules->bits[command / 64] >> (command % 64) & 1) ||
           (argument && permits_argument(rules, command, *argument));
}
