/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules for values of all kinds. A value is read into a copy that takes the place of the old one at the
 * very end, so that whatever is refused changes nothing. */
#include "field.h"
#include "base/alloc.h"
#include "base/panic.h"

void field_copy(const struct directive *directive, void *to, const void *from)
{
    if (directive->kind->copy)
        directive->kind->copy(to, from);
    else
        memcpy(to, from, directive->kind->size);
}

void field_clear(const struct directive *directive, void *value)
{
    if (directive->kind->clear)
        directive->kind->clear(value);
    else
        memset(value, 0, directive->kind->size);
}

void field_swap(const struct directive *directive, void *a, void *b)
{
    union config_value kept;
    memcpy(&kept, a, directive->kind->size);
    memcpy(a, b, directive->kind->size);
    memcpy(b, &kept, directive->kind->size);
}

void field_write(const struct directive *directive, const void *value, struct buf *out)
{
    directive->kind->write(directive, value, out);
}

bool field_is_equal(const struct directive *directive, const void *a, const void *b)
{
    struct buf text_a = {0}, text_b = {0};
    field_write(directive, a, &text_a);
    field_write(directive, b, &text_b);
    bool is_equal = bytes_equal(buf_bytes(&text_a), buf_bytes(&text_b));
    buf_clear(&text_a);
    buf_clear(&text_b);
    return is_equal;
}

bool field_is_default(const struct directive *directive, const void *value)
{
    union config_value fresh;
    field_init(directive, &fresh);
    bool is_default = field_is_equal(directive, &fresh, value);
    field_clear(directive, &fresh);
    return is_default;
}

static bool takes_several_words(const struct directive *directive)
{
    return directive->flags & (CONFIG_WORDS | CONFIG_FILE_ONLY);
}

static void refuse_missing(const struct directive *directive, struct error *error)
{
    if (directive->default_text[0] == '\0')
        error_set(error, "this version has no %s", config_missing(directive));
    else
        error_set(error, "this version has no %s: only '%s %s' is accepted", config_missing(directive),
                  directive->name, directive->default_text);
}

bool field_read(const struct directive *directive, const struct bytes *words, size_t count, bool adds,
                void *value, struct error *error)
{
    union config_value fresh;
    if (count != 1 && !takes_several_words(directive)) {
        error_set(error, "wrong number of arguments");
        return false;
    }
    /* Of many lines each would copy all before it. */
    if (adds && directive->kind->refuses_nothing && !(directive->flags & CONFIG_LATER))
        return directive->kind->parse(directive, words, count, value, error);
    field_copy(directive, &fresh, value);
    if (!adds && (directive->flags & CONFIG_MULTI))
        field_clear(directive, &fresh);
    bool is_accepted = directive->kind->parse(directive, words, count, &fresh, error);
    if (is_accepted && (directive->flags & CONFIG_LATER) && !field_is_default(directive, &fresh)) {
        refuse_missing(directive, error);
        is_accepted = false;
    }
    if (is_accepted)
        field_swap(directive, value, &fresh);
    field_clear(directive, &fresh);
    return is_accepted;
}

/* The words of a text with blanks between them; of a directive that takes one word, all of it. */
static struct bytes *split_text(const struct directive *directive, struct bytes text, size_t *count)
{
    struct bytes *words = mem_alloc((text.len / 2 + 1) * sizeof *words);
    *count = 0;
    if (!takes_several_words(directive)) {
        words[(*count)++] = text;
        return words;
    }
    while (text.len > 0) {
        size_t len = bytes_index_of(text, ' ');
        if (len > 0)
            words[(*count)++] = bytes_make(text.data, len);
        size_t taken = len < text.len ? len + 1 : len;
        text = bytes_make(text.data + taken, text.len - taken);
    }
    return words;
}

bool field_read_text(const struct directive *directive, struct bytes text, bool adds, void *value,
                     struct error *error)
{
    size_t count;
    struct bytes *words = split_text(directive, text, &count);
    bool is_accepted = field_read(directive, words, count, adds, value, error);
    mem_free(words);
    return is_accepted;
}

bool field_read_line(const struct directive *directive, const struct line *line, bool adds, void *value,
                     struct error *error)
{
    if ((directive->flags & CONFIG_WORDS) && line->count == 2 && line->words[1].len > 0)
        return field_read_text(directive, line->words[1], adds, value, error);
    return field_read(directive, line->words + 1, line->count - 1, adds, value, error);
}

void field_init(const struct directive *directive, void *value)
{
    struct error error;
    size_t count;
    struct bytes *words = split_text(directive, bytes_of(directive->default_text), &count);
    memset(value, 0, directive->kind->size);
    /* Where no word at all is an error, it means the empty value. */
    if (count > 0 && !directive->kind->parse(directive, words, count, value, &error))
        PANIC("default of %s: %s", directive->name, error.text);
    mem_free(words);
}
