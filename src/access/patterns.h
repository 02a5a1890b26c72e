/* SPDX-License-Identifier: BSD-3-Clause */
/* Patterns of keys or channels that somebody may use: texts, each marked with the access it gives. */
#ifndef ACCESS_PATTERNS_H
#define ACCESS_PATTERNS_H

#include "access/selector.h"
#include "base/buf.h"

/* What the same pattern was given before is added to. Says nothing of whether it may be given. */
void patterns_add(struct texts *patterns, struct bytes pattern, unsigned access);

/* Whether one of them matches, and gives all of `access`. */
bool patterns_match(const struct texts *patterns, struct bytes name, unsigned access);
/* Whether `pattern` is one of them, as it is written. */
bool patterns_have(const struct texts *patterns, struct bytes pattern, unsigned access);

/* Appends them with blanks between them, each behind `sign`. Where one gives a part of the access there is:
 * "%R" or "%W" and the sign. */
void patterns_print(const struct texts *patterns, char sign, struct buf *out);

#endif
