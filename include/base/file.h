/* SPDX-License-Identifier: BSD-3-Clause */
/* Files as a whole. Each function tells in `error` (which may be NULL) what failed, on which file, and
 * why. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"
#include "base/error.h"
#include <sys/types.h>

/* The path of `name` in `directory`; of an absolute name, and without a directory, the name itself. The
 * caller frees it. */
char *file_path_in(const char *directory, struct bytes name);

/* Appends the file's content to `buf`. False when it can't be read, is longer than `max` bytes, or is a
 * directory; then `buf` is as it was. */
bool file_read_all(const char *path, struct buf *buf, size_t max, struct error *error);

/* Puts `bytes` in the place of the file at `path`. After a crash at any time there is either the old file or
 * the new one, whole: written beside it under a name of its own, synced, renamed, the directory synced.
 * `mode` is not subject to the umask; owner and group stay those of the old file where the system permits it.
 * On failure the old file stays and nothing is left over. */
bool file_write_atomic(const char *path, struct bytes bytes, mode_t mode, struct error *error);

/* Whether the file at `path` could be opened for writing, or made when it isn't there. Nothing is made. */
bool file_may_write(const char *path, struct error *error);

/* Whether a file could be made at `path`, in the place of another one if need be. */
bool file_may_make(const char *path, struct error *error);

/* The last step of file_write_atomic, for those who write large files by themselves: renames a file that is
 * written and synced to `path`, and syncs the directory. */
bool file_replace(const char *temporary_path, const char *path, struct error *error);

/* Makes what was created, renamed or removed in the directory that holds `path` last through a crash. */
bool file_sync_directory_of(const char *path, struct error *error);

/* Writes all of `bytes` to `fd`, whose name `path` is for the error's sake. */
bool file_write_all(int fd, struct bytes bytes, const char *path, struct error *error);

/* Takes an exclusive lock on the file at `path`, made when missing. Returns a descriptor that holds it until
 * closed, or -1 when another process has it, or on failure. */
int file_lock(const char *path, struct error *error);

#endif
