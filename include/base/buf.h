/* SPDX-License-Identifier: BSD-3-Clause */
/* A growable run of bytes, owned. Zero-initialised is empty and owns nothing. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/bytes.h"
#include <stdarg.h>

struct buf {
    char *data;
    size_t len, capacity;
};

/* Makes room for `more` bytes behind `len`, at least doubling; aborts when there is no memory. */
void buf_reserve(struct buf *buf, size_t more);

/* The same with exactly as much as needed at the least; false, with the buffer as it was, when there is no
 * memory. */
bool buf_try_reserve(struct buf *buf, size_t more);

void buf_append(struct buf *buf, const void *data, size_t len);
void buf_append_bytes(struct buf *buf, struct bytes bytes);
void buf_append_text(struct buf *buf, const char *text);
void buf_append_char(struct buf *buf, char c);
/* The `byte_count` lowest bytes of the number, at most eight, the lowest first. */
void buf_append_low_first(struct buf *buf, uint64_t number, unsigned byte_count);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *buf, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Appends `bytes` between double quotes, with \n \r \t \a \b \" \\ and \xHH escapes, as Redis prints keys. */
void buf_append_quoted(struct buf *buf, struct bytes bytes);

/* Drops the first `count` bytes. */
void buf_consume(struct buf *buf, size_t count);

/* Frees the memory and leaves an empty buffer. */
void buf_clear(struct buf *buf);

static inline struct bytes buf_bytes(const struct buf *buf)
{
    return (struct bytes){buf->data, buf->len};
}

/* The content with a NUL behind it, which `len` does not count. */
const char *buf_cstring(struct buf *buf);

#endif
