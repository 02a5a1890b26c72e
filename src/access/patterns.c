/* SPDX-License-Identifier: BSD-3-Clause */
#include "patterns.h"
#include "base/alloc.h"
#include "base/glob.h"

static struct pattern *find(const struct patterns *patterns, struct bytes text)
{
    for (size_t i = 0; i < patterns->count; i++) {
        if (bytes_is(text, patterns->items[i].text))
            return &patterns->items[i];
    }
    return NULL;
}

void patterns_add(struct patterns *patterns, struct bytes text, unsigned access)
{
    struct pattern *known = find(patterns, text);
    if (known) {
        known->access |= access;
        return;
    }
    patterns->items = mem_realloc(patterns->items, (patterns->count + 1) * sizeof *patterns->items);
    patterns->items[patterns->count++] = (struct pattern){bytes_to_cstring(text), access};
}

void patterns_clear(struct patterns *patterns)
{
    for (size_t i = 0; i < patterns->count; i++)
        mem_free(patterns->items[i].text);
    mem_free(patterns->items);
    *patterns = (struct patterns){0};
}

void patterns_copy(struct patterns *to, const struct patterns *from)
{
    *to = (struct patterns){.items = mem_alloc((from->count + 1) * sizeof *to->items), .count = from->count};
    for (size_t i = 0; i < from->count; i++)
        to->items[i] = (struct pattern){mem_strdup(from->items[i].text), from->items[i].access};
}

bool patterns_match(const struct patterns *patterns, struct bytes name, unsigned access)
{
    for (size_t i = 0; i < patterns->count; i++) {
        const struct pattern *pattern = &patterns->items[i];
        if ((pattern->access & access) == access && glob_match(bytes_of(pattern->text), name, false))
            return true;
    }
    return false;
}

bool patterns_have(const struct patterns *patterns, struct bytes text, unsigned access)
{
    const struct pattern *pattern = find(patterns, text);
    return pattern && (pattern->access & access) == access;
}

void patterns_print(const struct patterns *patterns, char sign, struct buf *out)
{
    for (size_t i = 0; i < patterns->count; i++) {
        const struct pattern *pattern = &patterns->items[i];
        if (i > 0)
            buf_append_char(out, ' ');
        if (pattern->access != ACCESS_ALL)
            buf_append_text(out, pattern->access == ACCESS_READ ? "%R" : "%W");
        buf_append_char(out, sign);
        buf_append_text(out, pattern->text);
    }
}
