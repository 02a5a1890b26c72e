/* SPDX-License-Identifier: BSD-3-Clause */
/* Who comes for a hash of which very many fields are past their deadline waits until they are gone: some at a
 * time, while others are served. */
#ifndef ENGINE_DUE_FIELDS_H
#define ENGINE_DUE_FIELDS_H

#include "engine/call.h"

/* Drops some fields that are due of the hash at the call's first key; true when there are more: the call had
 * better not run yet. */
bool due_fields_are_left(const struct call *call);
/* The call's client waits (WAIT_FIELDS) until there are none; its request is admitted then. */
void due_fields_wait(const struct call *call);

#endif
