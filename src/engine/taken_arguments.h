/* SPDX-License-Identifier: BSD-3-Clause */
/* Of very many arguments a copy takes long: whoever keeps them gets them as they lie, with the buffer that
 * their request came in. */
#ifndef ENGINE_TAKEN_ARGUMENTS_H
#define ENGINE_TAKEN_ARGUMENTS_H

#include "base/buf.h"
#include "engine/call.h"

/* Zero-initialised: there are none. */
struct taken_arguments {
    struct bytes *items;
    struct buf input;
};

/* Whether the call's arguments can be had, and are worth it. */
bool arguments_can_be_taken(const struct call *call);
/* Gives them away, from the batch and the client. The call's views stay as they are. */
struct taken_arguments arguments_take(struct call *call);
void taken_arguments_clear(struct taken_arguments *taken);
size_t taken_arguments_memory(const struct taken_arguments *taken);

#endif
