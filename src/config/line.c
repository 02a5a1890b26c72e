/* SPDX-License-Identifier: BSD-3-Clause */
/* Takes lines apart. The words are split in place, in a copy of the line: what the splitter hasn't reached is
 * still as it was written, so that positions in the copy are positions in the line, and a # that begins a
 * word is seen before it is read. */
#include "line.h"
#include "base/alloc.h"
#include "base/split.h"
#include "kind.h"

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* How many words, the name included, a comment can follow. */
static size_t words_before_comment(const struct directive *directive)
{
    if (directive && (directive->flags & CONFIG_VERBATIM))
        return SIZE_MAX;
    return directive && directive->kind == &config_kind_RENAMES ? 3 : 2;
}

static void add_word(struct line *line, size_t start, struct bytes word)
{
    line->words = mem_realloc(line->words, (line->count + 1) * sizeof *line->words);
    line->starts = mem_realloc(line->starts, (line->count + 1) * sizeof *line->starts);
    line->words[line->count] = word;
    line->starts[line->count++] = start;
}

static struct bytes trim_end(struct bytes text)
{
    while (text.len > 0 && is_blank(text.data[text.len - 1]))
        text.len--;
    return text;
}

static struct bytes trim(struct bytes text)
{
    text = trim_end(text);
    while (text.len > 0 && is_blank(text.data[0]))
        text = bytes_make(text.data + 1, text.len - 1);
    return text;
}

/* Whether the last word is one of a text whose end no quotes show. */
static bool may_go_on(const struct line *line)
{
    char first = line->text.data[line->starts[line->count - 1]];
    return line->directive && line->directive->kind->is_text && first != '"' && first != '\'';
}

void line_init(struct line *line, struct bytes text)
{
    *line = (struct line){.text = trim(text)};
    line->indent = (size_t)(line->text.data - text.data);
    line->comment = line->text.len;
    text = line->text;
    if (text.len == 0 || text.data[0] == '#')
        return;

    line->copy = bytes_to_cstring(text);
    struct splitter splitter = splitter_make(line->copy, text.len);
    for (;;) {
        struct bytes word;
        while (splitter.at < splitter.end && is_blank(*splitter.at))
            splitter.at++;
        size_t start = (size_t)(splitter.at - line->copy);
        if (*splitter.at == '#' && line->count >= words_before_comment(line->directive)) {
            line->comment = start;
            line->is_ambiguous = may_go_on(line);
            return;
        }
        enum split_result result = split_next(&splitter, &word);
        if (result != SPLIT_ARGUMENT) {
            line->is_unbalanced = result == SPLIT_UNBALANCED;
            return;
        }
        add_word(line, start, word);
        if (line->count == 1)
            line->directive = config_find(word);
    }
}

void line_clear(struct line *line)
{
    mem_free(line->words);
    mem_free(line->starts);
    mem_free(line->copy);
    *line = (struct line){0};
}

struct bytes line_arguments(const struct line *line)
{
    size_t start = line->count > 1 ? line->starts[1] : line->comment;
    return trim_end(bytes_make(line->text.data + start, line->comment - start));
}

struct bytes line_tail(const struct line *line)
{
    struct bytes words = trim_end(bytes_make(line->text.data, line->comment));
    return bytes_make(line->text.data + words.len, line->text.len - words.len);
}
