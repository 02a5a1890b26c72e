/* SPDX-License-Identifier: BSD-3-Clause */
/* Replies. Every item begins with a line; strings have their bytes behind it, and aggregates open a level
 * that the items that follow fill. Of an item that isn't there whole nothing is kept but where the search for
 * its line's end goes on: it is read again from its start, which costs one short line. */
#include "proto/resp_read.h"
#include "base/number.h"
#include "base/panic.h"
#include <math.h>

/* Of a line whose end hasn't come. Simple strings and errors are lines. */
enum { LINE_MAX_LEN = 64 * 1024 };

void resp_reader_init(struct resp_reader *reader, struct resp_read_limits limits)
{
    ASSERT(limits.depth_max <= RESP_DEPTH_MAX);
    *reader = (struct resp_reader){.limits = limits};
}

/* ---- One item ---- */

/* The line at `position` without its type and its CRLF; `*next` is what follows it. */
static enum resp_read_result read_line(struct resp_reader *reader, struct bytes input, struct bytes *line,
                                       size_t *next)
{
    size_t from = reader->scanned > reader->position ? reader->scanned : reader->position;
    const char *cr = from < input.len ? memchr(input.data + from, '\r', input.len - from) : NULL;
    if (!cr) {
        reader->scanned = input.len;
        return input.len - reader->position > LINE_MAX_LEN ? RESP_READ_ERROR : RESP_READ_MORE;
    }
    reader->scanned = (size_t)(cr - input.data);
    if (reader->scanned + 1 == input.len)
        return RESP_READ_MORE;
    if (cr[1] != '\n' || reader->scanned == reader->position)
        return RESP_READ_ERROR;
    *line = bytes_make(input.data + reader->position + 1, reader->scanned - reader->position - 1);
    *next = reader->scanned + 2;
    return RESP_READ_ITEM;
}

/* The bytes of a string whose length is `line`. "-1" makes a bulk string null. */
static enum resp_read_result read_string(const struct resp_reader *reader, struct bytes input,
                                         struct bytes line, size_t *next, struct resp_item *item)
{
    int64_t len;
    if (!parse_i64(line, &len) || len > reader->limits.bulk_max)
        return RESP_READ_ERROR;
    if (len < 0) {
        if (len != -1 || item->kind != RESP_KIND_BULK)
            return RESP_READ_ERROR;
        item->kind = RESP_KIND_NULL;
        return RESP_READ_ITEM;
    }
    if (input.len - *next < 2 || input.len - *next - 2 < (size_t)len)
        return RESP_READ_MORE;
    item->text = bytes_make(input.data + *next, (size_t)len);
    *next += (size_t)len + 2;
    if (memcmp(input.data + *next - 2, "\r\n", 2) != 0)
        return RESP_READ_ERROR;
    if (item->kind != RESP_KIND_VERBATIM)
        return RESP_READ_ITEM;
    /* "txt:" stands before the text. */
    if (len < 4 || item->text.data[3] != ':')
        return RESP_READ_ERROR;
    item->format = bytes_make(item->text.data, 3);
    item->text = bytes_make(item->text.data + 4, (size_t)len - 4);
    return RESP_READ_ITEM;
}

static enum resp_read_result read_count(const struct resp_reader *reader, struct bytes line,
                                        struct resp_item *item)
{
    int64_t count;
    if (!parse_i64(line, &count))
        return RESP_READ_ERROR;
    if (count == -1 && item->kind == RESP_KIND_ARRAY) {
        item->kind = RESP_KIND_NULL;
        return RESP_READ_ITEM;
    }
    if (count < 0 || count > reader->limits.count_max)
        return RESP_READ_ERROR;
    item->count = (size_t)count;
    if (item->kind != RESP_KIND_MAP && item->kind != RESP_KIND_ATTRIBUTE)
        return RESP_READ_ITEM;
    if (count > reader->limits.count_max / 2)
        return RESP_READ_ERROR;
    item->count *= 2;
    return RESP_READ_ITEM;
}

static bool read_double(struct bytes line, double *number)
{
    if (bytes_is(line, "nan")) {
        *number = NAN;
        return true;
    }
    return parse_double(line, number);
}

