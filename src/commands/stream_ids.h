/* SPDX-License-Identifier: BSD-3-Clause */
/* Commands that do something to each of the entries whose IDs are their last arguments: very many of them in
 * steps. */
#ifndef COMMANDS_STREAM_IDS_H
#define COMMANDS_STREAM_IDS_H

#include "engine/call.h"

/* Does it to those from argv[first] up to argv[end], which are IDs, and says how many it was done to;
 * `is_begin`: it wasn't done to any before. The key may be gone or another's. */
typedef int64_t edit_ids(struct call *call, int first, int end, bool is_begin);

/* Checks all arguments from argv[first] on, then does it, and replies to how many. The last thing that the
 * command does. */
void call_edit_ids(struct call *call, int first, edit_ids *edit);

#endif
