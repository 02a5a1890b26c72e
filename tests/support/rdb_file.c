/* SPDX-License-Identifier: BSD-3-Clause */
#include "support/rdb_file.h"
#include "base/crc64.h"
#include "base/file.h"
#include "persist/rdb_format.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

char rdb_file_directory[64], rdb_file_path[128], rdb_file_salvaged[128];

int rdb_file_make_directory(void **state)
{
    (void)state;
    (void)snprintf(rdb_file_directory, sizeof rdb_file_directory, "/tmp/test_rdb_file.XXXXXX");
    if (!mkdtemp(rdb_file_directory))
        return -1;
    (void)snprintf(rdb_file_path, sizeof rdb_file_path, "%s/dump.rdb", rdb_file_directory);
    (void)snprintf(rdb_file_salvaged, sizeof rdb_file_salvaged, "%s/salvaged.rdb", rdb_file_directory);
    return 0;
}

int rdb_file_remove_directory(void **state)
{
    (void)state;
    (void)unlink(rdb_file_path);
    return rmdir(rdb_file_directory);
}

void rdb_file_make(struct buf *file, struct bytes pieces)
{
    file->len = 0;
    buf_append_text(file, "REDIS0015");
    buf_append_bytes(file, pieces);
    buf_append_char(file, (char)RDB_END);
    uint64_t checksum = crc64(0, file->data, file->len);
    for (int i = 0; i < 8; i++)
        buf_append_char(file, (char)(checksum >> (8 * i)));
}

enum rdb_checked rdb_file_check_with(const struct rdb_check_libraries *libraries, struct bytes content,
                                     const char *salvage, struct buf *report)
{
    struct error error;
    assert_true(file_write_atomic(rdb_file_path, content, 0600, &error));
    report->len = 0;
    return rdb_check(rdb_file_path, salvage, libraries, report);
}

enum rdb_checked rdb_file_check(struct bytes content, const char *salvage, struct buf *report)
{
    return rdb_file_check_with(NULL, content, salvage, report);
}

void rdb_file_assert_says(struct buf *report, const char *text)
{
    if (!strstr(buf_cstring(report), text))
        fail_msg("%s\nis not in\n%s", text, buf_cstring(report));
}
