/* SPDX-License-Identifier: BSD-3-Clause */
/* Glob patterns, as in KEYS, SCAN, PSUBSCRIBE, CONFIG GET and ACL rules. */
#ifndef BASE_GLOB_H
#define BASE_GLOB_H

#include "base/bytes.h"

/* True when all of `text` matches `pattern`: `*` any run of bytes, `?` one byte, `[abc]`, `[a-z]`, `[^a-z]`
 * one byte of a set, `\x` the byte x. Byte for byte as Redis has it, its oddities included: only the empty
 * pattern matches the empty text; a set without `]` reaches to the pattern's end; bytes in ranges are
 * compared as signed unless `nocase`; an escaped byte in a set is compared with its case even if `nocase`; a
 * pattern with over 1000 `*` (in a row they are one, at the end they don't count) matches nothing. Takes at
 * most |pattern| * |text| steps. */
bool glob_match(struct bytes pattern, struct bytes text, bool nocase);

/* False when `pattern` matches only itself. */
bool glob_has_wildcards(struct bytes pattern);

#endif
