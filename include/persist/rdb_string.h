/* SPDX-License-Identifier: BSD-3-Clause */
/* Lengths and strings as RDB writes them, in snapshots and in DUMP payloads:
 *
 *     length   00xxxxxx                        6 bits
 *              01xxxxxx xxxxxxxx               14 bits, like all that follow with the highest byte first
 *              10000000 and 4 bytes            32 bits
 *              10000001 and 8 bytes            64 bits
 *     string   length, bytes
 *              11000000 int8, 11000001 int16, 11000010 int32 (lowest byte first): the digits of a number
 *              11000011 length packed, length unpacked, packed bytes (LZF)
 *
 * A string is read in two steps, so that whoever reads a file fetches the body straight to where it wants
 * it. */
#ifndef PERSIST_RDB_STRING_H
#define PERSIST_RDB_STRING_H

#include "base/buf.h"
#include "types/value.h"

/* The most bytes that a length, and a string before its body, take. */
#define RDB_LENGTH_SIZE      9
#define RDB_STRING_HEAD_SIZE (1 + 2 * RDB_LENGTH_SIZE)
/* Texts up to this length are never compressed. */
#define RDB_INCOMPRESSIBLE_MAX 20

void rdb_append_length(struct buf *out, uint64_t length);

/* Appends the head of a string of `len` bytes whose body are `packed_len` bytes of LZF. */
void rdb_append_packed_head(struct buf *out, uint64_t packed_len, uint64_t len);

enum rdb_compression {
    RDB_UNCOMPRESSED,
    RDB_COMPRESSED,      /* to the bytes that redis-server makes of it */
    RDB_COMPRESSED_FAST, /* for files: whoever reads them finds the same text */
};

/* Appends a string in the shortest form; longer texts are compressed if asked to and if that shortens
 * them. False, with `out` as it was, when there is no memory. */
bool rdb_append_bytes(struct buf *out, struct bytes bytes, enum rdb_compression compression);
bool rdb_append_string(struct buf *out, const struct value *string, enum rdb_compression compression);

/* Of the functions that take something off the front of `input`: what is left of it after anything but RDB_OK
 * is nothing to go on with. */
enum rdb_result {
    RDB_OK,
    RDB_CUT_OFF, /* the input ends too early */
    RDB_CORRUPT,
    RDB_NO_MEMORY,
};

/* Takes a length off the front of `input`. */
enum rdb_result rdb_take_length(struct bytes *input, uint64_t *length);

enum rdb_string_form { RDB_STRING_PLAIN, RDB_STRING_INT, RDB_STRING_LZF };

struct rdb_string_head {
    enum rdb_string_form form;
    int64_t integer;   /* RDB_STRING_INT */
    uint64_t body_len; /* bytes that follow */
    uint64_t len;      /* of the string once unpacked; not of RDB_STRING_INT */
};

/* Takes a string's head off the front of `input`. The lengths are the file's claims: not checked against
 * anything but each other. */
enum rdb_result rdb_take_string_head(struct bytes *input, struct rdb_string_head *head);

/* The string that the head and its body (head->body_len bytes) stand for. It is lent by `body` or by
 * `scratch`, which is reused from call to call. */
enum rdb_result rdb_unpack_string(const struct rdb_string_head *head, struct bytes body, struct buf *scratch,
                                  struct value *string);

/* Head and body in one, off the front of an `input` that is in memory. */
enum rdb_result rdb_take_string(struct bytes *input, struct buf *scratch, struct value *string);

#endif