static bool read_bool(struct bytes line, int64_t *integer)
{
    *integer = bytes_is(line, "t");
    return *integer == 1 || bytes_is(line, "f");
}

static bool is_big_number(struct bytes line)
{
    size_t sign = line.len > 0 && (line.data[0] == '-' || line.data[0] == '+') ? 1 : 0;
    for (size_t i = sign; i < line.len; i++) {
        if (line.data[i] < '0' || line.data[i] > '9')
            return false;
    }
    return line.len > sign;
}

static enum resp_read_result read_item(struct resp_reader *reader, struct bytes input, size_t *next,
                                       struct resp_item *item)
{
    struct bytes line;
    enum resp_read_result result = read_line(reader, input, &line, next);
    bool is_right = true;
    if (result != RESP_READ_ITEM)
        return result;
    *item = (struct resp_item){.kind = (enum resp_kind)input.data[reader->position], .text = line};
    switch (item->kind) {
    case RESP_KIND_BULK:
    case RESP_KIND_BULK_ERROR:
    case RESP_KIND_VERBATIM:
        return read_string(reader, input, line, next, item);
    case RESP_KIND_ARRAY:
    case RESP_KIND_MAP:
    case RESP_KIND_SET:
    case RESP_KIND_PUSH:
    case RESP_KIND_ATTRIBUTE:
        return read_count(reader, line, item);
    case RESP_KIND_SIMPLE:
    case RESP_KIND_ERROR:
        break;
    case RESP_KIND_INTEGER:
        is_right = parse_i64(line, &item->integer);
        break;
    case RESP_KIND_DOUBLE:
        is_right = read_double(line, &item->number);
        break;
    case RESP_KIND_BOOL:
        is_right = read_bool(line, &item->integer);
        break;
    case RESP_KIND_BIG_NUMBER:
        is_right = is_big_number(line);
        break;
    case RESP_KIND_NULL:
        is_right = line.len == 0;
        break;
    default:
        is_right = false;
        break;
    }
    return is_right ? RESP_READ_ITEM : RESP_READ_ERROR;
}

/* ---- Where it lies ---- */

static bool is_aggregate(const struct resp_item *item)
{
    switch (item->kind) {
    case RESP_KIND_ARRAY:
    case RESP_KIND_MAP:
    case RESP_KIND_SET:
    case RESP_KIND_PUSH:
    case RESP_KIND_ATTRIBUTE:
        return true;
    default:
        return false;
    }
}

/* A value is whole: one less to come in the aggregate around it, which may be whole with it. An attribute is
 * none: the value that it is about follows. True when the outermost value is whole. */
static bool close_value(struct resp_reader *reader)
{
    while (reader->depth > 0) {
        if (--reader->open[reader->depth - 1].left > 0)
            return false;
        reader->depth--;
        if (reader->open[reader->depth].is_attribute)
            return false;
    }
    return true;
}

enum resp_read_result resp_read(struct resp_reader *reader, struct bytes input, struct resp_item *item)
{
    enum resp_read_result result;
    size_t next;
    ASSERT(reader->position <= input.len);
    if (reader->position == input.len)
        return RESP_READ_MORE;
    result = read_item(reader, input, &next, item);
    if (result != RESP_READ_ITEM)
        return result;
    item->depth = reader->depth;
    if (is_aggregate(item) && item->count > 0) {
        if (reader->depth == reader->limits.depth_max)
            return RESP_READ_ERROR;
        reader->open[reader->depth].left = item->count;
        reader->open[reader->depth].is_attribute = item->kind == RESP_KIND_ATTRIBUTE;
        reader->depth++;
    } else {
        item->ends_value = item->kind != RESP_KIND_ATTRIBUTE && close_value(reader);
    }
    reader->position = next;
    reader->scanned = 0;
    return RESP_READ_ITEM;
}

enum resp_read_result resp_read_to_end(struct resp_reader *reader, struct bytes input)
{
    enum resp_read_result result;
    struct resp_item item;
    do
        result = resp_read(reader, input, &item);
    while (result == RESP_READ_ITEM && !item.ends_value);
    return result;
}
