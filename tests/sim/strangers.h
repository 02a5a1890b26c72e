/* SPDX-License-Identifier: BSD-3-Clause */
/* Snapshot files of other servers, whole and damaged: what is read of them is what they say, or they are
 * refused; the checker says the same, and what it salvages can be read. */
#ifndef SIM_STRANGERS_H
#define SIM_STRANGERS_H

#include "chance.h"

struct buf;
struct dataset;

/* A file with the keys that there are now is read, or one that was damaged. */
void strangers_check(struct chance *chance);

/* Before the server starts: in the place of its snapshot another server leaves one with this dataset. False:
 * it can't be loaded; `whole` can. */
bool strangers_leave(const char *name, const struct dataset *dataset, int64_t wall_offset_ms,
                     struct buf *whole, struct chance *chance);

#endif
