/* SPDX-License-Identifier: BSD-3-Clause */
/* The pieces are copied as they are, whatever they hold: so nothing is lost that could be read, and a type of value that this
 * server doesn't know survives as well. Only the end is new. */
#include "rdb_salvage.h"
#include "base/alloc.h"
#include "base/buf.h"
#include "base/crc64.h"
#include "base/file.h"
#include "rdb_format.h"
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define COPY_SIZE ((size_t)1 << 20)

static bool fail(struct error *error, const char *what, const char *path)
{
    error_set(error, "can't %s %s: %s", what, path, strerror(errno));
    return false;
}

static bool copy(int from, int to, const struct rdb_salvage_part *part, const char *path, uint64_t *checksum,
                 struct error *error)
{
    char *bytes = mem_alloc(COPY_SIZE);
    bool is_good = true;
    for (uint64_t done = 0; is_good && done < part->end;) {
        uint64_t left = part->end - done;
        ssize_t got = pread(from, bytes, left < COPY_SIZE ? (size_t)left : COPY_SIZE, (off_t)done);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            error_set(error, "the file can't be read again");
            is_good = false;
            break;
        }
        *checksum = crc64(*checksum, bytes, (size_t)got);
        is_good = file_write_all(to, bytes_make(bytes, (size_t)got), path, error);
        done += (uint64_t)got;
    }
    mem_free(bytes);
    return is_good;
}

static bool close_file(int fd, const struct rdb_salvage_part *part, const char *path, uint64_t checksum,
                       struct error *error)
{
    char end[1 + RDB_CHECKSUM_SIZE] = {(char)RDB_END};
    size_t len = part->version < RDB_VERSION_WITH_CHECKSUM ? 1 : sizeof end;
    checksum = crc64(checksum, end, 1);
    for (int i = 0; i < RDB_CHECKSUM_SIZE; i++)
        end[1 + i] = (char)(checksum >> (8 * i));
    return file_write_all(fd, bytes_make(end, len), path, error) &&
           (fsync(fd) == 0 || fail(error, "sync", path));
}

bool rdb_salvage(int fd, const struct rdb_salvage_part *part, const char *path, struct error *error)
{
    uint64_t checksum = 0;
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (to < 0)
        return fail(error, "create", path);
    bool is_good = copy(fd, to, part, path, &checksum, error) && close_file(to, part, path, checksum, error);
    if (close(to) != 0 && is_good)
        is_good = fail(error, "close", path);
    is_good = is_good && file_sync_directory_of(path, error);
    if (!is_good)
        (void)unlink(path);
    return is_good;
}
