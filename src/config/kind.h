/* SPDX-License-Identifier: BSD-3-Clause */
/* The kinds of directives: how the words of a line become a field's value and the other way round. A value is
 * plain memory of its kind's type (see CONFIG_KINDS); all zero bytes are a value too, the empty one. */
#ifndef CONFIG_KIND_H
#define CONFIG_KIND_H

#include "base/buf.h"
#include "base/error.h"
#include "config/config.h"

struct config_kind {
    size_t size; /* of the field; 0: a word of files that holds no value */

    /* What is expected, to follow "write"; with `has_range`, the range follows. NULL where any text will
     * do. */
    const char *expected;
    bool has_range;

    /* A word that begins with # may be meant as a part of the value: a password, a name, a path. */
    bool is_text;
    bool refuses_nothing; /* `parse` takes any words, and adds them */

    /* Takes over `words` (there is one, unless the directive is CONFIG_WORDS or CONFIG_FILE_ONLY). Replaces
     * what `value` held, or adds to it if the directive is CONFIG_MULTI. False, with `error` filled and
     * `value` as it was, when they can't be understood or are out of range; the texts are Redis'. */
    bool (*parse)(const struct directive *directive, const struct bytes *words, size_t count, void *value,
                  struct error *error);

    /* Appends the value as CONFIG GET shows it. */
    void (*print)(const struct directive *directive, const void *value, struct buf *out);

    /* Appends what stands behind the name in a file; between lines of a directive that takes several, a
     * newline. Nothing for a value that only a missing line expresses. */
    void (*write)(const struct directive *directive, const void *value, struct buf *out);

    /* Makes `to`, which holds nothing, a copy; and gives back what a value owns, leaving the empty one. NULL
     * where values own nothing. */
    void (*copy)(void *to, const void *from);
    void (*clear)(void *value);
};

#define DECLARE_KIND(kind, type) extern const struct config_kind config_kind_##kind;
CONFIG_KINDS(DECLARE_KIND)
#undef DECLARE_KIND

/* Words of files that hold no value; loading knows what to do. */
extern const struct config_kind config_kind_INCLUDE, config_kind_SENTINEL, config_kind_OBSOLETE;

/* For kinds whose value is one owned text. */
void config_text_print(const struct directive *directive, const void *value, struct buf *out);
void config_text_write(const struct directive *directive, const void *value, struct buf *out);
void config_text_copy(void *to, const void *from);
void config_text_clear(void *value);

/* Appends a size with the largest unit that leaves a whole number: 268435456 as 256mb. */
void config_write_bytes(struct buf *out, int64_t byte_count);

/* Appends one word of a line, in quotes if it would not be read back without. */
void config_write_word(struct buf *out, const char *word);

/* Room for a value of any kind. */
union config_value {
#define VALUE_MEMBER(kind, type) config_type_##kind kind;
    CONFIG_KINDS(VALUE_MEMBER)
#undef VALUE_MEMBER
};

#endif
