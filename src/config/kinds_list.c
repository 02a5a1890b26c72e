/* SPDX-License-Identifier: BSD-3-Clause */
/* Lists of words, and of things made of several words: addresses, save points, renamed commands, whole lines,
 * the primary. A list is read into a new one first, so that a wrong word at its end leaves the old one
 * alone. */
#include "base/alloc.h"
#include "base/number.h"
#include "kind.h"
#include "store/prefix.h"

#include <inttypes.h>

static bool is_one_empty(const struct bytes *words, size_t count)
{
    return count == 1 && words[0].len == 0;
}

static void write_word(struct buf *out, struct bytes word)
{
    bool is_plain = word.len > 0 && word.data[0] != '#';
    for (size_t i = 0; i < word.len && is_plain; i++) {
        char c = word.data[i];
        is_plain = c > ' ' && c < 127 && c != '"' && c != '\'' && c != '\\';
    }
    if (is_plain)
        buf_append_bytes(out, word);
    else
        buf_append_quoted(out, word);
}

void config_write_word(struct buf *out, const char *word)
{
    write_word(out, bytes_of(word));
}

/* Room for one more item of `size` bytes at the end of `items`. */
static void *grow(void *items, size_t count, size_t size)
{
    return mem_realloc(items, (count + 1) * size);
}

/* ---- words ---- */

static void words_add(struct config_words *words, char *word)
{
    words->items = grow(words->items, words->count, sizeof(char *));
    words->items[words->count++] = word;
}

static void words_clear(void *value)
{
    struct config_words *words = value;
    for (size_t i = 0; i < words->count; i++)
        mem_free(words->items[i]);
    mem_free(words->items);
    *words = (struct config_words){0};
}

static void words_copy(void *to, const void *from)
{
    const struct config_words *words = from;
    *(struct config_words *)to = (struct config_words){0};
    for (size_t i = 0; i < words->count; i++)
        words_add(to, mem_strdup(words->items[i]));
}

static void words_print(const struct directive *directive, const void *value, struct buf *out)
{
    const struct config_words *words = value;
    (void)directive;
    for (size_t i = 0; i < words->count; i++) {
        if (i > 0)
            buf_append_char(out, ' ');
        buf_append_text(out, words->items[i]);
    }
}

/* ---- bind: addresses ---- */

enum { ADDRESS_COUNT_MAX = 16 };

static bool addresses_parse(const struct directive *directive, const struct bytes *words, size_t count,
                            void *value, struct error *error)
{
    (void)directive;
    if (count > ADDRESS_COUNT_MAX) {
        error_set(error, "Too many bind addresses specified.");
        return false;
    }
    words_clear(value);
    for (size_t i = 0; i < count && !is_one_empty(words, count); i++)
        words_add(value, bytes_to_cstring(words[i]));
    return true;
}

static void plain_words_write(const struct directive *directive, const void *value, struct buf *out)
{
    const struct config_words *words = value;
    (void)directive;
    if (words->count == 0)
        buf_append_text(out, "\"\"");
    for (size_t i = 0; i < words->count; i++) {
        if (i > 0)
            buf_append_char(out, ' ');
        config_write_word(out, words->items[i]);
    }
}

/* ---- session-prefixes ---- */

static bool prefix_ok(struct bytes prefix, struct error *error)
{
    if (prefix.len > 0 && prefix.len <= PREFIX_LEN_MAX && !memchr(prefix.data, 0, prefix.len))
        return true;
    error_set(error, "A prefix is 1 to %d bytes long.", PREFIX_LEN_MAX);
    return false;
}

static bool prefixes_parse(const struct directive *directive, const struct bytes *words, size_t count,
                           void *value, struct error *error)
{
    (void)directive;
    if (is_one_empty(words, count))
        count = 0;
    if (count > PREFIX_CONFIGURED_MAX) {
        error_set(error, "More than %d prefixes.", PREFIX_CONFIGURED_MAX);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!prefix_ok(words[i], error))
            return false;
    }
    words_clear(value);
    for (size_t i = 0; i < count; i++)
        words_add(value, bytes_to_cstring(words[i]));
    return true;
}

