/* SPDX-License-Identifier: BSD-3-Clause */
#include "support/log_copy.h"
#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/panic.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[64];

void log_copy_begin(void)
{
    memcpy(path, "/tmp/sessiond-log-XXXXXX", sizeof "/tmp/sessiond-log-XXXXXX");
    int fd = mkstemp(path);
    ASSERT(fd >= 0);
    (void)close(fd);
    ASSERT(log_open(path, NULL));
}

bool log_copy_has(const char *text)
{
    struct buf lines = {0};
    ASSERT(file_read_all(path, &lines, 1 << 24, NULL));
    bool has = strstr(buf_cstring(&lines), text);
    buf_clear(&lines);
    return has;
}

void log_copy_end(void)
{
    ASSERT(log_open("", NULL));
    (void)unlink(path);
}
