/* SPDX-License-Identifier: BSD-3-Clause */
/* RESP values, in version 2 or 3. What is short is written in one piece, after one look whether the chunk has
 * room for all of it: its header, its bytes, its end. Only what doesn't fit goes the long way. */
#include "proto/resp_write.h"
#include "base/alloc.h"
#include "base/number.h"
#include "base/panic.h"
#include "reply_chunk.h"
#include <stdio.h>

enum {
    HEADER_MAX = 1 + NUMBER_I64_SIZE + 2, /* type, digits, CRLF */
    BULK_FRAME_MAX = HEADER_MAX + 2,
    SHARED_BULK_MIN = 16 * 1024,   /* a shorter value is cheaper copied than sent as a vector of its own */
    SHARED_MESSAGE_MIN = 2 * 1024, /* likewise a message, which many clients would copy */
};

_Static_assert((int)HEADER_MAX <= (int)REPLY_RESERVE_MAX, "a header is reserved in one piece");

static inline char *put_end(char *to)
{
    to[0] = '\r';
    to[1] = '\n';
    return to + 2;
}

/* Writes "<type><number>\r\n" and returns where it ends. */
static inline char *put_header(char *to, char type, uint64_t number)
{
    *to++ = type;
    if (number < 10) {
        *to++ = (char)('0' + number);
    } else if (number < 100) {
        to[0] = (char)('0' + number / 10);
        to[1] = (char)('0' + number % 10);
        to += 2;
    } else if (number < 1000) {
        to[0] = (char)('0' + number / 100);
        to[1] = (char)('0' + number / 10 % 10);
        to[2] = (char)('0' + number % 10);
        to += 3;
    } else {
        to += print_u64(to, number);
    }
    return put_end(to);
}

static inline void write_header(struct reply *reply, char type, uint64_t number)
{
    reply->space = put_header(reply_reserve(reply, HEADER_MAX), type, number);
}

/* A short constant text. */
#define WRITE_TEXT(reply, text)                                                   \
    do {                                                                          \
        memcpy(reply_reserve((reply), sizeof text - 1), (text), sizeof text - 1); \
        (reply)->space += sizeof text - 1;                                        \
    } while (0)

/* ---- Strings ---- */

static __attribute__((noinline)) void bulk_in_pieces(struct reply *reply, struct bytes bytes)
{
    write_header(reply, '$', bytes.len);
    reply_copy(reply, bytes.data, bytes.len);
    reply_copy(reply, "\r\n", 2);
}

void reply_bulk(struct reply *reply, struct bytes bytes)
{
    size_t room = reply_room(reply);
    if (__builtin_expect(room > BULK_FRAME_MAX && bytes.len <= room - BULK_FRAME_MAX, 1)) {
        char *to = put_header(reply->space, '$', bytes.len);
        if (bytes.len > 0)
            memcpy(to, bytes.data, bytes.len);
        reply->space = put_end(to + bytes.len);
        return;
    }
    bulk_in_pieces(reply, bytes);
}

void reply_bulk_text(struct reply *reply, const char *text)
{
    reply_bulk(reply, bytes_of(text));
}

void reply_bulk_int(struct reply *reply, int64_t value)
{
    char digits[NUMBER_I64_SIZE];
    reply_bulk(reply, bytes_make(digits, print_i64(digits, value)));
}

void reply_bulk_blob(struct reply *reply, struct blob *blob, size_t offset, size_t len)
{
    ASSERT(offset <= blob->len && len <= blob->len - offset);
    if (len < SHARED_BULK_MIN) {
        reply_bulk(reply, bytes_make(blob->data + offset, len));
        return;
    }
    write_header(reply, '$', len);
    reply_share(reply, blob, offset, len);
    WRITE_TEXT(reply, "\r\n");
}

void reply_verbatim(struct reply *reply, struct bytes text, const char format[static 4])
{
    if (reply->protocol == 2) {
        reply_bulk(reply, text);
        return;
    }
    write_header(reply, '=', text.len + 4);
    reply_copy(reply, format, 3);
    reply_copy(reply, ":", 1);
    reply_copy(reply, text.data, text.len);
    reply_copy(reply, "\r\n", 2);
}

void reply_raw(struct reply *reply, struct bytes bytes)
{
    reply_copy(reply, bytes.data, bytes.len);
}

void reply_message(struct reply *reply, struct blob *blob)
{
    bool was_pushing = reply_begin_push(reply);
    if (blob->len < SHARED_MESSAGE_MIN)
        reply_copy(reply, blob->data, blob->len);
    else
        reply_share_message(reply, blob);
    reply_end_push(reply, was_pushing);
}

/* ---- Status and errors ---- */

void reply_ok(struct reply *reply)
{
    WRITE_TEXT(reply, "+OK\r\n");
}

