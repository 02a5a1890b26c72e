/* SPDX-License-Identifier: BSD-3-Clause */
/* SORT's patterns, as BY and GET have them: "weight:*" is the string at the key with the element in the place
 * of the star, "object:*->field" a field of the hash there, "#" the element itself. A pattern without a star
 * stands for nothing. */
#ifndef COMMANDS_SORT_PATTERN_H
#define COMMANDS_SORT_PATTERN_H

#include "base/buf.h"
#include "engine/call.h"
#include "types/value.h"

/* What a pattern stands for. Zero-initialised; the next one may reuse it. */
struct sort_found {
    struct bytes bytes; /* lent until the next look for one, or the next edit */
    struct blob *blob;  /* that they lie in, or NULL */
    char scratch[STRING_SCRATCH];
    struct buf key;
};

/* Whether keys have to be looked at. */
bool sort_pattern_has_key(struct bytes pattern);

/* False when there is nothing. */
bool sort_pattern_find(struct call *call, struct bytes pattern, struct bytes element,
                       struct sort_found *found);
void sort_found_clear(struct sort_found *found);

#endif
