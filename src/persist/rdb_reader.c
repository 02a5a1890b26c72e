/* SPDX-License-Identifier: BSD-3-Clause */
/* Bodies that fit the window are lent from it, longer ones go straight to where they will stay. */
#include "rdb_reader.h"
#include "base/alloc.h"
#include "base/crc64.h"
#include "persist/rdb_string.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define WINDOW_SIZE ((size_t)256 << 10)
/* Plain strings from this size on are read into blobs. */
#define BLOB_MIN ((size_t)64 << 10)

bool rdb_reader_open(struct rdb_reader *reader, const char *path, struct error *error)
{
    struct stat status;
    *reader =
        (struct rdb_reader){.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), .error = error};
    if (reader->fd < 0 || fstat(reader->fd, &status) != 0) {
        error_set(error, "can't open %s: %s", path, strerror(errno));
        if (reader->fd >= 0)
            close(reader->fd);
        return false;
    }
    if (!S_ISREG(status.st_mode)) {
        error_set(error, "%s is not a regular file", path);
        close(reader->fd);
        errno = EINVAL;
        return false;
    }
    reader->size = (uint64_t)status.st_size;
    reader->window = mem_alloc(WINDOW_SIZE);
    (void)posix_fadvise(reader->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return true;
}

void rdb_reader_close(struct rdb_reader *reader)
{
    close(reader->fd);
    mem_free(reader->window);
    buf_clear(&reader->body);
    buf_clear(&reader->unpacked);
}

