/* SPDX-License-Identifier: BSD-3-Clause */
/* One server for each snapshot file. The file itself can't carry the lock, since each save puts another in
 * its place. */
#include "base/alloc.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "snapshot_private.h"
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <unistd.h>

void snapshot_lock_release(struct snapshot_lock *lock)
{
    if (lock->fd >= 0)
        close(lock->fd);
    lock->fd = -1;
    mem_free(lock->path);
    lock->path = NULL;
}

enum snapshot_locked snapshot_lock_take(struct snapshot_lock *lock, const char *name, struct error *error)
{
    char directory[PATH_MAX];
    struct buf path = {0}, lock_name = {0};
    if (!getcwd(directory, sizeof directory))
        directory[0] = 0;
    buf_printf(&path, "%s/%s", directory, name);
    bool is_held = lock->fd >= 0 && strcmp(lock->path, buf_cstring(&path)) == 0;
    enum snapshot_locked result = SNAPSHOT_LOCKED;
    if (!is_held) {
        snapshot_lock_release(lock);
        buf_printf(&lock_name, ".%s.lock", name);
        errno = 0;
        lock->fd = file_lock(buf_cstring(&lock_name), error);
        if (lock->fd >= 0)
            lock->path = mem_strdup(buf_cstring(&path));
        else
            result = errno == EWOULDBLOCK ? SNAPSHOT_LOCKED_BY_OTHER : SNAPSHOT_LOCK_FAILED;
        if (result == SNAPSHOT_LOCKED_BY_OTHER)
            error_set(error, "another server uses %s", buf_cstring(&path));
    }
    buf_clear(&path);
    buf_clear(&lock_name);
    return result;
}

/* "temp-4711-dump.rdb" of "dump.rdb". */
static bool is_stale(const char *file, const char *name)
{
    static const char start[] = "temp-";
    if (strncmp(file, start, sizeof start - 1) != 0)
        return false;
    const char *at = file + sizeof start - 1, *digits = at;
    while (*at >= '0' && *at <= '9')
        at++;
    return at > digits && *at == '-' && strcmp(at + 1, name) == 0;
}

bool snapshot_has_stale(const char *name)
{
    DIR *directory = opendir(".");
    const struct dirent *file;
    bool is_found = false;
    if (!directory)
        return false;
    while (!is_found && (file = readdir(directory)))
        is_found = is_stale(file->d_name, name);
    closedir(directory);
    return is_found;
}

void snapshot_remove_stale(const char *name)
{
    DIR *directory = opendir(".");
    const struct dirent *file;
    if (!directory)
        return;
    while ((file = readdir(directory))) {
        if (is_stale(file->d_name, name) && unlink(file->d_name) == 0)
            log_notice("Removed %s, which an interrupted save has left", file->d_name);
    }
    closedir(directory);
}
