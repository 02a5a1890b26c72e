/* SPDX-License-Identifier: BSD-3-Clause */
/* Notes problems and finds a remedy for each: the nearest word for a misspelt one, the form of a value for a
 * wrong one. A line that holds a secret shows it to nobody. */
#include "base/alloc.h"
#include "base/panic.h"
#include "kind.h"
#include "load.h"
#include "nearest.h"

/* ---- noting ---- */

struct config_load *config_load_new(struct config *config)
{
    struct config_load *load = mem_zalloc(sizeof *load);
    load->config = config;
    load->places = mem_zalloc(config_directive_count * sizeof *load->places);
    return load;
}

void config_load_free(struct config_load *load)
{
    for (size_t i = 0; i < load->text_count; i++)
        mem_free(load->texts[i]);
    mem_free(load->texts);
    mem_free(load->problems);
    mem_free(load->inspections);
    mem_free(load->places);
    mem_free(load);
}

void config_load_forbid_includes(struct config_load *load)
{
    load->forbids_includes = true;
}

void config_load_relative_to(struct config_load *load, const char *directory)
{
    load->directory = directory;
}

void config_load_inspect(struct config_load *load, const char *name, config_inspector *inspect, void *context)
{
    struct inspection inspection = {config_find(bytes_of(name)), inspect, context};
    ASSERT(inspection.directive);
    load->inspections = mem_realloc(load->inspections, (load->inspection_count + 1) * sizeof inspection);
    load->inspections[load->inspection_count++] = inspection;
}

const struct config_problem *config_load_problems(const struct config_load *load, size_t *count)
{
    *count = load->problem_count;
    return load->problems;
}

const struct config_problem *config_load_error(const struct config_load *load)
{
    for (size_t i = 0; i < load->problem_count; i++)
        if (!load->problems[i].is_warning)
            return &load->problems[i];
    return NULL;
}

const char *load_keep(struct config_load *load, struct bytes text)
{
    load->texts = mem_realloc(load->texts, (load->text_count + 1) * sizeof(char *));
    load->texts[load->text_count] = bytes_to_cstring(text);
    return load->texts[load->text_count++];
}

static void add_problem(struct config_load *load, struct config_problem problem)
{
    load->problems = mem_realloc(load->problems, (load->problem_count + 1) * sizeof problem);
    load->problems[load->problem_count++] = problem;
}

static bool holds_secret(const struct line *line)
{
    const struct directive *directive = line->directive;
    const char *name;
    /* A misspelt name is taken for the one that was meant. */
    if (!directive && line->count > 0)
        directive = nearest_directive(line->words[0], &name);
    return directive && (directive->flags & CONFIG_SENSITIVE);
}

static struct config_problem make_problem(struct config_load *load, const struct line *line,
                                          const char *reason, const char *remedy)
{
    struct bytes text = line->text, word = {0};
    size_t start = line->count > 1 ? line->starts[1] : 0;
    if (line->count > 0)
        word = !line->directive ? line->words[0] : line_arguments(line);
    if (holds_secret(line)) {
        text = line->directive ? bytes_of(line->directive->name) : line->words[0];
        word = line->directive ? (struct bytes){0} : word;
    }
    return (struct config_problem){
        .source = load->source,
        .line = load->line,
        .column = line->indent + (line->directive ? start : 0) + 1,
        .text = load_keep(load, text),
        .word = load_keep(load, word),
        .reason = load_keep(load, bytes_of(reason)),
        .remedy = load_keep(load, bytes_of(remedy)),
    };
}

void load_note_place(struct config_load *load, const struct line *line)
{
    load->places[line->directive - config_directives] = make_problem(load, line, "", "");
}

bool config_load_blame(struct config_load *load, const char *name, bool is_warning, const char *reason,
                       const char *remedy)
{
    const struct directive *directive = config_find(bytes_of(name));
    ASSERT(directive);
    struct config_problem problem = load->places[directive - config_directives];
    if (!problem.source)
        return false;
    problem.reason = load_keep(load, bytes_of(reason));
    problem.remedy = load_keep(load, bytes_of(remedy));
    problem.is_warning = is_warning;
    add_problem(load, problem);
    return true;
}

