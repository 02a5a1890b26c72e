/* SPDX-License-Identifier: BSD-3-Clause */
/* How long a key is to live, in the one language that SET, GETEX and their kin have for it: EX, PX, EXAT and
 * PXAT with a time, and a word without one. */
#ifndef COMMANDS_LIFETIME_H
#define COMMANDS_LIFETIME_H

#include "engine/call.h"

struct lifetime;

/* KEEPTTL, PERSIST. */
extern const struct lifetime keep_lifetime, endless_lifetime;

/* What a command was told; zeros: nothing. */
struct lifetime_option {
    const struct lifetime *lifetime;
    int time_index; /* where the argument of a timed one is */
};

/* Takes the word at `*index`, and the time behind it, if it is a timed one or `untimed`. The same word may
 * come again and the last one counts, but different ones exclude each other. */
bool take_lifetime(const struct call *call, int *index, const struct lifetime *untimed,
                   struct lifetime_option *option);

/* What the option means for the deadline: none when nothing was said. False, having replied, when the time
 * makes no sense. */
bool resolve_lifetime(struct call *call, const struct lifetime_option *option, struct deadline *deadline);

#endif
