/* SPDX-License-Identifier: BSD-3-Clause */
/* A view of bytes that somebody else owns: passed by value, never freed, never kept after the call. */
#ifndef BASE_BYTES_H
#define BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
    const char *data;
    size_t len;
};

/* A view of a string literal. */
#define BYTES(literal) ((struct bytes){(literal), sizeof(literal) - 1})

static inline struct bytes bytes_make(const void *data, size_t len)
{
    return (struct bytes){(const char *)data, len};
}

static inline struct bytes bytes_of(const char *text)
{
    return (struct bytes){text, strlen(text)};
}

static inline bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

static inline bool bytes_is(struct bytes a, const char *text)
{
    return bytes_equal(a, bytes_of(text));
}

/* The number that at most eight bytes stand for, the lowest first, as files have it. */
static inline uint64_t bytes_low_first(struct bytes bytes)
{
    uint64_t number = 0;
    for (size_t i = bytes.len; i-- > 0;)
        number = number << 8 | (unsigned char)bytes.data[i];
    return number;
}

/* Equality without regard to ASCII case. */
bool bytes_equal_nocase(struct bytes a, struct bytes b);

/* `bytes_equal_nocase` against a C string: how options of commands are recognised. */
bool bytes_is_nocase(struct bytes a, const char *text);

/* memcmp order; of two with a common start the shorter comes first. */
int bytes_compare(struct bytes a, struct bytes b);

/* True when `bytes` begins with `prefix`. */
bool bytes_starts_with(struct bytes bytes, struct bytes prefix);

/* Index of the first `byte`, or `bytes.len` when there is none. */
size_t bytes_index_of(struct bytes bytes, char byte);

/* A NUL-terminated copy, owned by the caller (mem_free). */
char *bytes_to_cstring(struct bytes bytes);

#endif
