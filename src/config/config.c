/* SPDX-License-Identifier: BSD-3-Clause */
/* The configuration as a whole: its defaults, CONFIG GET, CONFIG SET and who follows a change. A change is
 * prepared in values beside the configuration, exchanged with the fields in one go, and exchanged back when a
 * watcher objects: at no time does anybody see a part of it. */
#include "config/config.h"
#include "base/alloc.h"
#include "base/glob.h"
#include "base/panic.h"
#include "field.h"
#include "watchers.h"

struct config *config_new(void)
{
    struct config *config = mem_zalloc(sizeof *config);
    for (size_t i = 0; i < config_directive_count; i++)
        if (config_directives[i].kind->size > 0)
            field_init(&config_directives[i], field_of(config, &config_directives[i]));
    return config;
}

void config_free(struct config *config)
{
    if (!config)
        return;
    for (size_t i = 0; i < config_directive_count; i++)
        if (config_directives[i].kind->size > 0)
            field_clear(&config_directives[i], field_of(config, &config_directives[i]));
    mem_free(config->path);
    mem_free(config->include_directory);
    watchers_free(config);
    mem_free(config);
}

/* ---- CONFIG GET ---- */

void config_print(const struct config *config, const struct directive *directive, struct buf *out)
{
    directive->kind->print(directive, field_of_const(config, directive), out);
}

bool config_is_equal(const struct config *a, const struct config *b, const struct directive *directive)
{
    return directive->kind->size == 0 ||
           field_is_equal(directive, field_of_const(a, directive), field_of_const(b, directive));
}

const char *config_choice_word(const struct config *config, const char *name)
{
    const struct directive *directive = config_find(bytes_of(name));
    ASSERT(directive && directive->choices);
    const struct config_choice *choice = directive->choices;
    while (choice->value != *(const int *)field_of_const(config, directive))
        choice++;
    return choice->word;
}

static bool is_shown(const struct directive *directive)
{
    return !(directive->flags & CONFIG_FILE_ONLY);
}

static void add_item(struct config_item *items, size_t *count, struct bytes name,
                     const struct directive *directive)
{
    for (size_t i = 0; i < *count; i++)
        if (bytes_equal_nocase(items[i].name, name))
            return;
    items[(*count)++] = (struct config_item){name, directive};
}

static void add_matching(struct config_item *items, size_t *count, struct bytes pattern)
{
    for (size_t i = 0; i < config_directive_count; i++) {
        const struct directive *directive = &config_directives[i];
        const char *names[] = {directive->name, config_alias(directive)};
        if (!is_shown(directive) || (directive->flags & CONFIG_HIDDEN))
            continue;
        for (size_t n = 0; n < 2 && names[n]; n++)
            if (glob_match(pattern, bytes_of(names[n]), true))
                add_item(items, count, bytes_of(names[n]), directive);
    }
}

struct config_item *config_select(const struct bytes *patterns, size_t pattern_count, size_t *count)
{
    struct config_item *items = mem_alloc((2 * config_directive_count + pattern_count) * sizeof *items);
    *count = 0;
    for (size_t i = 0; i < pattern_count; i++) {
        if (glob_has_wildcards(patterns[i])) {
            add_matching(items, count, patterns[i]);
            continue;
        }
        const struct directive *directive = config_find(patterns[i]);
        if (directive && is_shown(directive))
            add_item(items, count, patterns[i], directive);
    }
    return items;
}

bool config_is_sensitive(struct bytes name)
{
    const struct directive *directive = config_find(name);
    return directive && (directive->flags & CONFIG_SENSITIVE);
}

/* ---- CONFIG SET ---- */

/* One directive on its way to a new value. */
struct step {
    const struct directive *directive;
    union config_value value; /* the new one, and once exchanged the old one */
    bool is_changed;
};

static bool was_named_before(const struct step *steps, size_t count, const struct directive *directive)
{
    for (size_t i = 0; i < count; i++)
        if (steps[i].directive == directive)
            return true;
    return false;
}

