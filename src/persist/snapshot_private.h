/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files about the server's snapshots share. */
#ifndef PERSIST_SNAPSHOT_PRIVATE_H
#define PERSIST_SNAPSHOT_PRIVATE_H

#include "base/error.h"
#include <stdbool.h>

/* The right to write the snapshot file `name` of the working directory: a lock on a file beside it, kept
 * until another name or directory is asked for. */
struct snapshot_lock {
    int fd;     /* -1: none */
    char *path; /* absolute, of the snapshot */
};

enum snapshot_locked {
    SNAPSHOT_LOCKED,
    SNAPSHOT_LOCKED_BY_OTHER,
    SNAPSHOT_LOCK_FAILED, /* the directory isn't writable, say */
};

enum snapshot_locked snapshot_lock_take(struct snapshot_lock *lock, const char *name, struct error *error);
void snapshot_lock_release(struct snapshot_lock *lock);

/* Whether there is, in the working directory, a file that a server writes, or was writing when it died, as
 * snapshot `name`; removes all of these, which is only for who holds the lock. */
bool snapshot_has_stale(const char *name);
void snapshot_remove_stale(const char *name);

#endif
