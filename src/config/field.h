/* SPDX-License-Identifier: BSD-3-Clause */
/* The value of one directive, in a configuration or in a union config_value beside it: what kinds do, with
 * the rules that hold for all kinds. */
#ifndef CONFIG_FIELD_H
#define CONFIG_FIELD_H

#include "kind.h"
#include "line.h"

static inline void *field_of(struct config *config, const struct directive *directive)
{
    return (char *)config + directive->offset;
}

static inline const void *field_of_const(const struct config *config, const struct directive *directive)
{
    return (const char *)config + directive->offset;
}

/* Makes `value`, which holds nothing, the default. */
void field_init(const struct directive *directive, void *value);

/* Replaces the value by what the words say; with `adds`, a CONFIG_MULTI directive keeps what it held besides.
 * False, with `error` filled and the value as it was, when they are refused. */
bool field_read(const struct directive *directive, const struct bytes *words, size_t count, bool adds,
                void *value, struct error *error);

/* The same from one text, as CONFIG SET gets it: blanks separate words, if the directive takes several. */
bool field_read_text(const struct directive *directive, struct bytes text, bool adds, void *value,
                     struct error *error);

/* The same from a line of a file. A directive that takes several words takes them as one quoted word as
 * well. */
bool field_read_line(const struct directive *directive, const struct line *line, bool adds, void *value,
                     struct error *error);

/* What stands behind the name in a file; see struct config_kind. */
void field_write(const struct directive *directive, const void *value, struct buf *out);

bool field_is_equal(const struct directive *directive, const void *a, const void *b);
bool field_is_default(const struct directive *directive, const void *value);

/* Makes `to`, which holds nothing, a copy. */
void field_copy(const struct directive *directive, void *to, const void *from);
void field_clear(const struct directive *directive, void *value);
void field_swap(const struct directive *directive, void *a, void *b);

#endif