/* Between quotes, so that the comment of an old line may stay behind them. */
static void prefixes_write(const struct directive *directive, const void *value, struct buf *out)
{
    const struct config_words *words = value;
    (void)directive;
    if (words->count == 0)
        buf_append_text(out, "\"\"");
    for (size_t i = 0; i < words->count; i++) {
        if (i > 0)
            buf_append_char(out, ' ');
        buf_append_quoted(out, bytes_of(words->items[i]));
    }
}

/* ---- user, loadmodule: lines as they were written ---- */

static bool lines_parse(const struct directive *directive, const struct bytes *words, size_t count,
                        void *value, struct error *error)
{
    struct buf line = {0};
    (void)directive, (void)error;
    if (is_one_empty(words, count)) {
        words_clear(value);
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buf_append_char(&line, ' ');
        write_word(&line, words[i]);
    }
    words_add(value, bytes_to_cstring(buf_bytes(&line)));
    buf_clear(&line);
    return true;
}

static void lines_write(const struct directive *directive, const void *value, struct buf *out)
{
    const struct config_words *lines = value;
    (void)directive;
    for (size_t i = 0; i < lines->count; i++) {
        if (i > 0)
            buf_append_char(out, '\n');
        buf_append_text(out, lines->items[i]);
    }
}

/* ---- save ---- */

static bool has_save_point(const struct config_save_point *points, size_t count,
                           struct config_save_point wanted)
{
    for (size_t i = 0; i < count; i++)
        if (points[i].seconds == wanted.seconds && points[i].changes == wanted.changes)
            return true;
    return false;
}

/* A point that an earlier line said already isn't added once more: after CONFIG REWRITE file and command line
 * may both say it. */
static bool save_points_parse(const struct directive *directive, const struct bytes *words, size_t count,
                              void *value, struct error *error)
{
    struct config_save_points *points = value;
    (void)directive;
    if (is_one_empty(words, count))
        count = 0;
    bool is_valid = count % 2 == 0;
    for (size_t i = 0; i < count && is_valid; i++) {
        int64_t number;
        is_valid = parse_i64(words[i], &number) && number >= (i % 2 == 0 ? 1 : 0);
    }
    if (!is_valid) {
        error_set(error, "Invalid save parameters");
        return false;
    }
    if (count == 0)
        directive->kind->clear(points);
    size_t earlier = points->count;
    for (size_t i = 0; i < count; i += 2) {
        struct config_save_point point = {0};
        (void)parse_i64(words[i], &point.seconds);
        (void)parse_i64(words[i + 1], &point.changes);
        if (has_save_point(points->items, earlier, point))
            continue;
        points->items = grow(points->items, points->count, sizeof point);
        points->items[points->count++] = point;
    }
    return true;
}

static void save_points_append(const struct config_save_points *points, char separator, struct buf *out)
{
    for (size_t i = 0; i < points->count; i++) {
        if (i > 0)
            buf_append_char(out, separator);
        buf_printf(out, "%" PRId64 " %" PRId64, points->items[i].seconds, points->items[i].changes);
    }
}

static void save_points_print(const struct directive *directive, const void *value, struct buf *out)
{
    (void)directive;
    save_points_append(value, ' ', out);
}

static void save_points_write(const struct directive *directive, const void *value, struct buf *out)
{
    const struct config_save_points *points = value;
    (void)directive;
    if (points->count == 0)
        buf_append_text(out, "\"\"");
    save_points_append(points, '\n', out);
}

static void save_points_clear(void *value)
{
    struct config_save_points *points = value;
    mem_free(points->items);
    *points = (struct config_save_points){0};
}

static void save_points_copy(void *to, const void *from)
{
    const struct config_save_points *points = from;
    struct config_save_points *copy = to;
    *copy = (struct config_save_points){.count = points->count};
    if (points->count > 0) {
        copy->items = mem_alloc(points->count * sizeof *points->items);
        memcpy(copy->items, points->items, points->count * sizeof *points->items);
    }
}

/* ---- replicaof ---- */

static bool primary_parse(const struct directive *directive, const struct bytes *words, size_t count,
                          void *value, struct error *error)
{
    struct config_primary primary = {0};
    int64_t port;
    if (count != 2) {
        error_set(error, "wrong number of arguments");
        return false;
    }
    if (!bytes_is_nocase(words[0], "no") || !bytes_is_nocase(words[1], "one")) {
        if (!parse_i64(words[1], &port) || port < 0 || port > 65535) {
            error_set(error, "Invalid master port");
            return false;
        }
        primary = (struct config_primary){bytes_to_cstring(words[0]), (int)port};
    }
    directive->kind->clear(value);
    *(struct config_primary *)value = primary;
    return true;
}

