/* SPDX-License-Identifier: BSD-3-Clause */
/* Which bytes are text. Keys and names may hold any bytes; formats such as JSON take UTF-8 only. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/bytes.h"

struct buf;

/* Length (1 to 4) of the character that `text` begins with; 0 when there is none: the bytes are no UTF-8
 * (overlong forms and surrogates are none either), or `text` is empty. */
size_t utf8_length(struct bytes text);

/* Appends any bytes as text: those that are none as \xHH, and so that no two names look alike, a backslash as
 * two. */
void utf8_append_name(struct buf *out, struct bytes name);

#endif
