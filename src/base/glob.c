/* SPDX-License-Identifier: BSD-3-Clause */
/* Glob matching without recursion. Every element of a pattern but `*` takes exactly one byte. So when what
 * follows the latest `*` matches somewhere, an earlier `*` taking more could only leave less text for it: it
 * is enough to come back to the latest `*`, and let it take one byte more. */
#include "base/glob.h"

/* Bytes are compared as signed numbers on every machine, but as unsigned ones where case is folded. */
static inline int signed_at(struct bytes bytes, size_t index)
{
    return (signed char)bytes.data[index];
}

static inline int fold(int c, bool nocase)
{
    if (!nocase)
        return c;
    c &= 0xff;
    return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

static bool is_in_range(int a, int b, int c, bool nocase)
{
    int start = a < b ? a : b, end = a < b ? b : a;
    c = fold(c, nocase);
    return c >= fold(start, nocase) && c <= fold(end, nocase);
}

/* Matches `c` against the set whose `[` lies at *at, and moves *at behind the set. */
static bool match_set(struct bytes pattern, size_t *at, int c, bool nocase)
{
    size_t i = *at + 1;
    bool is_negated = i < pattern.len && pattern.data[i] == '^', is_found = false;
    if (is_negated)
        i++;
    while (i < pattern.len && pattern.data[i] != ']') {
        size_t left = pattern.len - i;
        if (pattern.data[i] == '\\' && left >= 2) {
            is_found |= signed_at(pattern, i + 1) == c;
            i += 2;
        } else if (left >= 3 && pattern.data[i + 1] == '-') {
            is_found |= is_in_range(signed_at(pattern, i), signed_at(pattern, i + 2), c, nocase);
            i += 3;
        } else {
            is_found |= fold(signed_at(pattern, i), nocase) == fold(c, nocase);
            i++;
        }
    }
    *at = i < pattern.len ? i + 1 : i;
    return is_found != is_negated;
}

/* Matches `c` against the element at *at, which is not `*`, and moves *at behind it. */
static inline bool match_one(struct bytes pattern, size_t *at, int c, bool nocase)
{
    size_t i = *at;
    switch (pattern.data[i]) {
    case '?':
        *at = i + 1;
        return true;
    case '[':
        return match_set(pattern, at, c, nocase);
    case '\\':
        if (i + 1 < pattern.len)
            i++;
        break;
    default:
        break;
    }
    *at = i + 1;
    return fold(signed_at(pattern, i), nocase) == fold(c, nocase);
}

static size_t skip_stars(struct bytes pattern, size_t at)
{
    while (at < pattern.len && pattern.data[at] == '*')
        at++;
    return at;
}

/* Redis gives up on patterns with more than these. */
#define STARS_MAX 1000

bool glob_match(struct bytes pattern, struct bytes text, bool nocase)
{
    size_t at = 0, i = 0;
    size_t retry_at = 0, retry_i = 0; /* behind the latest `*`, and where the text it left began */
    unsigned star_count = 0;
    if (text.len == 0)
        return pattern.len == 0;
    while (i < text.len) {
        if (at < pattern.len && pattern.data[at] == '*') {
            at = skip_stars(pattern, at);
            if (at == pattern.len)
                return true;
            if (++star_count > STARS_MAX)
                return false;
            retry_at = at;
            retry_i = i;
        } else if (at < pattern.len && match_one(pattern, &at, signed_at(text, i), nocase)) {
            i++;
        } else if (star_count > 0) {
            at = retry_at;
            i = ++retry_i;
        } else {
            return false;
        }
    }
    return skip_stars(pattern, at) == pattern.len;
}

bool glob_has_wildcards(struct bytes pattern)
{
    for (size_t i = 0; i < pattern.len; i++) {
        if (strchr("*?[\\", pattern.data[i]) && pattern.data[i] != '\0')
            return true;
    }
    return false;
}