bool rdb_reader_refuse(struct rdb_reader *reader, uint64_t offset, const char *format, ...)
{
    char text[400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    error_set(reader->error, "at offset %llu: %s", (unsigned long long)offset, text);
    return false;
}

static bool refuse_end(struct rdb_reader *reader, const char *what)
{
    return rdb_reader_refuse(reader, reader->size, "the file ends where %s should be", what);
}

static bool read_some(struct rdb_reader *reader, char *to, size_t room, size_t *got, const char *what)
{
    ssize_t count;
    do {
        count = read(reader->fd, to, room);
    } while (count < 0 && errno == EINTR);
    if (count < 0)
        return rdb_reader_refuse(reader, reader->offset, "can't be read: %s", strerror(errno));
    *got = (size_t)count;
    return count > 0 || refuse_end(reader, what);
}

/* Of what was taken from the window since the last time: byte by byte it would cost far more. */
uint64_t rdb_reader_checksum(struct rdb_reader *reader)
{
    reader->checksum =
        crc64(reader->checksum, reader->window + reader->summed, reader->start - reader->summed);
    reader->summed = reader->start;
    return reader->checksum;
}

/* Makes at least `len` bytes available in the window, when there aren't. */
static bool refill(struct rdb_reader *reader, size_t len, const char *what)
{
    if (len > reader->size - reader->offset)
        return refuse_end(reader, what);
    (void)rdb_reader_checksum(reader);
    reader->summed = 0;
    memmove(reader->window, reader->window + reader->start, reader->end - reader->start);
    reader->end -= reader->start;
    reader->start = 0;
    while (reader->end < len) {
        size_t got = 0;
        if (!read_some(reader, reader->window + reader->end, WINDOW_SIZE - reader->end, &got, what))
            return false;
        reader->end += got;
    }
    return true;
}

static const char *take_window(struct rdb_reader *reader, size_t len)
{
    const char *bytes = reader->window + reader->start;
    reader->start += len;
    reader->offset += len;
    return bytes;
}

static inline bool fill(struct rdb_reader *reader, size_t len, const char *what)
{
    return reader->end - reader->start >= len || refill(reader, len, what);
}

bool rdb_reader_take(struct rdb_reader *reader, size_t len, const char *what, const char **bytes)
{
    if (!fill(reader, len, what))
        return false;
    *bytes = take_window(reader, len);
    return true;
}

bool rdb_reader_byte(struct rdb_reader *reader, const char *what, unsigned *byte)
{
    const char *bytes;
    if (!rdb_reader_take(reader, 1, what, &bytes))
        return false;
    *byte = (unsigned char)*bytes;
    return true;
}

bool rdb_reader_number(struct rdb_reader *reader, unsigned byte_count, const char *what, uint64_t *number)
{
    const char *bytes;
    if (!rdb_reader_take(reader, byte_count, what, &bytes))
        return false;
    *number = 0;
    for (unsigned i = byte_count; i-- > 0;)
        *number = *number << 8 | (unsigned char)bytes[i];
    return true;
}

/* As much of the file as a length or a string's head can need, or what there is. */
static bool peek_head(struct rdb_reader *reader, const char *what, struct bytes *head)
{
    uint64_t left = reader->size - reader->offset;
    size_t wanted = left < RDB_STRING_HEAD_SIZE ? (size_t)left : RDB_STRING_HEAD_SIZE;
    if (!fill(reader, wanted ? wanted : 1, what))
        return false;
    *head = bytes_make(reader->window + reader->start, wanted);
    return true;
}

static bool refuse_head(struct rdb_reader *reader, enum rdb_result result, const char *what)
{
    if (result == RDB_CUT_OFF)
        return refuse_end(reader, what);
    return rdb_reader_refuse(reader, reader->offset, "%s has a length that makes no sense", what);
}

bool rdb_reader_length(struct rdb_reader *reader, const char *what, uint64_t *length)
{
    struct bytes head;
    if (!peek_head(reader, what, &head))
        return false;
    size_t before = head.len;
    enum rdb_result result = rdb_take_length(&head, length);
    if (result != RDB_OK)
        return refuse_head(reader, result, what);
    (void)take_window(reader, before - head.len);
    return true;
}

/* Takes `len` bytes to `to`: what is in the window, then from the file. */
static bool take_to(struct rdb_reader *reader, char *to, size_t len, const char *what)
{
    size_t at_hand = reader->end - reader->start, done = at_hand < len ? at_hand : len;
    memcpy(to, take_window(reader, done), done);
    if (done < len)
        (void)rdb_reader_checksum(reader);
    while (done < len) {
        size_t got = 0;
        if (!read_some(reader, to + done, len - done, &got, what))
            return false;
        reader->checksum = crc64(reader->checksum, to + done, got);
        reader->offset += got;
        done += got;
    }
    return true;
}

static bool take_body(struct rdb_reader *reader, size_t len, const char *what, struct bytes *body)
{
    if (len <= WINDOW_SIZE) {
        if (!fill(reader, len, what))
            return false;
        *body = bytes_make(take_window(reader, len), len);
        return true;
    }
    reader->body.len = 0;
    if (!buf_try_reserve(&reader->body, len))
        return rdb_reader_refuse(reader, reader->offset, "no memory for %s of %zu bytes", what, len);
    *body = bytes_make(reader->body.data, len);
    return take_to(reader, reader->body.data, len, what);
}

static bool take_blob(struct rdb_reader *reader, size_t len, const char *what, struct value *string)
{
    struct blob *blob = blob_try_new(len, len);
    if (!blob)
        return rdb_reader_refuse(reader, reader->offset, "no memory for %s of %zu bytes", what, len);
    if (!take_to(reader, blob->data, len, what)) {
        blob_unref(blob);
        return false;
    }
    *string = string_value_blob(blob);
    return true;
}

bool rdb_reader_string(struct rdb_reader *reader, const char *what, struct value *string)
{
    struct bytes input = {0}, body = {0};
    struct rdb_string_head head;
    uint64_t offset = reader->offset;
    if (!peek_head(reader, what, &input))
        return false;
    size_t before = input.len;
    enum rdb_result result = rdb_take_string_head(&input, &head);
    if (result != RDB_OK)
        return refuse_head(reader, result, what);
    (void)take_window(reader, before - input.len);
    if (head.body_len > reader->size - reader->offset)
        return rdb_reader_refuse(reader, offset, "%s of %llu bytes is longer than what is left of the file",
                                 what, (unsigned long long)head.body_len);
    if (head.form == RDB_STRING_PLAIN && head.body_len >= BLOB_MIN)
        return take_blob(reader, (size_t)head.body_len, what, string);
    if (!take_body(reader, (size_t)head.body_len, what, &body))
        return false;
    result = rdb_unpack_string(&head, body, &reader->unpacked, string);
    if (result == RDB_NO_MEMORY)
        return rdb_reader_refuse(reader, offset, "no memory for %s of %llu bytes", what,
                                 (unsigned long long)head.len);
    return result == RDB_OK || rdb_reader_refuse(reader, offset, "%s can't be unpacked", what);
}

bool rdb_reader_text(struct rdb_reader *reader, const char *what, struct buf *text)
{
    struct value string = {.type = VALUE_STRING};
    char scratch[STRING_SCRATCH];
    text->len = 0;
    if (!rdb_reader_string(reader, what, &string))
        return false;
    buf_append_bytes(text, string_bytes(&string, scratch));
    blob_unref(string.blob);
    return true;
}
