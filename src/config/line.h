/* SPDX-License-Identifier: BSD-3-Clause */
/* One line of a configuration file, taken apart into words: `requirepass "two words"  # a comment`. */
#ifndef CONFIG_LINE_H
#define CONFIG_LINE_H

#include "config/config.h"

struct line {
    struct bytes text;                 /* as given, without blanks at its ends */
    size_t indent;                     /* blanks taken off its beginning */
    const struct directive *directive; /* NULL when the first word is none */
    struct bytes *words;               /* unquoted; the first is the name. none: a blank line or a comment */
    size_t *starts;                    /* where each begins in `text` */
    size_t count;
    size_t comment;     /* where a comment behind the words begins in `text`; its length without one */
    bool is_unbalanced; /* a quote isn't closed, or something clings to a closed one */
    bool is_ambiguous;  /* what is taken for a comment may have been meant as a part of a text */
    char *copy;         /* where they lie */
};

/* Takes `text`, which must outlive it, apart. Quotes and escapes are those of base/split.h.
 *
 * A word that begins with # begins a comment, as soon as the directive has the words it needs; Redis takes it
 * for a further word then, which is an error for almost all directives. So whatever Redis reads means the
 * same here, a password that begins with # included. Of a text, where the # may be meant as a part of it,
 * only quotes show the end. */
void line_init(struct line *line, struct bytes text);
void line_clear(struct line *line);

/* The words behind the name as they are written, quotes and all; and what follows them, blanks and a
 * comment. */
struct bytes line_arguments(const struct line *line);
struct bytes line_tail(const struct line *line);

#endif
