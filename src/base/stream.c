/* SPDX-License-Identifier: BSD-3-Clause */
#include "base/stream.h"
#include "base/file.h"
#include "base/list.h"
#include "base/panic.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The system is asked to begin writing after so many bytes. */
#define WRITE_BACK_STEP ((uint64_t)8 << 20)

/* ---- sources ---- */

/* Opening a pipe that nobody writes to would wait for somebody who does. */
bool source_open_file(struct source *source, const char *path, struct error *error)
{
    struct stat status;
    *source =
        (struct source){.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), .owns_fd = true};
    if (source->fd < 0 || fstat(source->fd, &status) != 0) {
        int reason = errno;
        error_set(error, "can't open %s: %s", path, strerror(reason));
        source_close(source);
        errno = reason;
        return false;
    }
    if (!S_ISREG(status.st_mode)) {
        error_set(error, "%s is not a regular file", path);
        source_close(source);
        errno = EINVAL;
        return false;
    }
    source->size = (uint64_t)status.st_size;
    (void)posix_fadvise(source->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return true;
}

void source_of_bytes(struct source *source, struct bytes bytes)
{
    if (!bytes.data)
        bytes.data = "";
    *source = (struct source){.fd = -1, .memory = bytes, .size = bytes.len};
}

void source_of_pipe(struct source *source, int fd)
{
    *source = (struct source){.fd = fd, .size = SOURCE_SIZE_UNKNOWN, .only_forward = true};
}

void source_close(struct source *source)
{
    if (source->owns_fd && source->fd >= 0)
        close(source->fd);
    source->fd = -1;
}

static ssize_t read_memory(const struct source *source, uint64_t offset, void *to, size_t room)
{
    if (offset >= source->size)
        return 0;
    size_t left = (size_t)(source->size - offset), len = left < room ? left : room;
    memcpy(to, source->memory.data + offset, len);
    return (ssize_t)len;
}

ssize_t source_read(struct source *source, uint64_t offset, void *to, size_t room)
{
    ssize_t count;
    if (source->fd < 0)
        return read_memory(source, offset, to, room);
    ASSERT(!source->only_forward || offset == source->position);
    do {
        count =
            source->only_forward ? read(source->fd, to, room) : pread(source->fd, to, room, (off_t)offset);
    } while (count < 0 && errno == EINTR);
    if (count > 0)
        source->position = offset + (uint64_t)count;
    return count;
}

/* ---- sinks ---- */

static bool write_file(struct sink *sink, struct bytes bytes, struct error *error)
{
    struct file_sink *file = LIST_ENTRY(sink, struct file_sink, sink);
    if (!file_write_all(file->fd, bytes, file->path, error))
        return false;
    file->written += bytes.len;
    if (file->written - file->flushed_ahead >= WRITE_BACK_STEP) {
        (void)sync_file_range(file->fd, (off_t)file->flushed_ahead,
                              (off_t)(file->written - file->flushed_ahead), SYNC_FILE_RANGE_WRITE);
        file->flushed_ahead = file->written;
    }
    return true;
}

void file_sink_init(struct file_sink *sink, int fd, const char *path)
{
    *sink = (struct file_sink){.sink = {.write = write_file}, .fd = fd, .path = path};
}

static bool write_buf(struct sink *sink, struct bytes bytes, struct error *error)
{
    struct buf *buf = LIST_ENTRY(sink, struct buf_sink, sink)->buf;
    if (!buf_try_reserve(buf, bytes.len)) {
        error_set(error, "no memory for %zu bytes", bytes.len);
        return false;
    }
    buf_append_bytes(buf, bytes);
    return true;
}

void buf_sink_init(struct buf_sink *sink, struct buf *buf)
{
    *sink = (struct buf_sink){.sink = {.write = write_buf}, .buf = buf};
}
