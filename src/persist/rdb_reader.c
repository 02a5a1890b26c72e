/* SPDX-License-Identifier: BSD-3-Clause */
/* Bodies that fit the window are lent from it, longer ones go straight to where they will stay. */
#include "rdb_reader.h"
#include "base/alloc.h"
#include "base/crc64.h"
#include "base/number.h"
#include "persist/rdb_string.h"
#include <errno.h>
#include <stdio.h>

#define WINDOW_SIZE ((size_t)256 << 10)
/* A probe moves often, and looks at little: it reads no more than it needs, and this. */
#define PROBE_WINDOW_SIZE ((size_t)16 << 10)
#define PROBE_READ_SIZE   ((size_t)2 << 10)
/* What it would have to look at is no larger. */
#define PROBE_LOOK_MAX ((size_t)1 << 20)
/* Bytes that are read, unpacked or compared for one unit of effort. */
#define EFFORT_BYTES 32
/* Plain strings from this size on are read into blobs. */
#define BLOB_MIN ((size_t)64 << 10)

void rdb_reader_init(struct rdb_reader *reader, struct source *source, struct error *error)
{
    *reader = (struct rdb_reader){.source = source, .noun = "file", .size = source->size, .error = error};
    if (source->memory.data) {
        reader->window = source->memory.data;
        reader->window_size = reader->end = source->memory.len;
        return;
    }
    reader->window_size = WINDOW_SIZE;
    reader->window = reader->own_window = mem_alloc(WINDOW_SIZE);
}

void rdb_reader_init_probe(struct rdb_reader *probe, const struct rdb_reader *reader)
{
    *probe = (struct rdb_reader){
        .source = reader->source,
        .noun = reader->noun,
        .size = reader->size,
        .window_size = PROBE_WINDOW_SIZE,
        .own_window = mem_alloc(PROBE_WINDOW_SIZE),
        .is_probe = true,
    };
    probe->window = probe->own_window;
}

void rdb_reader_clear(struct rdb_reader *reader)
{
    mem_free(reader->own_window);
    buf_clear(&reader->body);
    buf_clear(&reader->unpacked);
    buf_clear(&reader->packed);
}

bool rdb_reader_refuse(struct rdb_reader *reader, uint64_t offset, const char *format, ...)
{
    char text[400];
    va_list args;
    if (reader->is_probe)
        return false;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    error_set(reader->error, "at offset %llu: %s", (unsigned long long)offset, text);
    return false;
}

void rdb_reader_note_flaw(struct rdb_reader *reader, uint64_t offset, const char *what)
{
    if (!reader->has_flaw && !reader->is_probe)
        error_set(&reader->flaw, "at offset %llu: %s", (unsigned long long)offset, what);
    reader->has_flaw = true;
}

static bool refuse_end(struct rdb_reader *reader, const char *what)
{
    return rdb_reader_refuse(reader, reader->size, "the %s ends where %s should be", reader->noun, what);
}

/* Makes sure that a probe doesn't do more than it may. */
static inline bool spend(struct rdb_reader *reader, uint64_t bytes)
{
    uint64_t effort = 1 + bytes / EFFORT_BYTES;
    if (!reader->is_probe)
        return true;
    if (effort > reader->effort_left)
        return false;
    reader->effort_left -= effort;
    return true;
}

/* Reads bytes that stand at `offset`. */
static bool read_some(struct rdb_reader *reader, uint64_t offset, char *to, size_t room, size_t *got,
                      const char *what)
{
    if (!spend(reader, room))
        return false;
    ssize_t count = source_read(reader->source, offset, to, room);
    if (count < 0)
        return rdb_reader_refuse(reader, reader->offset, "can't be read: %s", strerror(errno));
    *got = (size_t)count;
    if (count == 0 && reader->size == SOURCE_SIZE_UNKNOWN)
        reader->size = offset;
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
    memmove(reader->own_window, reader->window + reader->start, reader->end - reader->start);
    reader->end -= reader->start;
    reader->start = 0;
    while (reader->end < len) {
        size_t got = 0, room = reader->window_size - reader->end;
        if (reader->is_probe && room > len + PROBE_READ_SIZE - reader->end)
            room = len + PROBE_READ_SIZE - reader->end;
        if (!read_some(reader, reader->offset + reader->end, reader->own_window + reader->end, room, &got,
                       what))
            return false;
        reader->end += got;
    }
    return true;
}

