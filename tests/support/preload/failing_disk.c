/* SPDX-License-Identifier: BSD-3-Clause */
/* A disk that fails when told to: preloaded into a server, it stands before open, write, fsync and rename.
 * FAILING_DISK names a file with one line, read at each call, that can change while the server runs:
 *
 *     CALL ERRNO PATTERN LIMIT
 *
 * That call fails with that error on files whose path contains the pattern; a write only beyond LIMIT bytes
 * of the file, up to which it is short, as on a full disk. An empty file lets everything through. Calls on
 * such files are noted in the file that FAILING_DISK_TRACE names, one a line. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

struct fault {
    char call[16], pattern[64];
    int error;
    long limit;
};

/* False when nothing is to fail. Goes by system calls alone: those of the library lead back here. */
static int read_fault(struct fault *fault)
{
    char line[256];
    const char *path = getenv("FAILING_DISK");
    long fd = path ? syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0)
        return 0;
    long len = syscall(SYS_read, fd, line, sizeof line - 1);
    (void)syscall(SYS_close, fd);
    line[len < 0 ? 0 : len] = 0;
    fault->limit = 0;
    return sscanf(line, "%15s %d %63s %ld", fault->call, &fault->error, fault->pattern, &fault->limit) >= 3;
}

static void trace(const char *call, const char *path)
{
    char line[PATH_MAX + 32];
    const char *to = getenv("FAILING_DISK_TRACE");
    long fd = to ? syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd < 0)
        return;
    int len = snprintf(line, sizeof line, "%s %s\n", call, path);
    (void)syscall(SYS_write, fd, line, (size_t)len);
    (void)syscall(SYS_close, fd);
}

static int fails(const char *call, const char *path, struct fault *fault)
{
    return read_fault(fault) && strcmp(fault->call, call) == 0 && strstr(path, fault->pattern);
}

static void path_of(int fd, char *path)
{
    char link[64];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    long len = syscall(SYS_readlinkat, AT_FDCWD, link, path, PATH_MAX - 1);
    path[len < 0 ? 0 : len] = 0;
}

int open(const char *path, int flags, ...)
{
    struct fault fault;
    va_list args;
    va_start(args, flags);
    mode_t mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
    va_end(args);
    if ((flags & O_CREAT) && fails("open", path, &fault)) {
        errno = fault.error;
        return -1;
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    struct fault fault;
    char path[PATH_MAX];
    struct stat status;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) {
        path_of(fd, path);
        if (fails("write", path, &fault)) {
            if (status.st_size >= fault.limit) {
                errno = fault.error;
                return -1;
            }
            if ((size_t)(fault.limit - status.st_size) < len)
                len = (size_t)(fault.limit - status.st_size);
        }
    }
    return syscall(SYS_write, fd, bytes, len);
}

int fsync(int fd)
{
    struct fault fault;
    char path[PATH_MAX];
    path_of(fd, path);
    trace("fsync", path);
    if (fails("fsync", path, &fault)) {
        errno = fault.error;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

int rename(const char *from, const char *to)
{
    struct fault fault;
    trace("rename", to);
    if (fails("rename", to, &fault)) {
        errno = fault.error;
        return -1;
    }
    return (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
}