void reply_simple(struct reply *reply, const char *text)
{
    reply_copy(reply, "+", 1);
    reply_copy(reply, text, strlen(text));
    reply_copy(reply, "\r\n", 2);
}

static bool ends_line(char c)
{
    return c == '\r' || c == '\n';
}

void reply_error(struct reply *reply, const char *text)
{
    size_t len = strlen(text);
    while (len > 0 && ends_line(text[len - 1]))
        len--;
    reply_copy(reply, "-", 1);
    while (len > 0) {
        size_t part = 0;
        while (part < len && !ends_line(text[part]))
            part++;
        reply_copy(reply, text, part);
        if (part < len) {
            reply_copy(reply, " ", 1);
            part++;
        }
        text += part;
        len -= part;
    }
    reply_copy(reply, "\r\n", 2);
}

void reply_error_format(struct reply *reply, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    reply_error_vformat(reply, format, args);
    va_end(args);
}

void reply_error_vformat(struct reply *reply, const char *format, va_list args)
{
    char text[512];
    va_list again;
    int len;
    va_copy(again, args);
    len = vsnprintf(text, sizeof text, format, args);
    ASSERT(len >= 0);
    if ((size_t)len < sizeof text) {
        reply_error(reply, text);
    } else {
        char *longer = mem_alloc((size_t)len + 1);
        (void)vsnprintf(longer, (size_t)len + 1, format, again);
        reply_error(reply, longer);
        mem_free(longer);
    }
    va_end(again);
}

/* ---- Numbers ---- */

void reply_int(struct reply *reply, int64_t value)
{
    char *to;
    if (__builtin_expect(value >= 0, 1)) {
        write_header(reply, ':', (uint64_t)value);
        return;
    }
    to = reply_reserve(reply, HEADER_MAX);
    *to++ = ':';
    to += print_i64(to, value);
    reply->space = put_end(to);
}

/* Digits of a type of RESP3 that RESP2 shows as text. */
static void reply_digits(struct reply *reply, char type, struct bytes digits)
{
    if (reply->protocol == 2) {
        reply_bulk(reply, digits);
        return;
    }
    reply_copy(reply, &type, 1);
    reply_copy(reply, digits.data, digits.len);
    reply_copy(reply, "\r\n", 2);
}

void reply_double(struct reply *reply, double value)
{
    char digits[NUMBER_DOUBLE_SIZE];
    reply_digits(reply, ',', bytes_make(digits, print_double(digits, value)));
}

void reply_double_digits(struct reply *reply, struct bytes digits)
{
    reply_digits(reply, ',', digits);
}

void reply_big_number(struct reply *reply, struct bytes digits)
{
    reply_digits(reply, '(', digits);
}

void reply_bool(struct reply *reply, bool value)
{
    if (reply->protocol == 2)
        reply_int(reply, value);
    else if (value)
        WRITE_TEXT(reply, "#t\r\n");
    else
        WRITE_TEXT(reply, "#f\r\n");
}

void reply_null(struct reply *reply)
{
    if (reply->protocol == 2)
        WRITE_TEXT(reply, "$-1\r\n");
    else
        WRITE_TEXT(reply, "_\r\n");
}

void reply_null_array(struct reply *reply)
{
    if (reply->protocol == 2)
        WRITE_TEXT(reply, "*-1\r\n");
    else
        WRITE_TEXT(reply, "_\r\n");
}

/* ---- Aggregates ---- */

/* RESP2 knows only arrays; a map is one of twice as many. */
static void adapt_aggregate(const struct reply *reply, char *type, uint64_t *count)
{
    if (reply->protocol != 2)
        return;
    if (*type == '%')
        *count *= 2;
    *type = '*';
}

static void write_aggregate(struct reply *reply, char type, uint64_t count)
{
    adapt_aggregate(reply, &type, &count);
    write_header(reply, type, count);
}

void reply_array(struct reply *reply, size_t count)
{
    write_header(reply, '*', count);
}

void reply_map(struct reply *reply, size_t pairs)
{
    write_aggregate(reply, '%', pairs);
}

void reply_set(struct reply *reply, size_t count)
{
    write_aggregate(reply, '~', count);
}

void reply_push(struct reply *reply, size_t count)
{
    write_aggregate(reply, '>', count);
}

void reply_attribute(struct reply *reply, size_t pairs)
{
    ASSERT(reply->protocol == 3);
    write_header(reply, '|', pairs);
}

void reply_later_done(struct reply *reply, struct reply_mark later, char type, size_t count)
{
    char header[HEADER_MAX];
    uint64_t written = count;
    ASSERT(type == '*' || type == '%' || type == '~' || type == '>');
    adapt_aggregate(reply, &type, &written);
    reply_fill_later(reply, later, header, (size_t)(put_header(header, type, written) - header));
}
