/* SPDX-License-Identifier: BSD-3-Clause */
/* Lua's patterns. Matching one may take time without end ("(.-)(.-)(.-)x" of a long text), so that it counts
 * its steps and lets others have their turn, or ends with an error, as the run wants it. */
#ifndef SCRIPT_PATTERN_H
#define SCRIPT_PATTERN_H

#include <lua5.1/lua.h>
#include <stddef.h>

#define PATTERN_CAPTURES_MAX 32

/* Lengths of captures that have none. */
enum { CAPTURE_OPEN = -1, CAPTURE_POSITION = -2 };

struct pattern_match {
    lua_State *lua;
    const char *text, *end; /* behind which there is a NUL */
    int capture_count;
    struct {
        const char *start;
        ptrdiff_t len;
    } captures[PATTERN_CAPTURES_MAX];
};

/* Matches `pattern`, up to its NUL, with the text from `from` on. Returns where the match ends, NULL when
 * there is none. Both must be held on the stack. */
const char *pattern_match(struct pattern_match *match, const char *from, const char *pattern);

/* Pushes a capture by its index from 0; without any, the first is the match from `from` to `to`. */
void pattern_push_capture(struct pattern_match *match, int index, const char *from, const char *to);
/* Pushes all of them, or the match when there are none and `from` isn't NULL; returns how many. */
int pattern_push_captures(struct pattern_match *match, const char *from, const char *to);

#endif
