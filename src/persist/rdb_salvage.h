/* SPDX-License-Identifier: BSD-3-Clause */
/* The good beginning of a snapshot file as a file of its own. */
#ifndef PERSIST_RDB_SALVAGE_H
#define PERSIST_RDB_SALVAGE_H

#include "base/error.h"
#include <stdbool.h>
#include <stdint.h>

struct rdb_salvage_part {
    unsigned version; /* of the file */
    uint64_t end;     /* bytes from the front on that are whole pieces */
};

/* Copies the part from `fd` to a new file at `path`, closes it with an end and a checksum, and syncs it. False, with nothing
 * left at `path`, when that fails or something is there already. */
bool rdb_salvage(int fd, const struct rdb_salvage_part *part, const char *path, struct error *error);

#endif
