/* SPDX-License-Identifier: BSD-3-Clause */
/* "Did you mean ...": the word of a list that is spelt most nearly like a wrong one. */
#ifndef CONFIG_NEAREST_H
#define CONFIG_NEAREST_H

#include "config/config.h"

/* Changes of a letter (one put in, left out, exchanged for another or swapped with the next) that make `a` of
 * `b`, without regard to case. `limit` when there are as many or more, and for words over 63 bytes. */
size_t nearest_distance(struct bytes a, struct bytes b, size_t limit);

/* The nearest directive, and by which of its names (`*by_name`, not touched otherwise); NULL when none is
 * near. */
const struct directive *nearest_directive(struct bytes name, const char **by_name);

/* The nearest word that a directive with choices takes, or NULL. */
const char *nearest_choice(const struct directive *directive, struct bytes word);

#endif
