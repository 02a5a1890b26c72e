/* SPDX-License-Identifier: BSD-3-Clause */
/* A pattern is matched item by item; an item that may match in several ways tries the rest of the pattern
 * behind each. So the calls nest as deep as the pattern is long. */
#include "pattern.h"
#include "engine.h"
#include "run.h"
#include <ctype.h>

static unsigned char byte_at(const char *at)
{
    return (unsigned char)*at;
}

/* ---- single characters ---- */

/* Behind the item that begins at `item`: a character, a class or a set. */
static const char *item_end(const struct pattern_match *match, const char *item)
{
    if (*item == '%') {
        if (item[1] == 0)
            luaL_error(match->lua, "malformed pattern (ends with '%%')");
        return item + 2;
    }
    if (*item != '[')
        return item + 1;
    item += item[1] == '^' ? 2 : 1;
    /* The first character is one of the set even if it is its end. */
    do {
        if (*item == 0)
            luaL_error(match->lua, "malformed pattern (missing ']')");
        if (*item++ == '%' && *item != 0)
            item++;
    } while (*item != ']');
    return item + 1;
}

static bool is_of_class(int c, int class)
{
    bool is;
    switch (tolower(class)) {
    case 'a':
        is = isalpha(c);
        break;
    case 'c':
        is = iscntrl(c);
        break;
    case 'd':
        is = isdigit(c);
        break;
    case 'l':
        is = islower(c);
        break;
    case 'p':
        is = ispunct(c);
        break;
    case 's':
        is = isspace(c);
        break;
    case 'u':
        is = isupper(c);
        break;
    case 'w':
        is = isalnum(c);
        break;
    case 'x':
        is = isxdigit(c);
        break;
    case 'z':
        is = c == 0;
        break;
    default:
        return class == c;
    }
    return is == (islower(class) != 0);
}

/* `set` begins with its bracket, `end` is the closing one. */
static bool is_in_set(int c, const char *set, const char *end)
{
    bool is_among = set[1] != '^';
    for (const char *at = set + (is_among ? 1 : 2); at < end; at++) {
        if (*at == '%') {
            at++;
            if (is_of_class(c, byte_at(at)))
                return is_among;
        } else if (at[1] == '-' && at + 2 < end) {
            if (byte_at(at) <= c && c <= byte_at(at + 2))
                return is_among;
            at += 2;
        } else if (byte_at(at) == c) {
            return is_among;
        }
    }
    return !is_among;
}

static bool is_matched(const struct pattern_match *match, const char *at, const char *item, const char *end)
{
    if (at >= match->end)
        return false;
    int c = byte_at(at);
    switch (*item) {
    case '.':
        return true;
    case '%':
        return is_of_class(c, byte_at(item + 1));
    case '[':
        return is_in_set(c, item, end - 1);
    default:
        return byte_at(item) == c;
    }
}

/* ---- items of several characters ---- */

/* "%bxy", of which `pair` is xy. */
static const char *match_balanced(const struct pattern_match *match, const char *at, const char *pair)
{
    int depth = 1;
    if (pair[0] == 0 || pair[1] == 0)
        luaL_error(match->lua, "unbalanced pattern");
    if (at >= match->end || *at != pair[0])
        return NULL;
    const char *to = at + 1;
    for (; to < match->end && depth > 0; to++) {
        if (*to == pair[1])
            depth--;
        else if (*to == pair[0])
            depth++;
    }
    run_worked(match->lua, (size_t)(to - at) / 4);
    return depth == 0 ? to : NULL;
}

/* "%f[set]", of which `set` is the set: between one that isn't in it and one that is. */
static bool is_frontier(const struct pattern_match *match, const char *at, const char *set, const char *end)
{
    int before = at == match->text ? 0 : byte_at(at - 1);
    return !is_in_set(before, set, end - 1) && is_in_set(byte_at(at), set, end - 1);
}

/* What a capture matched, once more. */
static const char *match_again(const struct pattern_match *match, const char *at, int digit)
{
    int index = digit - '1';
    if (index < 0 || index >= match->capture_count || match->captures[index].len == CAPTURE_OPEN)
        luaL_error(match->lua, "invalid capture index");
    size_t len = (size_t)match->captures[index].len;
    run_worked(match->lua, (size_t)(match->end - at) / 64);
    if (len > (size_t)(match->end - at) || memcmp(match->captures[index].start, at, len) != 0)
        return NULL;
    return at + len;
}

/* ---- items that may match in several ways ---- */

static const char *match_from(struct pattern_match *match, const char *at, const char *pattern);

