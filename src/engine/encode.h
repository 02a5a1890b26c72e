/* SPDX-License-Identifier: BSD-3-Clause */
/* RESP written straight into memory of known size: what is encoded once and sent to many. */
#ifndef ENGINE_ENCODE_H
#define ENGINE_ENCODE_H

#include "base/bytes.h"
#include "base/number.h"

/* "$5\r\nhello\r\n" */
static inline size_t encoded_bulk_size(struct bytes bytes)
{
    return 1 + count_digits(bytes.len) + 2 + bytes.len + 2;
}

/* The header of an aggregate: "*3\r\n". */
static inline size_t encoded_header_size(size_t count)
{
    return 1 + count_digits(count) + 2;
}

/* These return where the next goes. */
static inline char *encode_header(char *at, char type, size_t count)
{
    *at++ = type;
    at += print_u64(at, count);
    return mempcpy(at, "\r\n", 2);
}

static inline char *encode_bulk(char *at, struct bytes bytes)
{
    at = encode_header(at, '$', bytes.len);
    if (bytes.len > 0)
        at = mempcpy(at, bytes.data, bytes.len);
    return mempcpy(at, "\r\n", 2);
}

#endif
