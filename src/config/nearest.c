/* SPDX-License-Identifier: BSD-3-Clause */
/* The distance is computed row by row (optimal string alignment). Only a word that is mostly right counts as
 * near: a third of its letters may be wrong, and a wrong proposal is worse than none. */
#include "nearest.h"

#include <ctype.h>

enum { WORD_LEN_MAX = 63 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static bool is_same(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

size_t nearest_distance(struct bytes a, struct bytes b, size_t limit)
{
    size_t rows[3][WORD_LEN_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    if (a.len > WORD_LEN_MAX || b.len > WORD_LEN_MAX)
        return limit;
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *reused = before;
        before = above;
        above = row;
        row = reused;
        row[0] = i;
        size_t shortest = i;
        for (size_t j = 1; j <= b.len; j++) {
            row[j] =
                least(least(above[j], row[j - 1]) + 1, above[j - 1] + !is_same(a.data[i - 1], b.data[j - 1]));
            if (i > 1 && j > 1 && is_same(a.data[i - 1], b.data[j - 2]) &&
                is_same(a.data[i - 2], b.data[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
            shortest = least(shortest, row[j]);
        }
        if (shortest >= limit)
            return limit;
    }
    return least(row[b.len], limit);
}

/* The search for the nearest word to `word`. */
struct search {
    struct bytes word;
    size_t best; /* distances that count are below it */
};

static struct search search_for(struct bytes word)
{
    return (struct search){word, word.len / 3 + 1};
}

/* Whether `candidate` is nearer than all before. */
static bool is_nearer(struct search *search, const char *candidate)
{
    struct bytes other = bytes_of(candidate);
    size_t difference =
        other.len > search->word.len ? other.len - search->word.len : search->word.len - other.len;
    if (difference >= search->best)
        return false;
    size_t distance = nearest_distance(search->word, other, search->best);
    if (distance >= search->best)
        return false;
    search->best = distance;
    return true;
}

const struct directive *nearest_directive(struct bytes name, const char **by_name)
{
    const struct directive *nearest = NULL;
    struct search search = search_for(name);
    for (size_t i = 0; i < config_directive_count; i++) {
        const struct directive *directive = &config_directives[i];
        const char *names[] = {directive->name, config_alias(directive)};
        for (size_t n = 0; n < 2 && names[n] && !(directive->flags & CONFIG_HIDDEN); n++) {
            if (is_nearer(&search, names[n])) {
                nearest = directive;
                *by_name = names[n];
            }
        }
    }
    return nearest;
}

const char *nearest_choice(const struct directive *directive, struct bytes word)
{
    const char *nearest = NULL;
    struct search search = search_for(word);
    for (const struct config_choice *choice = directive->choices; choice->word; choice++)
        if (is_nearer(&search, choice->word))
            nearest = choice->word;
    return nearest;
}
