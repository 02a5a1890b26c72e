/* SPDX-License-Identifier: BSD-3-Clause */
/* Patterns of keys or channels that somebody may use. */
#ifndef ACCESS_PATTERNS_H
#define ACCESS_PATTERNS_H

#include "access/selector.h"
#include "base/buf.h"

/* Each text once: what the same one was given before is added to. Says nothing of whether it may be given. */
void patterns_add(struct patterns *patterns, struct bytes text, unsigned access);
void patterns_clear(struct patterns *patterns);
void patterns_copy(struct patterns *to, const struct patterns *from);

/* Whether one of them matches, and gives all of `access`. */
bool patterns_match(const struct patterns *patterns, struct bytes name, unsigned access);
/* Whether `text` is one of them, as it is written. */
bool patterns_have(const struct patterns *patterns, struct bytes text, unsigned access);

/* Appends them with blanks between them, each behind `sign`. Where one gives a part of the access there is:
 * "%R" or "%W" and the sign. */
void patterns_print(const struct patterns *patterns, char sign, struct buf *out);

#endif