static const char *match_most(struct pattern_match *match, const char *at, const char *item, const char *end)
{
    ptrdiff_t count = 0;
    while (is_matched(match, at + count, item, end))
        count++;
    run_worked(match->lua, (size_t)(count * (1 + (end - item) / 8)));
    for (; count >= 0; count--) {
        const char *rest = match_from(match, at + count, end + 1);
        if (rest)
            return rest;
    }
    return NULL;
}

static const char *match_least(struct pattern_match *match, const char *at, const char *item, const char *end)
{
    for (;; at++) {
        const char *rest = match_from(match, at, end + 1);
        if (rest || !is_matched(match, at, item, end))
            return rest;
    }
}

static const char *open_capture(struct pattern_match *match, const char *at, const char *rest, ptrdiff_t len)
{
    if (match->capture_count == PATTERN_CAPTURES_MAX)
        luaL_error(match->lua, "too many captures");
    match->captures[match->capture_count].start = at;
    match->captures[match->capture_count].len = len;
    match->capture_count++;
    const char *to = match_from(match, at, rest);
    if (!to)
        match->capture_count--;
    return to;
}

static const char *close_capture(struct pattern_match *match, const char *at, const char *rest)
{
    int index = match->capture_count - 1;
    while (index >= 0 && match->captures[index].len != CAPTURE_OPEN)
        index--;
    if (index < 0)
        luaL_error(match->lua, "invalid pattern capture");
    match->captures[index].len = at - match->captures[index].start;
    const char *to = match_from(match, at, rest);
    if (!to)
        match->captures[index].len = CAPTURE_OPEN;
    return to;
}

/* ---- all of it ---- */

/* Items that begin with % and are no class. True: `*at` is behind what it matched, or NULL, and `*pattern`
 * behind the item. */
static bool match_special(struct pattern_match *match, const char **at, const char **pattern)
{
    const char *item = *pattern;
    if (item[1] == 'b') {
        *at = match_balanced(match, *at, item + 2);
        *pattern = item + 4;
    } else if (item[1] == 'f') {
        if (item[2] != '[')
            luaL_error(match->lua, "missing '[' after '%%f' in pattern");
        *pattern = item_end(match, item + 2);
        *at = is_frontier(match, *at, item + 2, *pattern) ? *at : NULL;
    } else if (isdigit(byte_at(item + 1))) {
        *at = match_again(match, *at, item[1]);
        *pattern = item + 2;
    } else {
        return false;
    }
    return true;
}

static const char *match_from(struct pattern_match *match, const char *at, const char *pattern)
{
    while (at) {
        run_worked(match->lua, 1);
        if (*pattern == 0)
            return at;
        if (*pattern == '(')
            return pattern[1] == ')' ? open_capture(match, at, pattern + 2, CAPTURE_POSITION)
                                     : open_capture(match, at, pattern + 1, CAPTURE_OPEN);
        if (*pattern == ')')
            return close_capture(match, at, pattern + 1);
        if (*pattern == '$' && pattern[1] == 0)
            return at == match->end ? at : NULL;
        if (*pattern == '%' && match_special(match, &at, &pattern))
            continue;
        const char *end = item_end(match, pattern);
        run_worked(match->lua, (size_t)(end - pattern) / 8);
        if (*end == '*')
            return match_most(match, at, pattern, end);
        if (*end == '-')
            return match_least(match, at, pattern, end);
        bool is_there = is_matched(match, at, pattern, end);
        if (*end == '+')
            return is_there ? match_most(match, at + 1, pattern, end) : NULL;
        if (*end == '?') {
            const char *rest = is_there ? match_from(match, at + 1, end + 1) : NULL;
            if (rest)
                return rest;
            pattern = end + 1;
        } else {
            at = is_there ? at + 1 : NULL;
            pattern = end;
        }
    }
    return NULL;
}

const char *pattern_match(struct pattern_match *match, const char *from, const char *pattern)
{
    match->capture_count = 0;
    return match_from(match, from, pattern);
}

void pattern_push_capture(struct pattern_match *match, int index, const char *from, const char *to)
{
    if (index >= match->capture_count) {
        if (index > 0)
            luaL_error(match->lua, "invalid capture index");
        lua_pushlstring(match->lua, from, (size_t)(to - from));
        return;
    }
    ptrdiff_t len = match->captures[index].len;
    if (len == CAPTURE_OPEN)
        luaL_error(match->lua, "unfinished capture");
    if (len == CAPTURE_POSITION)
        lua_pushinteger(match->lua, match->captures[index].start - match->text + 1);
    else
        lua_pushlstring(match->lua, match->captures[index].start, (size_t)len);
}

int pattern_push_captures(struct pattern_match *match, const char *from, const char *to)
{
    int count = match->capture_count == 0 && from ? 1 : match->capture_count;
    luaL_checkstack(match->lua, count, "too many captures");
    for (int i = 0; i < count; i++)
        pattern_push_capture(match, i, from, to);
    return count;
}
