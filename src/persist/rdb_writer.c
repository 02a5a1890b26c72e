/* SPDX-License-Identifier: BSD-3-Clause */
/* The bytes gather in a buffer that is written when it is full. Strings too large to be worth a second copy
 * go from where they lie to the file, as they are. */
#include "rdb_writer.h"
#include "base/crc64.h"
#include "base/file.h"
#include "persist/rdb_string.h"
#include "rdb_format.h"
#include <fcntl.h>
#include <stdio.h>

#define OUT_SIZE ((size_t)256 << 10)
/* Longer strings are not compressed: that would take their size in memory once more. */
#define COMPRESSED_MAX ((size_t)16 << 20)
/* The system is asked to begin writing after so many bytes, so that the sync at the end finds little to
 * do. */
#define WRITE_BACK_STEP ((uint64_t)8 << 20)

static void write_bytes(struct rdb_writer *writer, struct bytes bytes)
{
    if (writer->has_failed || bytes.len == 0)
        return;
    if (writer->has_checksum)
        writer->checksum = crc64(writer->checksum, bytes.data, bytes.len);
    if (!file_write_all(writer->fd, bytes, writer->path, &writer->error)) {
        writer->has_failed = true;
        return;
    }
    writer->written += bytes.len;
    if (writer->written - writer->flushed_ahead >= WRITE_BACK_STEP) {
        (void)sync_file_range(writer->fd, (off_t)writer->flushed_ahead,
                              (off_t)(writer->written - writer->flushed_ahead), SYNC_FILE_RANGE_WRITE);
        writer->flushed_ahead = writer->written;
    }
}

static void flush(struct rdb_writer *writer)
{
    write_bytes(writer, buf_bytes(&writer->out));
    writer->out.len = 0;
}

static void write_text(struct rdb_writer *writer, struct bytes text, struct compression_trial *trial)
{
    size_t before = writer->out.len;
    bool compresses = writer->compresses && text.len > RDB_INCOMPRESSIBLE_MAX && text.len <= COMPRESSED_MAX &&
                      compression_is_promising(trial, text.len);
    if (text.len > COMPRESSED_MAX) {
        rdb_append_length(&writer->out, text.len);
        flush(writer);
        write_bytes(writer, text);
    } else if (!rdb_append_bytes(&writer->out, text, compresses ? RDB_COMPRESSED_FAST : RDB_UNCOMPRESSED) &&
               !writer->has_failed) {
        error_set(&writer->error, "no memory for a string of %zu bytes", text.len);
        writer->has_failed = true;
    } else if (compresses) {
        compression_tried(trial, text.len, writer->out.len - before);
    }
    if (writer->out.len >= OUT_SIZE)
        flush(writer);
}

static void write_value(struct rdb_writer *writer, const struct value *value)
{
    char scratch[STRING_SCRATCH];
    write_text(writer, string_bytes(value, scratch), &writer->texts);
}

static void append_opcode(struct rdb_writer *writer, enum rdb_opcode opcode)
{
    buf_append_char(&writer->out, (char)opcode);
}

static void select_database(struct rdb_writer *writer, int database)
{
    if (writer->database == database)
        return;
    writer->database = database;
    append_opcode(writer, RDB_SELECT);
    rdb_append_length(&writer->out, (uint64_t)database);
}

void rdb_writer_begin(struct rdb_writer *writer, int fd)
{
    writer->fd = fd;
    writer->database = -1;
    buf_printf(&writer->out, "%s%04d", RDB_MAGIC, writer->version);
}

void rdb_writer_aux(struct rdb_writer *writer, const char *name, struct bytes value)
{
    append_opcode(writer, RDB_AUX);
    write_text(writer, bytes_of(name), &writer->names);
    write_text(writer, value, &writer->names);
}

void rdb_writer_sizes(struct rdb_writer *writer, int database, uint64_t keys, uint64_t expiring)
{
    select_database(writer, database);
    append_opcode(writer, RDB_RESIZE);
    rdb_append_length(&writer->out, keys);
    rdb_append_length(&writer->out, expiring);
}

void rdb_writer_key(struct rdb_writer *writer, const struct rdb_key *key)
{
    if (writer->has_failed)
        return;
    select_database(writer, key->database);
    if (key->expires_ms != RDB_NO_EXPIRY) {
        append_opcode(writer, RDB_EXPIRE_MS);
        buf_append_low_first(&writer->out, (uint64_t)key->expires_ms, sizeof key->expires_ms);
    }
    if (key->access == RDB_ACCESS_IDLE) {
        append_opcode(writer, RDB_IDLE);
        rdb_append_length(&writer->out, key->access_value);
    } else if (key->access == RDB_ACCESS_FREQUENCY) {
        append_opcode(writer, RDB_FREQUENCY);
        buf_append_char(&writer->out, (char)key->access_value);
    }
    buf_append_char(&writer->out, (char)RDB_TYPE_STRING);
    write_text(writer, key->name, &writer->names);
    write_value(writer, &key->value);
}

void rdb_writer_end(struct rdb_writer *writer)
{
    append_opcode(writer, RDB_END);
    flush(writer);
    buf_append_low_first(&writer->out, writer->checksum, RDB_CHECKSUM_SIZE);
    writer->has_checksum = false; /* it doesn't count into itself */
    flush(writer);
}

void rdb_writer_clear(struct rdb_writer *writer)
{
    buf_clear(&writer->out);
}
