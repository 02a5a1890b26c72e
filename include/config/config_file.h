/* SPDX-License-Identifier: BSD-3-Clause */
/* Configuration files: reading them, and writing the configuration back into one. */
#ifndef CONFIG_CONFIG_FILE_H
#define CONFIG_CONFIG_FILE_H

#include "config/config.h"

/* What is wrong with a line. All texts are the load's. */
struct config_problem {
    const char *source;  /* the file's path, "standard input" or "command line" */
    size_t line, column; /* from 1; line 0: the source as a whole */
    const char *text;    /* the line; secrets are blotted out */
    const char *word;    /* the words that it is about; "" when it is the line */
    const char *reason;  /* as Redis puts it, where Redis knows it */
    const char *remedy;  /* what to write instead; "" where nothing better is known than the reason */
    bool is_warning;     /* the line was taken over nevertheless */
};

/* Reading files and texts, one after the other, into a configuration. What comes later wins; the lines of
 * directives such as `save` add up over all of them. Lines with errors are passed over and noted, so that all
 * errors are known at the end; the configuration is of use only when there are none. */
struct config_load;
struct config_load *config_load_new(struct config *config);
void config_load_free(struct config_load *load);

/* Lines `include` become errors: for text whose author must not read files. */
void config_load_forbid_includes(struct config_load *load);

/* Names in `include` lines are relative to this absolute directory instead of the working directory; it must
 * outlive the load. */
void config_load_relative_to(struct config_load *load, const char *directory);

/* Before a line with the directive `name` is taken over, `inspect` checks its words with knowledge from above
 * (is there such a command?). It returns false, with `error` filled, to refuse the line. */
typedef bool config_inspector(void *context, const struct bytes *words, size_t count, struct error *error);
void config_load_inspect(struct config_load *load, const char *name, config_inspector *inspect,
                         void *context);

/* A file that can't be read is an error like others. `source` names the text in problems. */
void config_load_path(struct config_load *load, const char *path);
void config_load_standard_input(struct config_load *load);
void config_load_text(struct config_load *load, const char *source, struct bytes text);

/* Notes what shows only when all lines are known, as an error or a warning of the last line that set the
 * directive. False when no line did. */
bool config_load_blame(struct config_load *load, const char *name, bool is_warning, const char *reason,
                       const char *remedy);

/* The same as an error; where no line set the directive, its default is blamed. */
void config_load_refuse(struct config_load *load, const char *name, const char *reason, const char *remedy);

/* In the order in which they were found; the view lasts until the load goes on. */
const struct config_problem *config_load_problems(const struct config_load *load, size_t *count);

/* The first one that is an error, or NULL. */
const struct config_problem *config_load_error(const struct config_load *load);

/* Appends a line for people and editors: "redis.conf:7:6: error: port 70000: argument must be ...". */
void config_problem_print(const struct config_problem *problem, struct buf *out);

enum config_extent {
    CONFIG_EXTENT_NEEDED, /* no line for a default that the file doesn't mention */
    CONFIG_EXTENT_ALL,
};

/* Writes the configuration to config->path, which must not be NULL: lines of the file that still hold stay as
 * they are, the others are replaced where they stand, superfluous ones go, and what is new follows at the
 * end. Included files are read, so that all together say what the configuration holds, and stay as they are.
 * The file is replaced in one step, and keeps its mode, and its owner where the system permits it. False,
 * with `error` filled and the file as it was, when that fails, the file is gone, or an included one can't
 * be read. */
bool config_rewrite(const struct config *config, enum config_extent extent, struct error *error);

/* The same from the file's content to the new one, appended to `out`, without a look at included files. */
void config_rewrite_text(const struct config *config, enum config_extent extent, struct bytes old,
                         struct buf *out);

#endif
