/* SPDX-License-Identifier: BSD-3-Clause */
/* Splits a line into arguments: inline commands and the configuration file share these rules. Arguments are
 * separated by blanks. Between double quotes blanks are kept, and \n \r \t \b \a \xHH stand for bytes, \
 * before anything else for that; between single quotes only \' is special. A closing quote must be followed
 * by a blank or the end. A NUL ends the line. */
#ifndef BASE_SPLIT_H
#define BASE_SPLIT_H

#include "base/bytes.h"

/* ---- In place ---- */

/* Quotes and escapes only ever shorten, so the arguments are written over the line they come from. */
struct splitter {
    char *at, *end;
};

enum split_result { SPLIT_ARGUMENT, SPLIT_END, SPLIT_UNBALANCED };

static inline struct splitter splitter_make(char *line, size_t len)
{
    return (struct splitter){line, line + bytes_index_of(bytes_make(line, len), '\0')};
}

/* The next argument, as a view into the line; SPLIT_END when there is none, SPLIT_UNBALANCED when a quote is
 * not closed, or closed inside a word. */
enum split_result split_next(struct splitter *splitter, struct bytes *argument);

/* ---- Copied ---- */

/* Owned; each argument has a NUL behind it. */
struct split {
    struct bytes *arguments;
    size_t count;
    char *text; /* where they lie */
};

/* False, and `split` empty, when quotes are unbalanced. */
bool split_arguments(struct bytes line, struct split *split);
void split_clear(struct split *split);

#endif
