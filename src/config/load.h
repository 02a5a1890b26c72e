/* SPDX-License-Identifier: BSD-3-Clause */
/* The state of a load, and how it notes what is wrong: config_file.c reads, problems.c finds words for
 * errors. */
#ifndef CONFIG_LOAD_H
#define CONFIG_LOAD_H

#include "config/config_file.h"
#include "line.h"

struct inspection {
    const struct directive *directive;
    config_inspector *inspect;
    void *context;
};

struct config_load {
    struct config *config;
    /* By the index of a directive: its last line that was taken over, without a reason. No source: there was
     * none. */
    struct config_problem *places;
    const char *source; /* being read, and the line in it */
    size_t line;
    int depth, file_count; /* of files within files, and of all */
    bool forbids_includes;
    const char *directory; /* that included names are relative to; NULL: the working directory */
    struct inspection *inspections;
    size_t inspection_count;
    struct config_problem *problems;
    size_t problem_count;
    char **texts; /* that problems point to */
    size_t text_count;
};

/* A copy that lives as long as the load. */
const char *load_keep(struct config_load *load, struct bytes text);

/* Notes that the line was taken over. */
void load_note_place(struct config_load *load, const struct line *line);

/* Notes an error of the line, or a warning. `remedy` may be "". */
void load_report(struct config_load *load, const struct line *line, const char *reason, const char *remedy);
void load_warn(struct config_load *load, const struct line *line, const char *reason, const char *remedy);

/* The same with the remedy found here: for a name that is no directive, and for words that the directive
 * refused. */
void load_refuse_name(struct config_load *load, const struct line *line);
void load_refuse_words(struct config_load *load, const struct line *line, const char *reason);

/* A file that can't be read. */
void load_report_source(struct config_load *load, const char *source, const char *reason);

#endif