static void primary_print(const struct directive *directive, const void *value, struct buf *out)
{
    const struct config_primary *primary = value;
    (void)directive;
    if (primary->host)
        buf_printf(out, "%s %d", primary->host, primary->port);
}

static void primary_clear(void *value)
{
    struct config_primary *primary = value;
    mem_free(primary->host);
    *primary = (struct config_primary){0};
}

static void primary_copy(void *to, const void *from)
{
    const struct config_primary *primary = from;
    *(struct config_primary *)to =
        (struct config_primary){primary->host ? mem_strdup(primary->host) : NULL, primary->port};
}

/* ---- rename-command ---- */

static void renames_add(struct config_renames *renames, char *from, char *to)
{
    renames->items = grow(renames->items, renames->count, sizeof *renames->items);
    renames->items[renames->count++] = (struct config_rename){from, to};
}

static bool renames_parse(const struct directive *directive, const struct bytes *words, size_t count,
                          void *value, struct error *error)
{
    (void)directive;
    if (count != 2) {
        error_set(error, "Bad directive or wrong number of arguments");
        return false;
    }
    renames_add(value, bytes_to_cstring(words[0]), bytes_to_cstring(words[1]));
    return true;
}

static void renames_write(const struct directive *directive, const void *value, struct buf *out)
{
    const struct config_renames *renames = value;
    (void)directive;
    for (size_t i = 0; i < renames->count; i++) {
        if (i > 0)
            buf_append_char(out, '\n');
        config_write_word(out, renames->items[i].from);
        buf_append_char(out, ' ');
        buf_append_quoted(out, bytes_of(renames->items[i].to));
    }
}

static void renames_clear(void *value)
{
    struct config_renames *renames = value;
    for (size_t i = 0; i < renames->count; i++) {
        mem_free(renames->items[i].from);
        mem_free(renames->items[i].to);
    }
    mem_free(renames->items);
    *renames = (struct config_renames){0};
}

static void renames_copy(void *to, const void *from)
{
    const struct config_renames *renames = from;
    *(struct config_renames *)to = (struct config_renames){0};
    for (size_t i = 0; i < renames->count; i++)
        renames_add(to, mem_strdup(renames->items[i].from), mem_strdup(renames->items[i].to));
}

const struct config_kind config_kind_ADDRESSES = {
    .size = sizeof(struct config_words),
    .expected = "addresses, with blanks between them",
    .parse = addresses_parse,
    .print = words_print,
    .write = plain_words_write,
    .copy = words_copy,
    .clear = words_clear,
};
const struct config_kind config_kind_PREFIXES = {
    .size = sizeof(struct config_words),
    .is_text = true,
    .expected = "beginnings of keys, with blanks between them, such as app:session: cart:",
    .parse = prefixes_parse,
    .print = words_print,
    .write = prefixes_write,
    .copy = words_copy,
    .clear = words_clear,
};
const struct config_kind config_kind_LINES = {
    .size = sizeof(struct config_words),
    .refuses_nothing = true,
    .parse = lines_parse,
    .print = lines_write,
    .write = lines_write,
    .copy = words_copy,
    .clear = words_clear,
};
const struct config_kind config_kind_SAVE_POINTS = {
    .size = sizeof(struct config_save_points),
    .expected = "pairs of seconds and changes, such as 900 1, or \"\"",
    .parse = save_points_parse,
    .print = save_points_print,
    .write = save_points_write,
    .copy = save_points_copy,
    .clear = save_points_clear,
};
const struct config_kind config_kind_PRIMARY = {
    .size = sizeof(struct config_primary),
    .expected = "a host and a port",
    .parse = primary_parse,
    .print = primary_print,
    .write = primary_print,
    .copy = primary_copy,
    .clear = primary_clear,
};
const struct config_kind config_kind_RENAMES = {
    .size = sizeof(struct config_renames),
    .is_text = true,
    .expected = "a command and its new name, or \"\"",
    .parse = renames_parse,
    .print = renames_write,
    .write = renames_write,
    .copy = renames_copy,
    .clear = renames_clear,
};
