/* SPDX-License-Identifier: BSD-3-Clause */
/* A file read front to back through a window, with offset and checksum of what was taken. Functions return false after
 * having said in reader->error what is wrong and where. */
#ifndef PERSIST_RDB_READER_H
#define PERSIST_RDB_READER_H

#include "base/buf.h"
#include "base/error.h"
#include "types/value.h"

struct rdb_reader {
    int fd;
    uint64_t size, offset; /* of the file; of the next byte to be taken */
    uint64_t checksum;     /* of what was taken up to `summed`; see rdb_reader_checksum */
    struct error *error;
    char *window;
    size_t start, end; /* what is in the window and not taken */
    size_t summed;     /* up to here in the window */
    struct buf body, unpacked;
};

/* The file must be a regular one. On failure errno tells whether it is there. */
bool rdb_reader_open(struct rdb_reader *reader, const char *path, struct error *error);
void rdb_reader_close(struct rdb_reader *reader);

/* CRC64 of all bytes taken. */
uint64_t rdb_reader_checksum(struct rdb_reader *reader);

/* Says that the byte at `offset` is wrong. Always false. */
bool rdb_reader_refuse(struct rdb_reader *reader, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Takes `len` bytes, at most RDB_READER_TAKE_MAX; lent until the next call. `what` names them. */
#define RDB_READER_TAKE_MAX 16
bool rdb_reader_take(struct rdb_reader *reader, size_t len, const char *what, const char **bytes);
bool rdb_reader_byte(struct rdb_reader *reader, const char *what, unsigned *byte);
/* Lowest byte first. */
bool rdb_reader_number(struct rdb_reader *reader, unsigned byte_count, const char *what, uint64_t *number);
bool rdb_reader_length(struct rdb_reader *reader, const char *what, uint64_t *length);

/* A string for the caller to keep: a large one comes in a blob of its own, whose reference is the caller's, others are lent
 * until the next call. */
bool rdb_reader_string(struct rdb_reader *reader, const char *what, struct value *string);
/* A short text in `buf`, which is emptied first. */
bool rdb_reader_text(struct rdb_reader *reader, const char *what, struct buf *text);

#endif
