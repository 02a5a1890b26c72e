/* SPDX-License-Identifier: BSD-3-Clause */
/* Splitting lines. The place that is read from never falls behind the one that is written to, and when an
 * argument ends it is ahead by one at least (the blank or quote that ended it), unless the line ends there:
 * so there is room for a NUL behind each argument of a line that has a byte to spare at its end. */
#include "base/split.h"
#include "base/alloc.h"

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Vertical tabs and form feeds separate arguments, but don't end one. */
static bool ends_word(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* The value of a hex digit, or -1. */
static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static char unescape(char c)
{
    switch (c) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'b':
        return '\b';
    case 'a':
        return '\a';
    default:
        return c;
    }
}

/* Moves behind the closing quote; false when it isn't followed by a blank or the end. */
static bool close_quote(struct splitter *splitter)
{
    splitter->at++;
    return splitter->at == splitter->end || is_space(*splitter->at);
}

/* These two copy to `out` what lies between the quotes, from behind the first to behind the last, and return
 * the end of what was written, or NULL when the quotes are unbalanced. */
static char *copy_double_quoted(struct splitter *splitter, char *out)
{
    for (;;) {
        const char *at = splitter->at;
        size_t left = (size_t)(splitter->end - at);
        if (left == 0)
            return NULL;
        if (*at == '"')
            return close_quote(splitter) ? out : NULL;
        if (left >= 4 && at[0] == '\\' && at[1] == 'x' && hex_value(at[2]) >= 0 && hex_value(at[3]) >= 0) {
            *out++ = (char)(hex_value(at[2]) << 4 | hex_value(at[3]));
            splitter->at += 4;
        } else if (left >= 2 && at[0] == '\\') {
            *out++ = unescape(at[1]);
            splitter->at += 2;
        } else {
            *out++ = *at;
            splitter->at++;
        }
    }
}

static char *copy_single_quoted(struct splitter *splitter, char *out)
{
    for (;;) {
        const char *at = splitter->at;
        size_t left = (size_t)(splitter->end - at);
        if (left == 0)
            return NULL;
        if (*at == '\'')
            return close_quote(splitter) ? out : NULL;
        if (left >= 2 && at[0] == '\\' && at[1] == '\'')
            splitter->at++;
        *out++ = *splitter->at++;
    }
}

/* Copies a word, whose end may be quoted: a closing quote ends the argument. */
static char *copy_argument(struct splitter *splitter, char *out)
{
    while (splitter->at < splitter->end && !ends_word(*splitter->at)) {
        char c = *splitter->at++;
        if (c == '"')
            return copy_double_quoted(splitter, out);
        if (c == '\'')
            return copy_single_quoted(splitter, out);
        *out++ = c;
    }
    return out;
}

enum split_result split_next(struct splitter *splitter, struct bytes *argument)
{
    char *start, *end;
    while (splitter->at < splitter->end && is_space(*splitter->at))
        splitter->at++;
    if (splitter->at == splitter->end)
        return SPLIT_END;
    start = splitter->at;
    end = copy_argument(splitter, start);
    if (!end)
        return SPLIT_UNBALANCED;
    /* The blank behind it goes with the argument. */
    if (splitter->at < splitter->end)
        splitter->at++;
    *argument = bytes_make(start, (size_t)(end - start));
    return SPLIT_ARGUMENT;
}

static void append(struct split *split, size_t *capacity, struct bytes argument)
{
    if (split->count == *capacity) {
        *capacity = *capacity == 0 ? 8 : *capacity * 2;
        split->arguments = mem_realloc(split->arguments, *capacity * sizeof(struct bytes));
    }
    split->arguments[split->count++] = argument;
}

bool split_arguments(struct bytes line, struct split *split)
{
    struct splitter splitter;
    struct bytes argument;
    enum split_result result;
    size_t capacity = 0;
    *split = (struct split){.text = bytes_to_cstring(line)};
    splitter = splitter_make(split->text, line.len);
    while ((result = split_next(&splitter, &argument)) == SPLIT_ARGUMENT) {
        split->text[(argument.data - split->text) + (ptrdiff_t)argument.len] = '\0';
        append(split, &capacity, argument);
    }
    if (result == SPLIT_UNBALANCED)
        split_clear(split);
    return result == SPLIT_END;
}

void split_clear(struct split *split)
{
    mem_free(split->arguments);
    mem_free(split->text);
    *split = (struct split){0};
}
