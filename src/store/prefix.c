/* SPDX-License-Identifier: BSD-3-Clause */
/* Classes are found by an open-addressed index of their prefixes. A class is only given to another prefix
 * when no entry names it; then the index is made anew, which is rare and small. */
#include "store/prefix.h"
#include "base/hash.h"
#include "base/panic.h"

#define INDEX_SIZE (sizeof((struct prefix_table *)0)->index)
/* A segment this long is taken for an id, whatever it is made of. */
#define ID_LEN_MIN 16

static bool looks_like_id(struct bytes segment)
{
    if (segment.len >= ID_LEN_MIN)
        return true;
    for (size_t i = 0; i < segment.len; i++) {
        if (segment.data[i] >= '0' && segment.data[i] <= '9')
            return true;
    }
    return false;
}

struct bytes prefix_of(struct bytes key)
{
    size_t end = 0; /* behind the last `:` that still belongs to the prefix */
    while (end < PREFIX_LEN_MAX && end < key.len) {
        struct bytes rest = {key.data + end, key.len - end};
        struct bytes segment = rest;
        const char *colon = memchr(rest.data, ':', rest.len < PREFIX_LEN_MAX ? rest.len : PREFIX_LEN_MAX);
        if (!colon)
            break;
        segment.len = (size_t)(colon - rest.data);
        if (looks_like_id(segment) || end + segment.len + 1 > PREFIX_LEN_MAX)
            break;
        end += segment.len + 1;
    }
    return (struct bytes){key.data, end};
}

void prefix_table_init(struct prefix_table *prefixes)
{
    memset(prefixes, 0, sizeof *prefixes);
    prefixes->count = 1;
}

static void index_class(struct prefix_table *prefixes, unsigned class)
{
    struct bytes text = prefix_text(prefixes, class);
    size_t at = hash_bytes(text.data, text.len) % INDEX_SIZE;
    while (prefixes->index[at])
        at = (at + 1) % INDEX_SIZE;
    prefixes->index[at] = (uint8_t) class;
}

static bool may_be_given_away(const struct prefix_class *class)
{
    return class->entry_count == 0 && !class->is_configured;
}

/* A class number for a new prefix: a fresh one, or one that nobody needs any more; 0 when there is none. */
static unsigned free_class(struct prefix_table *prefixes)
{
    if (prefixes->count <= PREFIX_CLASS_MAX)
        return prefixes->count++;
    for (unsigned class = 1; class <= PREFIX_CLASS_MAX; class ++) {
        if (may_be_given_away(&prefixes->classes[class])) {
            prefixes->classes[class].len = 0;
            memset(prefixes->index, 0, sizeof prefixes->index);
            for (unsigned other = 1; other <= PREFIX_CLASS_MAX; other++) {
                if (other != class)
                    index_class(prefixes, other);
            }
            return class;
        }
    }
    return 0;
}

/* The class that stands for exactly this prefix; made when there is none. 0 when there is no room. */
static unsigned class_of(struct prefix_table *prefixes, struct bytes prefix)
{
    size_t at = hash_bytes(prefix.data, prefix.len) % INDEX_SIZE;
    for (; prefixes->index[at]; at = (at + 1) % INDEX_SIZE) {
        unsigned class = prefixes->index[at];
        if (bytes_equal(prefix, prefix_text(prefixes, class)))
            return class;
    }
    unsigned class = free_class(prefixes);
    if (class == 0)
        return 0;
    memcpy(prefixes->classes[class].text, prefix.data, prefix.len);
    prefixes->classes[class].len = (uint8_t)prefix.len;
    index_class(prefixes, class);
    return class;
}

/* ---- configured prefixes ---- */

/* Those with longer prefixes come first, so that the first one that matches is the longest. */
static void sort_by_length(const struct prefix_table *prefixes, uint8_t *classes, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        uint8_t class = classes[i];
        size_t at = i;
        for (; at > 0 && prefixes->classes[classes[at - 1]].len < prefixes->classes[class].len; at--)
            classes[at] = classes[at - 1];
        classes[at] = class;
    }
}

/* Says of the configured classes, and of no others, that they are. */
static void mark_configured(struct prefix_table *prefixes)
{
    for (unsigned class = 0; class <= PREFIX_CLASS_MAX; class ++)
        prefixes->classes[class].is_configured = false;
    for (unsigned i = 0; i < prefixes->configured_count; i++)
        prefixes->classes[prefixes->configured[i]].is_configured = true;
}

bool prefix_configure(struct prefix_table *prefixes, const struct bytes *texts, size_t count)
{
    uint8_t classes[PREFIX_CONFIGURED_MAX];
    ASSERT(count <= PREFIX_CONFIGURED_MAX);
    for (size_t i = 0; i < count; i++) {
        ASSERT(texts[i].len > 0 && texts[i].len <= PREFIX_LEN_MAX);
        unsigned class = class_of(prefixes, texts[i]);
        if (class == 0) {
            mark_configured(prefixes);
            return false;
        }
        /* At once: the next one must not be given the same. */
        prefixes->classes[class].is_configured = true;
        classes[i] = (uint8_t) class;
    }
    sort_by_length(prefixes, classes, count);
    memcpy(prefixes->configured, classes, count);
    prefixes->configured_count = (unsigned)count;
    mark_configured(prefixes);
    return true;
}

/* The configured class of `key`; 0 when there is none. */
static unsigned configured_class(const struct prefix_table *prefixes, struct bytes key)
{
    for (unsigned i = 0; i < prefixes->configured_count; i++) {
        if (bytes_starts_with(key, prefix_text(prefixes, prefixes->configured[i])))
            return prefixes->configured[i];
    }
    return 0;
}

unsigned prefix_classify(struct prefix_table *prefixes, struct bytes key)
{
    unsigned class = configured_class(prefixes, key);
    if (class != 0)
        return class;
    struct bytes prefix = prefix_of(key);
    if (prefix.len == 0)
        return 0;
    if (!bytes_equal(prefix, prefix_text(prefixes, prefixes->last))) {
        class = class_of(prefixes, prefix);
        if (class == 0)
            return 0;
        prefixes->last = class;
    }
    return prefixes->last;
}
