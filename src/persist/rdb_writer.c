/* SPDX-License-Identifier: BSD-3-Clause */
#include "rdb_writer.h"
#include "rdb_value.h"

static void append_opcode(struct rdb_writer *writer, enum rdb_opcode opcode)
{
    rdb_output_byte(&writer->output, opcode);
}

static void select_database(struct rdb_writer *writer, int database)
{
    if (writer->database == database)
        return;
    writer->database = database;
    append_opcode(writer, RDB_SELECT);
    rdb_output_length(&writer->output, (uint64_t)database);
}

void rdb_writer_begin(struct rdb_writer *writer)
{
    writer->database = -1;
    buf_printf(&writer->output.bytes, "%s%04d", RDB_MAGIC, writer->version);
}

void rdb_writer_aux(struct rdb_writer *writer, const char *name, struct bytes value)
{
    append_opcode(writer, RDB_AUX);
    rdb_output_name(&writer->output, bytes_of(name));
    rdb_output_name(&writer->output, value);
}

void rdb_writer_library(struct rdb_writer *writer, struct bytes code)
{
    append_opcode(writer, RDB_FUNCTION2);
    rdb_output_text(&writer->output, code);
}

void rdb_writer_sizes(struct rdb_writer *writer, int database, uint64_t keys, uint64_t expiring)
{
    select_database(writer, database);
    append_opcode(writer, RDB_RESIZE);
    rdb_output_length(&writer->output, keys);
    rdb_output_length(&writer->output, expiring);
}

void rdb_writer_key(struct rdb_writer *writer, const struct rdb_key *key)
{
    if (writer->output.has_failed)
        return;
    select_database(writer, key->database);
    if (key->expires_ms != RDB_NO_EXPIRY) {
        append_opcode(writer, RDB_EXPIRE_MS);
        rdb_output_number(&writer->output, (uint64_t)key->expires_ms, sizeof key->expires_ms);
    }
    if (key->access == RDB_ACCESS_IDLE) {
        append_opcode(writer, RDB_IDLE);
        rdb_output_length(&writer->output, key->access_value);
    } else if (key->access == RDB_ACCESS_FREQUENCY) {
        append_opcode(writer, RDB_FREQUENCY);
        rdb_output_byte(&writer->output, (unsigned)key->access_value);
    }
    const struct rdb_codec *codec = rdb_value_codec(&key->value, (unsigned)writer->version);
    rdb_output_byte(&writer->output, codec->code);
    rdb_output_name(&writer->output, key->name);
    rdb_value_write(&writer->output, codec, &key->value);
}

void rdb_writer_end(struct rdb_writer *writer)
{
    struct rdb_output *output = &writer->output;
    append_opcode(writer, RDB_END);
    rdb_output_flush(output);
    rdb_output_number(output, output->checksum, RDB_CHECKSUM_SIZE);
    output->has_checksum = false; /* it doesn't count into itself */
    rdb_output_flush(output);
}

void rdb_writer_clear(struct rdb_writer *writer)
{
    rdb_output_clear(&writer->output);
}
