/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be wrong with a rule, and rules that are written in several words. */
#ifndef ACCESS_RULE_H
#define ACCESS_RULE_H

#include "base/bytes.h"

enum rule_result {
    RULE_OK,
    RULE_SYNTAX,
    RULE_UNKNOWN_COMMAND, /* or category */
    RULE_NEEDLESS_KEYS,   /* a pattern of keys behind the one for all */
    RULE_NEEDLESS_CHANNELS,
    RULE_NO_SUCH_PASSWORD, /* to be taken away */
    RULE_BAD_DIGEST,
    RULE_ARGUMENT_OF_SUBCOMMAND, /* +config|get|x */
};

/* In Redis' words. */
const char *rule_error_text(enum rule_result result);

/* True for bytes that neither names of users nor patterns may have: blanks and NUL. */
bool has_blanks(struct bytes text);

/* Rules one by one: the words of a selector, "(~a*" "+get)", are put together with blanks between them. */
struct rule_list {
    struct bytes *items;
    size_t count;
    char *text; /* where selectors of several words lie */
};

/* Views `words`, which must outlive the list. False, with nothing to clear, when the parenthesis that
 * words[*unmatched] opens is never closed. */
bool rule_list_make(const struct bytes *words, size_t count, struct rule_list *list, size_t *unmatched);
void rule_list_clear(struct rule_list *list);

#endif