/* Whether the caller may change it at all. */
static enum config_result check_permission(const struct config *config, const struct directive *directive,
                                           struct config_caller caller, struct error *error)
{
    if (directive->flags & CONFIG_IMMUTABLE) {
        error_set(error, "can't set immutable config");
        return CONFIG_SET_FAILED;
    }
    if ((directive->flags & CONFIG_PROTECTED) &&
        !config_permits(config->enable_protected_configs, caller.is_local)) {
        error_set(error, "can't set protected config");
        return CONFIG_SET_FAILED;
    }
    if ((directive->flags & CONFIG_NOT_LOADING) && caller.is_loading)
        return CONFIG_SET_LOADING;
    return CONFIG_SET_OK;
}

bool config_may_change(const struct config *config, const struct directive *directive)
{
    const struct config_caller caller = {.is_local = true};
    struct error error;
    return is_shown(directive) && check_permission(config, directive, caller, &error) == CONFIG_SET_OK;
}

/* Finds the directives of all changes. */
static enum config_result resolve(const struct config *config, const struct config_change *changes,
                                  size_t count, struct config_caller caller, struct step *steps,
                                  struct bytes *culprit, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        const struct directive *directive = config_find(changes[i].name);
        *culprit = changes[i].name;
        if (!directive || !is_shown(directive))
            return CONFIG_SET_UNKNOWN;
        enum config_result result = check_permission(config, directive, caller, error);
        if (result != CONFIG_SET_OK)
            return result;
        if (was_named_before(steps, i, directive)) {
            error_set(error, "duplicate parameter");
            return CONFIG_SET_FAILED;
        }
        steps[i].directive = directive;
    }
    return CONFIG_SET_OK;
}

/* Reads the new values. Errors name the directive as it is declared, not as it was typed. */
static bool read_values(const struct config *config, const struct config_change *changes, size_t count,
                        struct step *steps, struct bytes *culprit, struct error *error)
{
    for (size_t i = 0; i < count; i++) {
        const struct directive *directive = steps[i].directive;
        const void *current = field_of_const(config, directive);
        const char *alias = config_alias(directive);
        field_copy(directive, &steps[i].value, current);
        if (!field_read_text(directive, changes[i].value, false, &steps[i].value, error)) {
            bool is_alias = alias && bytes_is_nocase(changes[i].name, alias);
            *culprit = bytes_of(is_alias ? alias : directive->name);
            for (size_t j = 0; j <= i; j++)
                field_clear(steps[j].directive, &steps[j].value);
            return false;
        }
        steps[i].is_changed = !field_is_equal(directive, &steps[i].value, current);
    }
    return true;
}

static void exchange(struct config *config, struct step *steps, size_t count)
{
    for (size_t i = 0; i < count; i++)
        field_swap(steps[i].directive, field_of(config, steps[i].directive), &steps[i].value);
}

/* Runs the watchers of what changed. When one objects, restores the old values and lets those that ran
 * follow. */
static bool apply(struct config *config, struct step *steps, size_t count, struct bytes *culprit,
                  struct error *error)
{
    watchers_begin(config);
    for (size_t i = 0; i < count; i++) {
        if (!steps[i].is_changed || watchers_run(config, steps[i].directive, error))
            continue;
        *culprit = bytes_of(steps[i].directive->name);
        exchange(config, steps, count);
        watchers_run_again(config);
        return false;
    }
    return true;
}

enum config_result config_set(struct config *config, const struct config_change *changes, size_t count,
                              struct config_caller caller, struct bytes *culprit, struct error *error)
{
    struct step *steps = mem_zalloc((count + 1) * sizeof *steps);
    enum config_result result = resolve(config, changes, count, caller, steps, culprit, error);
    if (result == CONFIG_SET_OK) {
        result = CONFIG_SET_FAILED;
        if (read_values(config, changes, count, steps, culprit, error)) {
            exchange(config, steps, count);
            if (apply(config, steps, count, culprit, error))
                result = CONFIG_SET_OK;
            for (size_t i = 0; i < count; i++)
                field_clear(steps[i].directive, &steps[i].value);
        }
    }
    mem_free(steps);
    return result;
}

void config_set_lines(struct config *config, const char *name, const struct bytes *lines, size_t count)
{
    const struct directive *directive = config_find(bytes_of(name));
    ASSERT(directive && directive->kind == &config_kind_LINES);
    void *value = field_of(config, directive);
    struct error error;
    field_clear(directive, value);
    for (size_t i = 0; i < count; i++)
        (void)field_read_text(directive, lines[i], true, value, &error);
}
