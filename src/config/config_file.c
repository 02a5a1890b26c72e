/* SPDX-License-Identifier: BSD-3-Clause */
/* Loads configuration files. Each line is tried on its own; what it sets is in the configuration at once, so
 * that the order of lines, included files and the command line is the order of their effect. */
#include "config/config_file.h"
#include "base/alloc.h"
#include "base/file.h"
#include "field.h"
#include "include.h"
#include "line.h"
#include "load.h"

/* ---- one line ---- */

static void load_included(void *context, const char *path)
{
    config_load_path(context, path);
}

static void include_files(struct config_load *load, struct line *line)
{
    if (load->depth >= INCLUDE_DEPTH_MAX || load->file_count >= INCLUDE_COUNT_MAX)
        load_report(load, line, "too many files are included", "does a file include itself?");
    else
        include_each(load->directory, line->words[1], load_included, load);
}

/* A keyword of files, which has no field. */
static void take_keyword(struct config_load *load, struct line *line)
{
    if (line->directive->kind == &config_kind_OBSOLETE)
        load_warn(load, line, line->directive->help, "remove the line");
    else if (line->directive->kind == &config_kind_SENTINEL)
        load_report(load, line, "sentinel directive while not in sentinel mode",
                    "start redis-sentinel with this file");
    else if (line->count != 2)
        load_report(load, line, "Bad directive or wrong number of arguments",
                    "write one file name or pattern");
    else if (load->forbids_includes)
        load_report(load, line, "include is not allowed here", "");
    else
        include_files(load, line);
}

static bool inspect(const struct config_load *load, const struct line *line, struct error *error)
{
    for (size_t i = 0; i < load->inspection_count; i++) {
        const struct inspection *inspection = &load->inspections[i];
        if (inspection->directive == line->directive &&
            !inspection->inspect(inspection->context, line->words + 1, line->count - 1, error))
            return false;
    }
    return true;
}

static void take_directive(struct config_load *load, struct line *line)
{
    const struct directive *directive = line->directive;
    void *value = field_of(load->config, directive);
    bool was_seen = load->places[directive - config_directives].source;
    struct error error = {""};
    if (!inspect(load, line, &error) || !field_read_line(directive, line, was_seen, value, &error)) {
        load_refuse_words(load, line, error.text);
        return;
    }
    load_note_place(load, line);
    if ((directive->flags & CONFIG_IGNORED) && !field_is_default(directive, value))
        load_warn(load, line, "this has no effect here", "remove the line");
}

static void take_line(struct config_load *load, struct bytes text)
{
    struct line line;
    line_init(&line, text);
    if (line.is_unbalanced)
        load_report(load, &line, "Unbalanced quotes in configuration line",
                    "close the quote; between double quotes write \\\" for one");
    else if (line.count > 0 && !line.directive)
        load_refuse_name(load, &line);
    else if (line.is_ambiguous)
        load_report(load, &line, "# may begin a comment or belong to the value",
                    "put the value between quotes; a comment may follow them, or have its own line");
    else if (line.count > 0 && line.directive->kind->size == 0)
        take_keyword(load, &line);
    else if (line.count > 0)
        take_directive(load, &line);
    line_clear(&line);
}

/* ---- sources ---- */

void config_load_text(struct config_load *load, const char *source, struct bytes text)
{
    const char *outer_source = load->source;
    size_t outer_line = load->line;
    load->source = load_keep(load, bytes_of(source));
    load->line = 0;
    load->depth++;
    while (text.len > 0) {
        size_t len = bytes_index_of(text, '\n');
        size_t taken = len < text.len ? len + 1 : len;
        load->line++;
        take_line(load, bytes_make(text.data, len));
        text = bytes_make(text.data + taken, text.len - taken);
    }
    load->depth--;
    load->source = outer_source;
    load->line = outer_line;
}

void config_load_path(struct config_load *load, const char *path)
{
    struct buf text = {0};
    struct error error;
    load->file_count++;
    if (file_read_all(path, &text, CONFIG_FILE_SIZE_MAX, &error))
        config_load_text(load, path, buf_bytes(&text));
    else
        load_report_source(load, path, error.text);
    buf_clear(&text);
}

void config_load_standard_input(struct config_load *load)
{
    struct buf text = {0};
    struct error error;
    if (file_read_all("/dev/stdin", &text, CONFIG_FILE_SIZE_MAX, &error))
        config_load_text(load, "standard input", buf_bytes(&text));
    else
        load_report_source(load, "standard input", error.text);
    buf_clear(&text);
}
