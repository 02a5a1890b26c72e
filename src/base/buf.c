/* SPDX-License-Identifier: BSD-3-Clause */
/* A growable run of bytes. `len` never exceeds `capacity`, and `data` is null only while `capacity` is zero.
 * Sizes are added with checks, so a caller may pass on a length it was given. */
#include "base/buf.h"
#include "base/alloc.h"
#include "base/panic.h"
#include <endian.h>
#include <stdint.h>
#include <stdio.h>

enum { SMALLEST_CAPACITY = 64 };

void buf_reserve(struct buf *buf, size_t more)
{
    size_t needed, capacity;
    if (buf->capacity - buf->len >= more)
        return;
    if (!size_add(buf->len, more, &needed))
        PANIC("a buffer of %zu bytes can't grow by %zu", buf->len, more);
    capacity = buf->capacity > SIZE_MAX / 2 ? needed : buf->capacity * 2;
    if (capacity < needed)
        capacity = needed;
    if (capacity < SMALLEST_CAPACITY)
        capacity = SMALLEST_CAPACITY;
    buf->data = mem_realloc(buf->data, capacity);
    buf->capacity = capacity;
}

bool buf_try_reserve(struct buf *buf, size_t more)
{
    size_t needed;
    char *data;
    if (buf->capacity - buf->len >= more)
        return true;
    if (!size_add(buf->len, more, &needed))
        return false;
    data = mem_try_realloc(buf->data, needed);
    if (!data)
        return false;
    buf->data = data;
    buf->capacity = needed;
    return true;
}

void buf_append(struct buf *buf, const void *data, size_t len)
{
    if (len == 0)
        return;
    buf_reserve(buf, len);
    memcpy(buf->data + buf->len, data, len);
    buf->len += len;
}

void buf_append_bytes(struct buf *buf, struct bytes bytes)
{
    buf_append(buf, bytes.data, bytes.len);
}

void buf_append_text(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void buf_append_char(struct buf *buf, char c)
{
    buf_reserve(buf, 1);
    buf->data[buf->len++] = c;
}

void buf_append_low_first(struct buf *buf, uint64_t number, unsigned byte_count)
{
    number = htole64(number);
    buf_reserve(buf, sizeof number);
    memcpy(buf->data + buf->len, &number, sizeof number);
    buf->len += byte_count;
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    buf_vprintf(buf, format, args);
    va_end(args);
}

void buf_vprintf(struct buf *buf, const char *format, va_list args)
{
    va_list again;
    int written;
    /* Most texts fit at the first try. */
    buf_reserve(buf, SMALLEST_CAPACITY);
    va_copy(again, args);
    written = vsnprintf(buf->data + buf->len, buf->capacity - buf->len, format, args);
    ASSERT(written >= 0);
    if ((size_t)written >= buf->capacity - buf->len) {
        buf_reserve(buf, (size_t)written + 1);
        (void)vsnprintf(buf->data + buf->len, buf->capacity - buf->len, format, again);
    }
    va_end(again);
    buf->len += (size_t)written;
}

/* The letter that follows the backslash, or 0 when `c` has no short escape. */
static char short_escape(char c)
{
    switch (c) {
    case '\\':
    case '"':
        return c;
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    case '\a':
        return 'a';
    case '\b':
        return 'b';
    default:
        return 0;
    }
}

static void append_escaped(struct buf *buf, char c)
{
    static const char digits[] = "0123456789abcdef";
    unsigned byte = (unsigned char)c;
    char letter = short_escape(c);
    if (letter != 0) {
        buf_append(buf, (char[]){'\\', letter}, 2);
    } else if (byte < 0x20 || byte > 0x7e) {
        buf_append(buf, (char[]){'\\', 'x', digits[byte >> 4], digits[byte & 15]}, 4);
    } else {
        buf_append_char(buf, c);
    }
}

void buf_append_quoted(struct buf *buf, struct bytes bytes)
{
    buf_append_char(buf, '"');
    for (size_t i = 0; i < bytes.len; i++)
        append_escaped(buf, bytes.data[i]);
    buf_append_char(buf, '"');
}

void buf_consume(struct buf *buf, size_t count)
{
    ASSERT(count <= buf->len);
    if (count == 0)
        return;
    buf->len -= count;
    memmove(buf->data, buf->data + count, buf->len);
}

void buf_clear(struct buf *buf)
{
    mem_free(buf->data);
    *buf = (struct buf){0};
}

const char *buf_cstring(struct buf *buf)
{
    buf_reserve(buf, 1);
    buf->data[buf->len] = '\0';
    return buf->data;
}
