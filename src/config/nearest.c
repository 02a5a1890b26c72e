/* SPDX-License-Identifier: BSD-3-Clause */
/* The distance is computed row by row (optimal string alignment). Only a word that is mostly right counts as near: a third of
 * its letters may be wrong, and a wrong proposal is worse than none. */
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

size_t nearest_distance(struct bytes a, struct bytes b)
{
    size_t rows[3][WORD_LEN_MAX + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];

    if (a.len > WORD_LEN_MAX || b.len > WORD_LEN_MAX)
        return SIZE_MAX;
    for (size_t j = 0; j <= b.len; j++)
        row[j] = j;
    for (size_t i = 1; i <= a.len; i++) {
        size_t *reused = before;
        before = above;
        above = row;
        row = reused;
        row[0] = i;
        for (size_t j = 1; j <= b.len; j++) {
            row[j] =
                least(least(above[j], row[j - 1]) + 1, above[j - 1] + !is_same(a.data[i - 1], b.data[j - 1]));
            if (i > 1 && j > 1 && is_same(a.data[i - 1], b.data[j - 2]) &&
                is_same(a.data[i - 2], b.data[j - 1]))
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return row[b.len];
}

static bool is_near(struct bytes word, size_t distance)
{
    return distance <= word.len / 3;
}

const char *nearest_name(struct bytes name, const struct directive *directive)
{
    const char *alias = config_alias(directive);

    if (alias == NULL ||
        nearest_distance(name, bytes_of(directive->name)) <= nearest_distance(name, bytes_of(alias)))
        return directive->name;
    return alias;
}

const struct directive *nearest_directive(struct bytes name)
{
    const struct directive *nearest = NULL;
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < config_directive_count; i++) {
        size_t distance = nearest_distance(name, bytes_of(nearest_name(name, &config_directives[i])));
        if (distance < best && is_near(name, distance) && !(config_directives[i].flags & CONFIG_HIDDEN)) {
            nearest = &config_directives[i];
            best = distance;
        }
    }
    return nearest;
}

const char *nearest_choice(const struct directive *directive, struct bytes word)
{
    const char *nearest = NULL;
    size_t best = SIZE_MAX;

    for (const struct config_choice *choice = directive->choices; choice->word != NULL; choice++) {
        size_t distance = nearest_distance(word, bytes_of(choice->word));
        if (distance < best && is_near(word, distance)) {
            nearest = choice->word;
            best = distance;
        }
    }
    return nearest;
}