void config_load_refuse(struct config_load *load, const char *name, const char *reason, const char *remedy)
{
    if (config_load_blame(load, name, false, reason, remedy))
        return;
    add_problem(load, (struct config_problem){
                          .source = "default",
                          .text = load_keep(load, bytes_of(name)),
                          .word = load_keep(load, bytes_of(name)),
                          .reason = load_keep(load, bytes_of(reason)),
                          .remedy = load_keep(load, bytes_of(remedy)),
                      });
}

void load_report(struct config_load *load, const struct line *line, const char *reason, const char *remedy)
{
    add_problem(load, make_problem(load, line, reason, remedy));
}

void load_warn(struct config_load *load, const struct line *line, const char *reason, const char *remedy)
{
    struct config_problem problem = make_problem(load, line, reason, remedy);
    problem.is_warning = true;
    add_problem(load, problem);
}

void load_report_source(struct config_load *load, const char *source, const char *reason)
{
    add_problem(load, (struct config_problem){
                          .source = load_keep(load, bytes_of(source)),
                          .text = "",
                          .word = "",
                          .reason = load_keep(load, bytes_of(reason)),
                          .remedy = "",
                      });
}

/* ---- remedies ---- */

void load_refuse_name(struct config_load *load, const struct line *line)
{
    struct bytes name = line->words[0];
    struct bytes bare = bytes_make(name.data, name.len);
    const char *nearest;
    struct buf remedy = {0};
    /* `port=6379` and `port: 6379`, as other programs have it. */
    bare.len = bytes_index_of(name, '=') < name.len ? bytes_index_of(name, '=') : bytes_index_of(name, ':');
    if (!nearest_directive(bare, &nearest))
        buf_append_text(&remedy, "no such directive is known: remove the line");
    else if (bare.len < name.len)
        buf_printf(&remedy, "write '%s' and its value with a blank between them", nearest);
    else
        buf_printf(&remedy, "did you mean '%s'?", nearest);
    load_report(load, line, "Bad directive or wrong number of arguments", buf_cstring(&remedy));
    buf_clear(&remedy);
}

static void propose_value(const struct line *line, struct buf *remedy)
{
    const struct directive *directive = line->directive;
    struct bytes value = line->count > 1 ? line->words[1] : (struct bytes){0};
    if (directive->flags & CONFIG_LATER) {
        buf_append_text(remedy, "remove the line");
    } else if (line->count > 2 && !(directive->flags & (CONFIG_WORDS | CONFIG_FILE_ONLY))) {
        buf_append_text(remedy, "put a value with blanks between quotes");
    } else if (directive->choices && nearest_choice(directive, value)) {
        buf_printf(remedy, "did you mean '%s'?", nearest_choice(directive, value));
    } else if (directive->kind->expected) {
        buf_append_text(remedy, "write ");
        config_print_expected(directive, remedy);
    }
}

void load_refuse_words(struct config_load *load, const struct line *line, const char *reason)
{
    struct buf remedy = {0};
    propose_value(line, &remedy);
    load_report(load, line, reason, buf_cstring(&remedy));
    buf_clear(&remedy);
}

/* ---- for people ---- */

void config_problem_print(const struct config_problem *problem, struct buf *out)
{
    buf_append_text(out, problem->source);
    if (problem->line > 0)
        buf_printf(out, ":%zu:%zu", problem->line, problem->column);
    buf_append_text(out, problem->is_warning ? ": warning: " : ": error: ");
    if (problem->word[0] != '\0')
        buf_printf(out, "'%s': ", problem->word);
    buf_append_text(out, problem->reason);
    if (problem->remedy[0] != '\0')
        buf_printf(out, " (%s)", problem->remedy);
    buf_append_char(out, '\n');
}
