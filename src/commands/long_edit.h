/* SPDX-License-Identifier: BSD-3-Clause */
/* Editing a large string in place, while somebody else still reads it. */
#ifndef COMMANDS_LONG_EDIT_H
#define COMMANDS_LONG_EDIT_H

#include "engine/call.h"

/* To be asked before the string at `key`, the first argument, is edited and made `len` bytes long: one
 * that is large, and shared with a reply, a copy or a snapshot, is copied in slices first. False: the
 * command, which must not have changed or replied anything before, is to return: it is run when the copy
 * is made. */
bool own_long_string(struct call *call, struct key key, size_t len);

#endif
