/* SPDX-License-Identifier: BSD-3-Clause */
/* Files as a whole: read, replaced, locked. Replacing keeps this order: content synced before the name points
 * at it, name synced before the caller believes it. */
#include "base/file.h"
#include "base/alloc.h"
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(struct error *error, const char *what, const char *path)
{
    error_set(error, "can't %s %s: %s", what, path, strerror(errno));
    return false;
}

char *file_path_in(const char *directory, struct bytes name)
{
    struct buf path = {0};
    if (directory && !(name.len > 0 && name.data[0] == '/'))
        buf_printf(&path, "%s/", directory);
    buf_append(&path, name.data, name.len);
    char *result = bytes_to_cstring(buf_bytes(&path));
    buf_clear(&path);
    return result;
}

/* ---- Reading ---- */

/* Reads on until the end. The size that the system tells is only where to begin: a file may grow, or be a
 * pipe. */
static bool read_to_end(int fd, const char *path, struct buf *buf, size_t max, struct error *error)
{
    size_t start = buf->len;
    for (;;) {
        size_t room = buf->capacity - buf->len, left = max - (buf->len - start);
        ssize_t got;
        if (room == 0) {
            if (!buf_try_reserve(buf, buf->capacity / 2 + 4096)) {
                error_set(error, "can't read %s: no memory", path);
                return false;
            }
            continue;
        }
        /* One byte more than allowed shows that there is more. */
        got = read(fd, buf->data + buf->len, room <= left ? room : left + 1);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail(error, "read", path);
        if (got == 0)
            return true;
        if ((size_t)got > left) {
            error_set(error, "can't read %s: it is longer than %zu bytes", path, max);
            return false;
        }
        buf->len += (size_t)got;
    }
}

bool file_read_all(const char *path, struct buf *buf, size_t max, struct error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    size_t start = buf->len;
    struct stat status;
    bool is_read;
    if (fd < 0)
        return fail(error, "open", path);
    if (fstat(fd, &status) == 0 && status.st_size > 0 && (uint64_t)status.st_size <= max)
        (void)buf_try_reserve(buf, (size_t)status.st_size + 1);
    is_read = read_to_end(fd, path, buf, max, error);
    close(fd);
    if (!is_read)
        buf->len = start;
    return is_read;
}

/* ---- Writing ---- */

bool file_write_all(int fd, struct bytes bytes, const char *path, struct error *error)
{
    while (bytes.len > 0) {
        ssize_t written = write(fd, bytes.data, bytes.len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return fail(error, "write to", path);
        bytes.data += written;
        bytes.len -= (size_t)written;
    }
    return true;
}

/* The caller frees it. */
static char *directory_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return !slash ? mem_strdup(".")
                  : bytes_to_cstring(bytes_make(path, slash == path ? 1 : (size_t)(slash - path)));
}

bool file_may_make(const char *path, struct error *error)
{
    char *directory = directory_of(path);
    bool may_make = access(directory, W_OK | X_OK) == 0;
    int failure = errno;
    mem_free(directory);
    errno = failure;
    return may_make || fail(error, "make", path);
}

bool file_may_write(const char *path, struct error *error)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return errno == ENOENT ? file_may_make(path, error) : fail(error, "write to", path);
    if (!S_ISDIR(status.st_mode) && access(path, W_OK) == 0)
        return true;
    errno = S_ISDIR(status.st_mode) ? EISDIR : errno;
    return fail(error, "write to", path);
}

bool file_sync_directory_of(const char *path, struct error *error)
{
    char *directory = directory_of(path);
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool is_synced = fd >= 0 && fsync(fd) == 0;
    if (!is_synced)
        fail(error, "sync directory", directory);
    if (fd >= 0)
        close(fd);
    mem_free(directory);
    return is_synced;
}

bool file_replace(const char *temporary_path, const char *path, struct error *error)
{
    if (rename(temporary_path, path) != 0)
        return fail(error, "rename a temporary file to", path);
    return file_sync_directory_of(path, error);
}

/* Gives it the owner and the group of the file whose place it takes. Only root may give files away; others
 * may still choose among their own groups. Where neither is permitted it stays with whoever writes it. */
static void take_owner(int fd, const char *of_path)
{
    struct stat status;
    if (stat(of_path, &status) == 0 && fchown(fd, status.st_uid, status.st_gid) != 0)
        (void)!fchown(fd, (uid_t)-1, status.st_gid);
}

/* Writes, syncs and closes. */
static bool fill(int fd, struct bytes bytes, mode_t mode, const char *path, struct error *error)
{
    bool is_filled = file_write_all(fd, bytes, path, error);
    if (is_filled && fchmod(fd, mode) != 0)
        is_filled = fail(error, "set the mode of", path);
    if (is_filled && fsync(fd) != 0)
        is_filled = fail(error, "sync", path);
    if (close(fd) != 0 && is_filled)
        is_filled = fail(error, "close", path);
    return is_filled;
}

bool file_write_atomic(const char *path, struct bytes bytes, mode_t mode, struct error *error)
{
    struct buf temporary = {0};
    bool is_replaced;
    int fd;
    buf_printf(&temporary, "%s.XXXXXX%c", path, '\0');
    fd = mkostemp(temporary.data, O_CLOEXEC);
    if (fd < 0) {
        fail(error, "create a temporary file beside", path);
        buf_clear(&temporary);
        return false;
    }
    take_owner(fd, path);
    is_replaced = fill(fd, bytes, mode, temporary.data, error) && file_replace(temporary.data, path, error);
    if (!is_replaced)
        unlink(temporary.data); /* gone already when only the directory couldn't be synced */
    buf_clear(&temporary);
    return is_replaced;
}

/* ---- Locking ---- */

int file_lock(const char *path, struct error *error)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0) {
        fail(error, "open", path);
        return -1;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    if (errno == EWOULDBLOCK)
        error_set(error, "%s is locked by another process", path);
    else
        fail(error, "lock", path);
    close(fd);
    return -1;
}
