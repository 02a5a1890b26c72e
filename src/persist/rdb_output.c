/* SPDX-License-Identifier: BSD-3-Clause */
/* Strings too large to be worth a second copy go from where they lie to the sink, as they are. */
#include "rdb_output.h"
#include "base/crc64.h"

#define FULL_SIZE ((size_t)256 << 10)
/* Longer strings are not compressed: that would take their size in memory once more. */
#define COMPRESSED_MAX ((size_t)16 << 20)

static void put(struct rdb_output *output, struct bytes bytes)
{
    if (output->has_failed || bytes.len == 0)
        return;
    if (output->has_checksum)
        output->checksum = crc64(output->checksum, bytes.data, bytes.len);
    output->has_failed = !sink_write(output->sink, bytes, &output->error);
}

void rdb_output_flush(struct rdb_output *output)
{
    put(output, buf_bytes(&output->bytes));
    output->bytes.len = 0;
}

static inline void flush_when_full(struct rdb_output *output)
{
    if (output->bytes.len >= FULL_SIZE && output->sink)
        rdb_output_flush(output);
}

static void put_large(struct rdb_output *output, struct bytes text)
{
    rdb_append_length(&output->bytes, text.len);
    rdb_output_flush(output);
    put(output, text);
}

static bool is_promising(const struct rdb_output *output, struct bytes text, struct compression_trial *trial)
{
    return output->compression != RDB_UNCOMPRESSED && text.len > RDB_INCOMPRESSIBLE_MAX &&
           (output->compression != RDB_COMPRESSED_FAST || compression_is_promising(trial, text.len));
}

static void append(struct rdb_output *output, struct bytes text, struct compression_trial *trial)
{
    size_t before = output->bytes.len;
    bool compresses = is_promising(output, text, trial);
    if (!rdb_append_bytes(&output->bytes, text, compresses ? output->compression : RDB_UNCOMPRESSED)) {
        if (!output->has_failed)
            error_set(&output->error, "no memory for a string of %zu bytes", text.len);
        output->has_failed = true;
    } else if (compresses) {
        compression_tried(trial, text.len, output->bytes.len - before);
    }
    flush_when_full(output);
    rdb_output_rest(output);
}

static void write_string(struct rdb_output *output, struct bytes text, struct compression_trial *trial)
{
    if (text.len > COMPRESSED_MAX && output->sink)
        put_large(output, text);
    else
        append(output, text, trial);
}

void rdb_output_name(struct rdb_output *output, struct bytes name)
{
    write_string(output, name, &output->names);
}

void rdb_output_text(struct rdb_output *output, struct bytes text)
{
    write_string(output, text, &output->texts);
}

void rdb_output_length(struct rdb_output *output, uint64_t length)
{
    rdb_append_length(&output->bytes, length);
}

void rdb_output_byte(struct rdb_output *output, unsigned byte)
{
    buf_append_char(&output->bytes, (char)byte);
}

void rdb_output_number(struct rdb_output *output, uint64_t number, unsigned byte_count)
{
    buf_append_low_first(&output->bytes, number, byte_count);
    rdb_output_rest(output);
}

void rdb_output_clear(struct rdb_output *output)
{
    buf_clear(&output->bytes);
}
