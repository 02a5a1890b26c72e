/* SPDX-License-Identifier: BSD-3-Clause */
/* What the server must have when it has loaded its snapshot. */
#ifndef SIM_LOADED_H
#define SIM_LOADED_H

#include <stdint.h>

struct dataset;

/* The name of the file that is found at the start. */
#define DUMP "dump.rdb"

/* The saved dataset as the running server must have it: deadlines are those of the wall clock, which was
 * `saved_offset_ms` ahead, and what has ended meanwhile is gone. */
void loaded_dataset(struct dataset *data, const struct dataset *saved, int64_t saved_offset_ms);

#endif
