/* SPDX-License-Identifier: BSD-3-Clause */
#include "copies.h"
#include "base/buf.h"
#include "disk.h"
#include "persist/rdb_check.h"
#include "world.h"
#include <fcntl.h>
#include <unistd.h>

#define COPY "copy.rdb"
#define KEPT "kept.rdb"

static bool read_snapshot(struct buf *content)
{
    char part[4096];
    ssize_t len;
    int fd = open("dump.rdb", O_RDONLY);
    if (fd < 0)
        return false;
    while ((len = read(fd, part, sizeof part)) > 0)
        buf_append(content, part, (size_t)len);
    (void)close(fd);
    return len == 0 && content->len > 0;
}

static bool write_copy(struct bytes content)
{
    int fd = open(COPY, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0)
        return false;
    ssize_t len;
    while (content.len > 0 && (len = write(fd, content.data, content.len)) > 0)
        content = bytes_make(content.data + len, content.len - (size_t)len);
    (void)close(fd);
    return content.len == 0;
}

void check_snapshot(struct chance *chance)
{
    struct buf content = {0}, report = {0};
    bool is_whole = chance_permille(chance, 200);
    if (!read_snapshot(&content)) {
        buf_clear(&content);
        return;
    }
    for (int64_t times = is_whole ? 0 : chance_between(chance, 1, 3); times > 0; times--)
        content.data[chance_below(chance, content.len)] = (char)chance_next(chance);
    if (!is_whole && chance_permille(chance, 200))
        content.len = (size_t)chance_below(chance, content.len);
    if (write_copy(buf_bytes(&content))) {
        enum rdb_checked result = rdb_check(COPY, chance_permille(chance, 500) ? KEPT : NULL, NULL, &report);
        if (is_whole && !faults.are_on && result != RDB_CHECKED_GOOD)
            world_fail("a whole snapshot is said to be damaged: %.*s", (int)report.len, report.data);
    }
    disk_remove(COPY);
    disk_remove(KEPT);
    buf_clear(&content);
    buf_clear(&report);
}