void rdb_reader_seek(struct rdb_reader *reader, uint64_t offset)
{
    uint64_t window = reader->offset - reader->start; /* where it begins in the file */
    if (offset >= window && offset - window <= reader->end)
        reader->start = (size_t)(offset - window);
    else
        reader->start = reader->end = 0;
    reader->summed = reader->start;
    reader->offset = offset;
}

void rdb_reader_rewind(struct rdb_reader *reader)
{
    rdb_reader_seek(reader, 0);
    reader->checksum = 0;
    reader->has_flaw = false;
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
    rdb_reader_rest(reader);
    if (!spend(reader, len) || !fill(reader, len, what))
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
    *number = bytes_low_first(bytes_make(bytes, byte_count));
    return true;
}

/* What there is of a length or a string's head, which may be cut off where the window ends. */
static inline bool peek_head(struct rdb_reader *reader, const char *what, struct bytes *head)
{
    rdb_reader_rest(reader);
    if (!fill(reader, 1, what))
        return false;
    size_t at_hand = reader->end - reader->start;
    *head = bytes_make(reader->window + reader->start,
                       at_hand < RDB_STRING_HEAD_SIZE ? at_hand : RDB_STRING_HEAD_SIZE);
    return true;
}

/* Has more of a head that was cut off. */
static bool extend_head(struct rdb_reader *reader, size_t len, const char *what)
{
    return refill(reader, len + 1, what);
}

static bool refuse_head(struct rdb_reader *reader, const char *what)
{
    return rdb_reader_refuse(reader, reader->offset, "%s has a length that makes no sense", what);
}

bool rdb_reader_length(struct rdb_reader *reader, const char *what, uint64_t *length)
{
    struct bytes head = {0};
    enum rdb_result result;
    size_t before;
    if (!spend(reader, 0))
        return false;
    do {
        if (!peek_head(reader, what, &head))
            return false;
        before = head.len;
        result = rdb_take_length(&head, length);
    } while (result == RDB_CUT_OFF && extend_head(reader, before, what));
    if (result != RDB_OK)
        return result == RDB_CORRUPT && refuse_head(reader, what);
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
        if (!read_some(reader, reader->offset, to + done, len - done, &got, what))
            return false;
        reader->checksum = crc64(reader->checksum, to + done, got);
        reader->offset += got;
        done += got;
    }
    return true;
}

static bool refuse_for_memory(struct rdb_reader *reader, uint64_t offset, const char *what, uint64_t len)
{
    reader->lacks_memory = true;
    return rdb_reader_refuse(reader, offset, "no memory for %s of %llu bytes", what, (unsigned long long)len);
}

static bool take_body(struct rdb_reader *reader, size_t len, const char *what, struct bytes *body)
{
    if (!spend(reader, len))
        return false;
    if (len <= reader->window_size) {
        if (!fill(reader, len, what))
            return false;
        *body = bytes_make(take_window(reader, len), len);
        return true;
    }
    reader->body.len = 0;
    if (!buf_try_reserve(&reader->body, len))
        return refuse_for_memory(reader, reader->offset, what, len);
    *body = bytes_make(reader->body.data, len);
    return take_to(reader, reader->body.data, len, what);
}

static bool take_blob(struct rdb_reader *reader, size_t len, const char *what, struct value *string)
{
    struct blob *blob = blob_try_new(len, len);
    if (!blob)
        return refuse_for_memory(reader, reader->offset, what, len);
    if (!take_to(reader, blob->data, len, what)) {
        blob_unref(blob);
        return false;
    }
    *string = string_value_blob(blob);
    return true;
}

/* Takes a string's head, whose body is then known to be there, if anything is known. */
static bool take_head(struct rdb_reader *reader, const char *what, struct rdb_string_head *head)
{
    struct bytes input = {0};
    uint64_t offset = reader->offset;
    enum rdb_result result;
    size_t before;
    if (!spend(reader, 0))
        return false;
    do {
        if (!peek_head(reader, what, &input))
            return false;
        before = input.len;
        result = rdb_take_string_head(&input, head);
    } while (result == RDB_CUT_OFF && extend_head(reader, before, what));
    if (result != RDB_OK)
        return result == RDB_CORRUPT && refuse_head(reader, what);
    (void)take_window(reader, before - input.len);
    if (head->body_len > reader->size - reader->offset)
        return rdb_reader_refuse(reader, offset, "%s of %llu bytes is longer than what is left of the %s",
                                 what, (unsigned long long)head->body_len, reader->noun);
    return true;
}

