/* SPDX-License-Identifier: BSD-3-Clause */
/* "Did you mean ...": the word of a list that is spelt most nearly like a wrong one. */
#ifndef CONFIG_NEAREST_H
#define CONFIG_NEAREST_H

#include "config/config.h"

/* Changes of a letter (one put in, left out, exchanged for another or swapped with the next) that make `a` of `b`, without
 * regard to case; words over 63 bytes are as far as can be. */
size_t nearest_distance(struct bytes a, struct bytes b);

/* The nearest directive, or NULL when none is near; and by which of its names it is the nearest. */
const struct directive *nearest_directive(struct bytes name);
const char *nearest_name(struct bytes name, const struct directive *directive);

/* The nearest word that a directive with choices takes, or NULL. */
const char *nearest_choice(const struct directive *directive, struct bytes word);

#endif
