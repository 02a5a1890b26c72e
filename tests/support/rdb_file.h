/* SPDX-License-Identifier: BSD-3-Clause */
/* A snapshot file in a directory of its own, what is reported on it, and what is salvaged of it. */
#ifndef SUPPORT_RDB_FILE_H
#define SUPPORT_RDB_FILE_H

#include "base/buf.h"
#include "persist/rdb_check.h"

/* No file is longer. */
#define RDB_FILE_MAX ((size_t)1 << 20)

/* Pieces of values. BYTES for static tables: */
#define TEXT(literal)                 \
    {                                 \
        (literal), sizeof literal - 1 \
    }
#define ID "0123456789abcdef"
/* As lengths: the ID of an entry. */
#define LAST   \
    "\x81"     \
    "01234567" \
    "\x81"     \
    "89abcdef"
/* A node of one entry, f = v, with its node's ID. */
#define NODE "\x1d\x1d\0\0\0\x0a\0\1\1\0\1\1\1\201f\2\0\1\2\1\0\1\0\1\201v\2\4\1\xff"
#define TIME "\1\2\3\4\5\6\7\10"
/* A packed value, as a string. */
#define LISTPACK "\x14\x14\x00\x00\x00\x04\x00\x81\x66\x02\x81\x76\x02\x81\x6e\x02\xf1\x2c\x01\x03\xff"

extern char rdb_file_directory[64];
extern char rdb_file_path[128];     /* of the file in it */
extern char rdb_file_salvaged[128]; /* where a test lets salvage to; it unlinks what is there */

/* For cmocka: the second fails when anything was left in the directory. */
int rdb_file_make_directory(void **state);
int rdb_file_remove_directory(void **state);

/* Header, the pieces, end and checksum. */
void rdb_file_make(struct buf *file, struct bytes pieces);

/* What is said of a file of this content; see rdb_check. Replaces the report. */
enum rdb_checked rdb_file_check(struct bytes content, const char *salvage, struct buf *report);
enum rdb_checked rdb_file_check_with(const struct rdb_check_libraries *libraries, struct bytes content,
                                     const char *salvage, struct buf *report);
void rdb_file_assert_says(struct buf *report, const char *text);

#endif
