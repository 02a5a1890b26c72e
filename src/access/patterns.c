/* SPDX-License-Identifier: BSD-3-Clause */
#include "patterns.h"
#include "base/glob.h"

void patterns_add(struct texts *patterns, struct bytes pattern, unsigned access)
{
    texts_put(patterns, pattern)->mark |= access;
}

bool patterns_match(const struct texts *patterns, struct bytes name, unsigned access)
{
    for (const struct listed_text *pattern = patterns->first; pattern; pattern = pattern->next) {
        if ((pattern->mark & access) == access && glob_match(listed_bytes(pattern), name, false))
            return true;
    }
    return false;
}

bool patterns_have(const struct texts *patterns, struct bytes pattern, unsigned access)
{
    const struct listed_text *known = texts_find(patterns, pattern);
    return known && (known->mark & access) == access;
}

void patterns_print(const struct texts *patterns, char sign, struct buf *out)
{
    for (const struct listed_text *pattern = patterns->first; pattern; pattern = pattern->next) {
        if (pattern->previous)
            buf_append_char(out, ' ');
        if (pattern->mark != ACCESS_ALL)
            buf_append_text(out, pattern->mark == ACCESS_READ ? "%R" : "%W");
        buf_append_char(out, sign);
        buf_append_bytes(out, listed_bytes(pattern));
    }
}