bool rdb_reader_string(struct rdb_reader *reader, const char *what, struct value *string)
{
    struct bytes body = {0};
    struct rdb_string_head head;
    uint64_t offset = reader->offset;
    if (!take_head(reader, what, &head))
        return false;
    if (head.form == RDB_STRING_PLAIN && head.body_len >= BLOB_MIN)
        return take_blob(reader, (size_t)head.body_len, what, string);
    if (!take_body(reader, (size_t)head.body_len, what, &body))
        return false;
    enum rdb_result result = rdb_unpack_string(&head, body, &reader->unpacked, string);
    if (result == RDB_NO_MEMORY)
        return refuse_for_memory(reader, offset, what, head.len);
    return result == RDB_OK || rdb_reader_refuse(reader, offset, "%s can't be unpacked", what);
}

/* ---- looking only ---- */

static bool skip(struct rdb_reader *reader, uint64_t len, const char *what)
{
    while (!reader->is_probe && len > 0) {
        size_t at_hand = reader->end - reader->start;
        if (at_hand == 0 && !refill(reader, 1, what))
            return false;
        at_hand = reader->end - reader->start;
        size_t part = at_hand < len ? at_hand : (size_t)len;
        (void)take_window(reader, part);
        len -= part;
    }
    if (len > 0)
        rdb_reader_seek(reader, reader->offset + len);
    return true;
}

/* What a packed string at `offset` stands for. */
static bool look_unpacked(struct rdb_reader *reader, const struct rdb_string_head *head, uint64_t offset,
                          const char *what, struct bytes *bytes)
{
    struct value string = {.type = VALUE_STRING};
    char text[64];
    if (!take_body(reader, (size_t)head->body_len, what, bytes) || !spend(reader, head->len))
        return false;
    enum rdb_result result = rdb_unpack_string(head, *bytes, &reader->unpacked, &string);
    if (result == RDB_OK) {
        *bytes = buf_bytes(&reader->unpacked);
        return true;
    }
    reader->lacks_memory |= result == RDB_NO_MEMORY;
    *bytes = bytes_make(NULL, 0);
    (void)snprintf(text, sizeof text, "%s can't be unpacked", what);
    rdb_reader_note_flaw(reader, offset, text);
    return true;
}

bool rdb_reader_look(struct rdb_reader *reader, const char *what, struct bytes *bytes)
{
    uint64_t offset = reader->offset;
    struct rdb_string_head head;
    if (!take_head(reader, what, &head))
        return false;
    if (head.form == RDB_STRING_INT) {
        *bytes = bytes_make(reader->digits, print_i64(reader->digits, head.integer));
        return true;
    }
    if (reader->is_probe && head.len > PROBE_LOOK_MAX)
        return false;
    if (head.form == RDB_STRING_LZF)
        return look_unpacked(reader, &head, offset, what, bytes);
    return take_body(reader, (size_t)head.body_len, what, bytes);
}

bool rdb_reader_pass_string(struct rdb_reader *reader, const char *what)
{
    uint64_t offset = reader->offset;
    struct rdb_string_head head;
    struct bytes bytes = {0};
    if (!take_head(reader, what, &head))
        return false;
    if (head.form == RDB_STRING_LZF && !(reader->is_probe && head.len > PROBE_LOOK_MAX))
        return look_unpacked(reader, &head, offset, what, &bytes);
    return skip(reader, head.body_len, what);
}

bool rdb_reader_text(struct rdb_reader *reader, const char *what, struct buf *text)
{
    struct value string = {.type = VALUE_STRING};
    char scratch[STRING_SCRATCH];
    text->len = 0;
    if (reader->is_probe) {
        if (!rdb_reader_look(reader, what, &string.bytes) || reader->has_flaw)
            return false;
        buf_append_bytes(text, string.bytes);
        return true;
    }
    if (!rdb_reader_string(reader, what, &string))
        return false;
    buf_append_bytes(text, string_bytes(&string, scratch));
    blob_unref(string.blob);
    return true;
}
